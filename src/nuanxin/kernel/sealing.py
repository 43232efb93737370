"""Sealing: personal secrets encrypted at rest, and found again without being opened.

A sealed value is  version (1 byte) | key id (1 byte) | nonce | ciphertext and tag.
The version names the cipher: AES-256-GCM, or SM4-GCM (GB/T 32907) where it is required; another joins
in `CIPHERS`, and old values stay readable. The header and the purpose are authenticated: a value copied
into another column, or under another key id, does not open. Nonces are random, 96 bits; renew a key
well before 2**32 values. Settings, all keys in base64 of 32 bytes:

    NUANXIN_KEYRING = {"current": "1", "keys": {"1": "..."}, "fingerprint": "...", "cipher": 1}

where "cipher", the version to seal with, may be left out.

Keys are renewed by adding one, making it current and passing rows through `reseal` (kernel.rotation).
The fingerprint key is never renewed in place: every stored fingerprint depends on it.
"""

import binascii
import hmac
import os
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import ciphers
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE_SIZE = 12
TAG_SIZE = 16
KEY_SIZE = 32
AES_256_GCM = 1
SM4_GCM = 2


class Cipher(Protocol):
    """Authenticated encryption under one key; `decrypt` raises InvalidTag when anything was changed."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes: ...


class Sm4Gcm:
    """SM4 in GCM with a tag of 16 bytes; its 128-bit key is derived from the keyring's."""

    def __init__(self, key: bytes) -> None:
        self.algorithm = algorithms.SM4(hmac.digest(key, b"SM4-GCM", "sha256")[:16])

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        sealer = ciphers.Cipher(self.algorithm, modes.GCM(nonce)).encryptor()
        sealer.authenticate_additional_data(associated_data)
        return sealer.update(data) + sealer.finalize() + sealer.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes) -> bytes:
        body, tag = data[:-TAG_SIZE], data[-TAG_SIZE:]
        if len(tag) < TAG_SIZE:
            raise InvalidTag
        opener = ciphers.Cipher(self.algorithm, modes.GCM(nonce, tag)).decryptor()
        opener.authenticate_additional_data(associated_data)
        return opener.update(body) + opener.finalize()


CIPHERS: dict[int, Callable[[bytes], Cipher]] = {AES_256_GCM: AESGCM, SM4_GCM: Sm4Gcm}


class SealingError(Exception):
    """A sealed value that does not open: changed, of another purpose, or under a key not held."""


@dataclass(frozen=True, repr=False)  # no repr: a traceback must not print the keys
class _Keyring:
    source: Mapping[str, Any]
    current: int
    keys: dict[int, bytes]
    fingerprint: bytes
    version: int
    ciphers: dict[tuple[int, int], Cipher] = field(default_factory=dict)

    def cipher(self, version: int, key_id: int) -> Cipher:
        known = self.ciphers.get((version, key_id))
        if known is None:
            if version not in CIPHERS or key_id not in self.keys:
                raise SealingError("sealed with a cipher or key this installation does not hold")
            known = self.ciphers[version, key_id] = CIPHERS[version](self.keys[key_id])
        return known


def _key(encoded: str) -> bytes:
    try:
        key = b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        key = b""
    if len(key) != KEY_SIZE:
        raise ImproperlyConfigured("NUANXIN_KEYRING: every key must be base64 of 32 bytes")
    return key


def _read_keyring(source: Mapping[str, Any]) -> _Keyring:
    try:
        keys = {int(key_id): _key(encoded) for key_id, encoded in source["keys"].items()}
        current, fingerprint_key = int(source["current"]), _key(source["fingerprint"])
    except (KeyError, ValueError) as error:
        raise ImproperlyConfigured(f"NUANXIN_KEYRING: missing or malformed {error}") from None
    if current not in keys or not all(0 < key_id < 256 for key_id in keys):
        raise ImproperlyConfigured("NUANXIN_KEYRING: key ids are 1 to 255 and 'current' is one of them")
    version = source.get("cipher", AES_256_GCM)
    if version not in CIPHERS:
        raise ImproperlyConfigured(f"NUANXIN_KEYRING: cipher is one of {sorted(CIPHERS)}")
    return _Keyring(source, current, keys, fingerprint_key, version)


_loaded: _Keyring | None = None


def _keyring() -> _Keyring:
    """The keyring of the settings, read once; other settings (a test's) are noticed by identity."""
    global _loaded
    source = settings.NUANXIN_KEYRING
    if _loaded is None or _loaded.source is not source:
        _loaded = _read_keyring(source)
    return _loaded


def header() -> bytes:
    """The two bytes every value sealed from now on begins with: cipher and key id."""
    ring = _keyring()
    return bytes((ring.version, ring.current))


def seal(text: str, purpose: str) -> bytes:
    """`text` encrypted under the current key; two seals of one text differ."""
    return seal_many((text,), purpose)[0]


def seal_many(texts: Iterable[str], purpose: str) -> list[bytes]:
    """`seal` for a whole column, with one draw of randomness."""
    ring, begin = _keyring(), header()
    encrypt, bound = ring.cipher(ring.version, ring.current).encrypt, begin + purpose.encode()
    plain = [text.encode() for text in texts]
    nonces = os.urandom(NONCE_SIZE * len(plain))
    sealed = []
    for start, data in zip(range(0, len(nonces), NONCE_SIZE), plain, strict=True):
        nonce = nonces[start : start + NONCE_SIZE]
        sealed.append(begin + nonce + encrypt(nonce, data, bound))
    return sealed


def unseal(sealed: bytes | memoryview, purpose: str) -> str:
    """The text, or SealingError."""
    value = bytes(sealed)
    if len(value) <= 2 + NONCE_SIZE:
        raise SealingError("too short to be a sealed value")
    begin, nonce, data = value[:2], value[2 : 2 + NONCE_SIZE], value[2 + NONCE_SIZE :]
    cipher = _keyring().cipher(begin[0], begin[1])
    try:
        return cipher.decrypt(nonce, data, begin + purpose.encode()).decode()
    except InvalidTag:
        raise SealingError("changed since it was sealed, or sealed for another purpose") from None


def unseal_many(values: Iterable[bytes | memoryview], purpose: str) -> list[str]:
    return [unseal(value, purpose) for value in values]


def key_id(sealed: bytes | memoryview) -> int:
    """The id of the key a value was sealed with."""
    if len(sealed) <= 2 + NONCE_SIZE:
        raise SealingError("too short to be a sealed value")
    return bytes(sealed[:2])[1]


def reseal(sealed: bytes | memoryview, purpose: str) -> bytes:
    """The same text under the current key and cipher: one step of a rotation."""
    return seal(unseal(sealed, purpose), purpose)


def reseal_many(values: Sequence[bytes | memoryview], purpose: str) -> list[bytes]:
    """`reseal` for a whole column."""
    return seal_many(unseal_many(values, purpose), purpose)


def fingerprint(text: str, purpose: str) -> bytes:
    """32 bytes by which equal texts of one purpose are found: HMAC-SHA256(key, purpose NUL text).

    The text must already be in its one form (`identity.normalise_id` and the like).
    """
    return hmac.digest(_keyring().fingerprint, purpose.encode() + b"\0" + text.encode(), "sha256")
