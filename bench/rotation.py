"""Renewing the key under so many persons and their history: every ID and phone sealed anew."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings

from bench import show, tree
from nuanxin.kernel import rotation, scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.identity import invent_id, mask_id
from nuanxin.kernel.sealing import SM4_GCM, fingerprint, seal_many
from nuanxin.registry.models import Person

_FIRST = date(1950, 1, 1)


def measure(persons: int) -> None:
    with scope.acting(system()):
        tree.plant()
        union = tree.first("grassroots").path
    for start in range(0, persons, 5_000):
        with scope.acting(system()):
            Person.objects.bulk_create(_people(range(start, min(start + 5_000, persons)), union))
    show.heading(f"Key rotation: {persons:,} persons with ID and phone, and their history")
    for label, more in (("AES-256-GCM, another key", {}), ("SM4-GCM, another key", {"cipher": SM4_GCM})):
        _renew(**more)
        spent = show.Spent()
        with spent.on("all"):
            rows = sum(rows for _sealed, rows in rotation.rotate())
        if rows != 2 * persons:
            raise SystemExit(f"{rows} rows were sealed anew instead of {2 * persons}")
        show.rate(label, rows, spent.take("all"), "rows")
    show.line("largest memory", f"{show.peak_memory():,.0f} MB")


def _people(serials: Sequence[int], union: str) -> list[Person]:
    numbers = [invent_id("533422", _FIRST + timedelta(days=n // 999), n % 999 + 1) for n in serials]
    phones = seal_many((f"139{n:08d}" for n in serials), "phone")
    return [
        Person(
            org_id=union, name="和建国", pinyin="hejianguo", initials="hjg", sex="1", born_on=_FIRST,
            id_cipher=cipher, id_hash=fingerprint(number, "id_number"), id_mask=mask_id(number),
            phone_cipher=phone, phone_mask="139****0000",
        )
        for number, cipher, phone in zip(numbers, seal_many(numbers, "id_number"), phones, strict=True)
    ]  # fmt: skip


def _renew(**more: int) -> None:
    """Another key of this run's keyring becomes the current one."""
    ring = settings.NUANXIN_KEYRING
    new = str(int(ring["current"]) + 1)
    keys = ring["keys"] | {new: b64encode(bytes([int(new)]) * 32).decode()}
    settings.NUANXIN_KEYRING = ring | {"current": new, "keys": keys} | more
