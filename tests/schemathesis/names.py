"""What both the world and the requests made for it know; needs no Django."""

# By resource, as addresses have it.
Names = dict[str, list[str]]

HOOK = "http://127.0.0.1:1025/hook"  # Nobody listens there.
SELDOM = "billing_run.finished"  # An event of which endpoints are told a few times at most.
