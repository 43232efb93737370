"""Settings of the test run: its own data folder, keys and database, quick password hashing."""

import atexit
import json
import os
import shutil
import tempfile
from pathlib import Path

from . import secrets

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
if "NUANXIN_TEST_VAR" not in os.environ:  # the first process makes the folder; it goes when that one ends
    os.environ["NUANXIN_TEST_VAR"] = tempfile.mkdtemp(prefix="nuanxin-test-")
    atexit.register(shutil.rmtree, os.environ["NUANXIN_TEST_VAR"], ignore_errors=True)
_folder = Path(os.environ["NUANXIN_TEST_VAR"])
os.environ["NUANXIN_VAR"] = str(_folder / _worker)
os.environ["NUANXIN_DEMO"] = "1"
os.environ.setdefault("NUANXIN_SECRETS", json.dumps(secrets.fresh()))  # one set for all workers

from .settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
AXES_ENABLED = True
