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


class KeyProblem(Exception):
    """The keyring cannot be changed as asked; the message says why."""


def _key() -> str:
    return base64.b64encode(random.token_bytes(32)).decode()


def fresh() -> dict[str, Any]:
    """New random keys."""
    return {
        "secret_key": random.token_urlsafe(50),
        "keyring": {"current": "1", "keys": {"1": _key()}, "fingerprint": _key()},
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


def add_key(var: Path) -> str:
    """Add a random key to the keyring and return its id. It seals nothing before `use_key`: processes
    started earlier could not read what it sealed."""
    kept = _own(var)
    keys = kept["keyring"]["keys"]
    new = str(max(map(int, keys)) + 1)
    if int(new) > 255:
        raise KeyProblem("key ids end at 255")
    keys[new] = _key()
    _write(var, kept)
    return new


def use_key(var: Path, key_id: str) -> None:
    """Make a key the one to seal with, from the next start of each process on."""
    kept = _own(var)
    if key_id not in kept["keyring"]["keys"]:
        raise KeyProblem("there is no such key")
    kept["keyring"]["current"] = key_id
    _write(var, kept)


def drop_key(var: Path, key_id: str) -> None:
    """Take a key away; values sealed with it, also those in backups, cannot be read any more."""
    kept = _own(var)
    if key_id == kept["keyring"]["current"]:
        raise KeyProblem("the current key stays")
    if kept["keyring"]["keys"].pop(key_id, None) is None:
        raise KeyProblem("there is no such key")
    _write(var, kept)


def _own(var: Path) -> dict[str, Any]:
    if os.environ.get("NUANXIN_SECRETS"):
        raise KeyProblem("the keys come from NUANXIN_SECRETS: change them there")
    return load(var)


def _write(var: Path, kept: dict[str, Any]) -> None:
    """Replace the file in one step, readable by its owner alone."""
    draft = var / f"secrets.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(kept, stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(var / "secrets.json")
