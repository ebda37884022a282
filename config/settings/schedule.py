"""Settings of the scheduler: when what is due is sent, and how soon a second one takes over."""

from datetime import timedelta

from config import env

# What is due on a day is sent evenly over so long from the day's begin on, in the seller's zone.
BILLING_SPREAD = timedelta(minutes=env.number("BILLING_SPREAD_MINUTES", 0))
# A scheduler that wasn't heard of for so long is taken for dead, and another goes on.
SCHEDULER_LEASE = timedelta(seconds=env.number("SCHEDULER_LEASE_SECONDS", 6, at_least=1))
