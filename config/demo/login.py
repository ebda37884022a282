"""Makes the seller, login and API key that `make run` shows: DEMO_PASSWORD and DEMO_API_KEY."""

import django

django.setup()

from django.utils import timezone  # noqa: E402  Needs Django to be set up.

from config import env  # noqa: E402
from config.demo.seller import look_around  # noqa: E402

if __name__ == "__main__":
    look_around(password=env.text("DEMO_PASSWORD"), key=env.text("DEMO_API_KEY"), at=timezone.now())
