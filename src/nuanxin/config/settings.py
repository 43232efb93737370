"""Settings. Everything a deployment may set is read from the environment here and nowhere else.

NUANXIN_VAR            data folder (default: var/ beside the sources): cluster, keys, uploads
DATABASE_URL           a server for the runtime role instead of the embedded cluster
DATABASE_OWNER_URL     the same for the owner role, used by migrations only
NUANXIN_DB_ROLE        "owner" for migrations, else "runtime"
NUANXIN_PORT           the port `run` serves on (8000)
NUANXIN_PG_ACCOUNT     the account the embedded PostgreSQL runs as when root starts the program
NUANXIN_BROWSER        the browser the tests drive
NUANXIN_SECRETS        the keys as JSON instead of secrets.json in the data folder
NUANXIN_DEBUG          "1": error pages with traces, the component gallery
NUANXIN_DEMO           "1": demo accounts, and a second factor is offered instead of demanded
NUANXIN_HOSTS          host names served, separated by commas
NUANXIN_SCANNER        the malware scanner for documents: a command that ends with 0, or with 1 for found
NUANXIN_TEXTS          who sends text messages: a class as module.Class (default: none is sent, all recorded)
NUANXIN_SECURE         "1": behind HTTPS; cookies are marked secure and HSTS is sent
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from . import secrets

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
VAR = Path(os.environ.get("NUANXIN_VAR") or ROOT / "var").resolve()
PACKS = ROOT / "packs"
DEMO = os.environ.get("NUANXIN_DEMO") == "1"
DEBUG = os.environ.get("NUANXIN_DEBUG") == "1"
SECURE = os.environ.get("NUANXIN_SECURE") == "1"
ALLOWED_HOSTS = os.environ.get("NUANXIN_HOSTS", "127.0.0.1,localhost,testserver").split(",")

_keys = secrets.load(VAR)
SECRET_KEY = _keys["secret_key"]
NUANXIN_KEYRING = _keys["keyring"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "nuanxin.kernel",
    "nuanxin.orgs",
    "nuanxin.records",
    "nuanxin.approvals",
    "nuanxin.ledger",
    "nuanxin.policy",
    "nuanxin.registry",
    "nuanxin.payments",
    "nuanxin.messaging",
    "nuanxin.casework",
    "nuanxin.campaigns",
    "nuanxin.reviews",
    "nuanxin.simulation",
    "nuanxin.reporting",
    "nuanxin.config",
    "procrastinate.contrib.django",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "django_cotton",
    "django_filters",
    "django_htmx",
    "django_tables2",
    "ninja",  # serves the API page from its own files instead of a public network
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "nuanxin.config.middleware.ActorMiddleware",
]

ROOT_URLCONF = "nuanxin.config.urls"
WSGI_APPLICATION = "nuanxin.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django_cotton.cotton_loader.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton", "django.templatetags.i18n"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "nuanxin.config.shell.shell",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"


def _database() -> dict[str, object]:
    """The connection for the role this process runs as."""
    owner = os.environ.get("NUANXIN_DB_ROLE") == "owner"
    url = os.environ.get("DATABASE_OWNER_URL" if owner else "DATABASE_URL")
    if url:
        parts = urlsplit(url)
        place: dict[str, object] = {
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": parts.port or "",
        }
        options = dict(parse_qsl(parts.query))
        place |= {key.upper(): options.pop(key) for key in ("host", "port") if key in options}
    else:
        from .cluster import Cluster

        params = Cluster(VAR / "pg").params("nuanxin_owner" if owner else "nuanxin", "nuanxin")
        place = {
            "NAME": params["dbname"],
            "USER": params["user"],
            "PASSWORD": params.get("password", ""),
            "HOST": params["host"],
            "PORT": params["port"],
        }
        options = {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        **place,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "orgs.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "nuanxin.config.accounts.Adapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Nuanxin"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.5
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 8 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [SELF],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("中文")), ("en", "English")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
FORMAT_MODULE_PATH = ["nuanxin.config.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR / "files"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
TEXT_PROVIDER = os.environ.get("NUANXIN_TEXTS") or "nuanxin.messaging.providers.Recording"
DOCUMENT_SCANNER = os.environ.get("NUANXIN_SCANNER", "")
MAX_WORKBOOK_BYTES = 50 * 1024 * 1024
MAX_UPLOAD_BYTES = MAX_WORKBOOK_BYTES  # of any file: what is larger is not even spooled
FILE_UPLOAD_HANDLERS = [
    "nuanxin.kernel.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
PROCRASTINATE_WORKER_DEFAULTS = {
    "delete_jobs": "successful",
    "update_heartbeat_interval": 5,
    "stalled_worker_timeout": 60,
}
PGTRIGGER_MIGRATIONS = True
DJANGO_TABLES2_TEMPLATE = "kernel/table.html"
NINJA_PAGINATION_MAX_LIMIT = 500

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO" if DEBUG else "WARNING"},
}
