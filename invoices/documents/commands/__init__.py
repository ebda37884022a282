"""Writes of documents."""

from invoices.documents.commands.render import render_documents
from invoices.documents.commands.templates import add_template

__all__ = ["add_template", "render_documents"]
