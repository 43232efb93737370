"""Keys of the installation: from NUANXIN_SECRETS (a JSON text), else made once in the data folder.

The file is readable by its owner only. Losing it loses every sealed value, so a backup of the
database needs a backup of this file, kept apart.
"""

import base64
import json
import os
import secrets as random
from pathlib import Path
from typing import Any


def fresh() -> dict[str, Any]:
    """New random keys."""

    def key() -> str:
        return base64.b64encode(random.token_bytes(32)).decode()

    return {
        "secret_key": random.token_urlsafe(50),
        "keyring": {"current": "1", "keys": {"1": key()}, "fingerprint": key()},
    }


def load(var: Path) -> dict[str, Any]:
    """The secrets of this installation; made with mode 600 on the first call."""
    given = os.environ.get("NUANXIN_SECRETS")
    if given:
        return json.loads(given)
    file = var / "secrets.json"
    if not file.exists():
        var.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            json.dump(fresh(), stream)
        try:
            os.link(draft, file)  # fails when another process was first: then its keys hold
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return json.loads(file.read_text())
