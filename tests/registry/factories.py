"""Invented families in the registry, and rosters of them."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.registry import services
from nuanxin.registry.models import Household, Person, Roster
from tests.registry.roster.factories import Cells, member, write_roster
from tests.registry.roster.factories import household as head_cells

_serials = count(1)
_FIRST = date(1950, 1, 1)


def id_number(division: str = "533422") -> str:
    """An ID number no test has used; neighbours do not share a birthday, for namesakes who do are doubles.

    Its order number never ends in 0: spoiled in the last place it must not look rounded by a spreadsheet."""
    serial = next(_serials)
    order = serial % 899
    return invent_id(division, _FIRST + timedelta(days=serial % 900), order + order // 9 + 1)


def person(org_path: str, name: str = "和建国", **fields: Any) -> Person:
    values = {"id_number": id_number(), "phone": "13987654321"} | fields
    return services.create_person(org_path=org_path, name=name, **values)


def household(org_path: str, name: str = "和建国", **fields: Any) -> Household:
    """A household of one, with the facts the filing policy asks about."""
    head = fields.pop("head", None) or person(org_path, name)
    values = {
        "residence": "urban",
        "people": 1,
        "annual_income": Money.yuan(9600),
        "dibao_certificate": False,
        "homes": 1,
        "vehicle": False,
        "business": False,
        "costly_schooling": False,
        "loss": Money(0),
        "disaster_victim": False,
        "expenses_known": True,
        "main_cause": "major_illness",
        "consent_on": date(2021, 11, 5),
        "card": "6217001234567890128",
        "bank": "农业银行",
    } | fields
    return services.create_household(head=head, **values)


def families(number: int, seed: int = 7, **cells: Any) -> tuple[list[Cells], list[Cells]]:
    """So many households without any fault, one to three members each."""
    rng = random.Random(seed)
    heads, members = [], []
    for serial in range(1, number + 1):
        head = head_cells(rng, serial) | {"id_number": id_number(), "dibao_certificate": "否"} | cells
        mine = [
            member(rng, head, place) | {"id_number": id_number(), "head_id": head["id_number"]}
            for place in range(rng.randrange(1, 4))
        ]
        head["people"] = float(len(mine) + 1)
        head["annual_income"] = float(head["monthly_income"]) * 12 + 100
        heads.append(head)
        members.extend(mine)
    return heads, members


def upload(
    path: Path, heads: Sequence[Cells], members: Sequence[Cells], **options: Any
) -> SimpleUploadedFile:
    """The workbook as a browser sends it."""
    write_roster(path, heads, members, **options)
    return SimpleUploadedFile(path.name, path.read_bytes())


def roster(
    folder: Path, heads: Sequence[Cells], members: Sequence[Cells], place: str | None = None, **options: Any
) -> Roster:
    """An uploaded roster, not read yet: run the collected jobs."""
    file = upload(folder / f"roster{next(_serials)}.xlsx", heads, members, **options)
    return services.upload_roster(file=file, year=2021, place=place)
