"""Settings of how staff sign in: passwords, a second factor, and what locks an account."""

from datetime import timedelta

from config import env

# Without it a password alone opens the books: only for machines that nobody else reaches.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", default=not env.flag("DEBUG", default=False))
OTP_TOTP_ISSUER = "Anlass"  # As the user's app names it.

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # First: it refuses who is locked.
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = env.number("SIGN_IN_TRIES", 5, at_least=1)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("SIGN_IN_LOCK_MINUTES", 15, at_least=1))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # One can't lock another out from elsewhere.
AXES_CLIENT_IP_CALLABLE = "billing.api.callers.origins.network_of"
AXES_LOCKOUT_CALLABLE = "billing.staff.signin.views.locked"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # Who goes on trying waits no longer.
AXES_DISABLE_ACCESS_LOG = True  # Staff actions tell who signed in.
AXES_ENABLE_ADMIN = False  # The page of this house's own tells who is locked.
AXES_VERBOSE = False

# NIST SP 800-63B, 5.1.1: long, not composed by rules, none of those that everybody takes.
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_COOKIE_AGE = 3600 * env.number("SESSION_IDLE_HOURS", 12, at_least=1)
SESSION_SAVE_EVERY_REQUEST = True  # So that it ends that long after the latest request.
