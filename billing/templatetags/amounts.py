"""Amounts in templates: `{% load amounts %}`, then `{{ row.amount_minor|money:row.currency }}`."""

from django import template

from billing.amounts import money

register = template.Library()
register.filter("money", money)
