"""Settings of what is sent to customers and apps: e-mail, webhooks, links."""

from config import env

# Put before the addresses in e-mails and webhooks; empty: links can't be put into e-mails.
PUBLIC_URL = env.text("PUBLIC_URL", "").rstrip("/")

_mail = env.mail("EMAIL_URL")
EMAIL_HOST = _mail["host"]
EMAIL_PORT = _mail["port"]
EMAIL_HOST_USER = _mail["user"]
EMAIL_HOST_PASSWORD = _mail["password"]
EMAIL_USE_TLS = _mail["starttls"]
EMAIL_USE_SSL = _mail["tls"]
EMAIL_TIMEOUT = 20
# From whom sellers write that name no address of their own.
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "")
# Whether the mail server is an inbox that passes nothing on, as that of the embedded stack.
EMAIL_REACHES_NOBODY = env.flag("EMAIL_REACHES_NOBODY", default=False)
# To whom test sellers may write all the same: addresses, or @domains.
EMAIL_TEST_RECIPIENTS = env.words("EMAIL_TEST_RECIPIENTS")

# Whether webhooks may go to this machine, also by http: for development alone.
WEBHOOKS_TO_LOOPBACK = env.flag("WEBHOOKS_TO_LOOPBACK", default=False)
# How long one try of a webhook may take, from the connection to the end of the answer: a worker
# does one at a time. Names are resolved before.
WEBHOOK_SECONDS: float = env.number("WEBHOOK_SECONDS", 15)
# For how many days after its end the body of a webhook is kept, and what was said in its tries.
WEBHOOK_LOG_DAYS: float = env.number("WEBHOOK_LOG_DAYS", 90)
