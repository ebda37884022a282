"""Django's settings. Everything that differs between places comes from the environment."""

from pathlib import Path

import django_stubs_ext

from config import env

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.text("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # Without its site: this house's own is based on it.
    "billing.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "django_prometheus",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "billing",
    "invoices",
]

MIDDLEWARE = [
    "billing.api.request_ids.with_request_id",
    "billing.api.callers.origins.with_origin",
    "billing.api.answered.ToldRequests",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "billing.staff.languages.StaffLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "billing.sellers.acting.with_acting_user",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config/templates"],  # In place of the theme's.
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

_database = env.database("DATABASE_URL")
DATABASES = {
    "default": {
        **_database,
        "CONN_MAX_AGE": None,  # A connection lives as long as its process or thread.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "anlass",
            # Where the server is cut off without a word, queries end in 15 s and an idle connection
            # is found out within a minute, not in the two hours of the system. Slow queries go on.
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": 15_000,
            **_database["OPTIONS"],
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"  # Sellers have time zones of their own; the database keeps instants in UTC.
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

# The register of VAT ids of the European Union; empty: none is asked. The Commission's is
# https://ec.europa.eu/taxation_customs/vies/rest-api.
VIES_URL = env.text("VIES_URL", "").rstrip("/")
VIES_TIMEOUT_SECONDS = env.number("VIES_TIMEOUT_SECONDS", 10)
VIES_RECHECK_DAYS = env.number("VIES_RECHECK_DAYS", 90)

STATIC_URL = "static/"
STATIC_FROM_SOURCE = env.flag("STATIC_FROM_SOURCE", default=False)
STATIC_ROOT = None if STATIC_FROM_SOURCE else BASE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "documents": env.document_storage("DOCUMENTS", folder=BASE_DIR / "documents"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = STATIC_FROM_SOURCE

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.flag("SECURE_COOKIES", default=True)
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE  # It holds the language that a user chose.
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600

# Whether staff's network addresses are kept beside what they did.
STAFF_LOG_ADDRESSES = env.flag("STAFF_LOG_ADDRESSES", default=True)

# How many proxies before the web add to X-Forwarded-For: so many of its entries are believed.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "billing.api.callers.authentication.ApiKeyAuthentication",
        "billing.api.callers.authentication.StaffAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "billing.api.callers.access.HasScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "billing.api.problems.problem_response",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # The form of an answer goes by the header `Accept` alone.
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Anlass",
    "DESCRIPTION": (
        "Event-based billing: orders and subscriptions in, legally right invoices out.\n\n"
        "Amounts are decimal strings with their currency, days are those of the seller's time zone,"
        " instants are in UTC. Whatever is refused comes as a problem document (RFC 9457) with a"
        " stable `code`. Writing requests take an `Idempotency-Key`."
    ),
    "VERSION": "v1",
    "OAS_VERSION": "3.1.0",
    "CONTACT": {"name": "The maintainers of Anlass"},
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/", "description": "Where this description was served."}],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": True,
    # Without the hook for enums: choices stand where they belong, without made-up names.
    "POSTPROCESSING_HOOKS": ["billing.api.description.parts.complete"],
    "WEBHOOKS": "invoices.delivery.catalogue.schemas.WEBHOOKS",
}
