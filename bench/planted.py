"""`python -m bench.planted PERSONS`: families, and one person in fifty entered a second time with slips.

Written as a dump is restored (see bench.policy.generate): this is about finding, not about entering. Person
`n` divisible by FIFTY has a double with the key PERSONS + n / FIFTY. Every double has another ID number, for
the same one cannot be entered twice, and differs as `KINDS` says.
"""

import os
import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import django
import psycopg

from bench import people

FIFTY = 50
TOWNS = ("升平", "金江", "永宁", "石鼓", "白汉场", "奔子栏", "塔城", "凤仪", "喜洲", "云鹤")
STREETS = ("南坪街", "北门街", "四方街", "新华街", "民主路", "和平路", "团结路", "长征大道")
#: What else is wrong with a double beside its ID number, by its own number.
KINDS = (
    "number alone",
    "name sounds the same",
    "one character of the name",
    "new phone",
    "moved, new phone",
    "another county",
)
#: Characters of given names and others that sound the same.
SOUNDS = dict(
    zip(
        "建国志强永福文华军明秀英丽芬梅芳生平云山金兴辉东玉珍",
        "健囯治墙勇富闻画君鸣绣瑛利分眉方升萍芸珊今星晖冬育真",
        strict=True,
    )
)

Row = dict[str, Any]


def persons(count: int, unions: list[tuple[str, str]]) -> Iterator[Row]:
    """The persons with their households, then the doubles; `unions` are (path, division of its county)."""
    rng, taken, kept = random.Random(7), set(), []
    made, house = 0, 0
    while made < count:
        house += 1
        path, division = rng.choice(unions)
        street = f"{rng.choice(TOWNS)}镇{rng.choice(STREETS)}{rng.randrange(1, 400)}号"
        for row in _family(rng, division, taken)[: count - made]:
            made += 1
            row |= {"id": made, "path": path, "house": house, "street": street}
            if made % FIFTY == 0:
                kept.append(row)
            yield row
    for number, row in enumerate(kept, start=1):
        yield _double(rng, row, number, taken, unions) | {"id": count + number, "house": house + number}


def _family(rng: random.Random, division: str, taken: set[str]) -> list[Row]:
    """One or two parents with phones and up to two children without; of two in fifty children are twins."""
    surname = rng.choices(list(people.SURNAMES), list(people.SURNAMES.values()))[0]
    born = date(1955, 1, 1) + timedelta(days=rng.randrange(15_000))
    parents = [
        _person(rng, named, division, born + timedelta(days=rng.randrange(1_500)), _phone(rng), taken)
        for named in (surname, rng.choice(list(people.SURNAMES)))
    ]
    first = born + timedelta(days=8_000 + rng.randrange(2_000))
    days = [first, first if rng.random() < 0.02 else first + timedelta(days=900)]
    shared = parents[0]["phone"] if rng.random() < 0.7 else ""
    children = [_person(rng, surname, division, day, shared, taken) for day in days[: rng.randrange(3)]]
    return [*parents[: 1 + (rng.random() < 0.8)], *children]


def _person(rng: random.Random, surname: str, division: str, born: date, phone: str, taken: set[str]) -> Row:
    given = "".join(rng.choices(people.GIVEN, k=1 if rng.random() < 0.12 else 2))
    while (body := f"{division}{born:%Y%m%d}{rng.randrange(1, 1000):03d}") in taken:
        pass
    taken.add(body)
    return {"name": surname + given, "body": body, "phone": phone}


def _phone(rng: random.Random) -> str:
    return f"13{rng.randrange(10**9):09d}"


def _double(rng: random.Random, row: Row, number: int, taken: set[str], unions: list[tuple[str, str]]) -> Row:
    kind = KINDS[number % len(KINDS)]
    county = row["path"].rsplit("/", 3)[0]
    near = kind != "another county"
    path = (
        rng.choice([p for p, _division in unions if p.startswith(county) == near])
        if not near
        else row["path"]
    )
    double = row | {"path": path, "body": _slip(rng, row["body"], taken)}
    name = row["name"]
    if kind == "name sounds the same":
        double["name"] = name[0] + "".join(SOUNDS.get(letter, letter) for letter in name[1:])
    if kind == "one character of the name":
        double["name"] = name[:-1] + rng.choice(people.GIVEN)
    if kind in ("new phone", "moved, new phone"):
        double["phone"] = _phone(rng)
    if kind in ("moved, new phone", "another county"):
        double["street"] = f"{rng.choice(TOWNS)}镇{rng.choice(STREETS)}{rng.randrange(1, 400)}号"
    return double


def _slip(rng: random.Random, body: str, taken: set[str]) -> str:
    """One digit of birth date or serial wrong, or two neighbours swapped; still a date."""
    while True:
        at = rng.randrange(8, 17)
        other = body[:at] + rng.choice("0123456789") + body[at + 1 :]
        if rng.random() < 0.5 and at < 16:
            other = body[:at] + body[at + 1] + body[at] + body[at + 2 :]
        try:
            date(int(other[6:10]), int(other[10:12]), int(other[12:14]))
        except ValueError:
            continue
        if other not in taken:
            taken.add(other)
            return other


def plant(count: int) -> None:
    """Fill an empty database with the tree and so many persons beside their doubles."""
    from bench import tree
    from bench.policy.generate import _drop_indexes, _next_key
    from nuanxin.kernel import scope
    from nuanxin.kernel.actor import system
    from nuanxin.orgs.models import Node
    from nuanxin.registry.models import Household, Member, Person

    with scope.acting(system()):
        tree.plant()
        counties = list(Node.objects.filter(kind="county").values_list("path", flat=True))
        unions = [
            (path, f"5334{next(n for n, county in enumerate(counties, 1) if path.startswith(county)):02d}")
            for path in Node.objects.filter(kind="grassroots").values_list("path", flat=True)
        ]
    tables = [model._meta.db_table for model in (Person, Household, Member)]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], user="postgres", autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        indexes = _drop_indexes(owner, tables)
        owner.execute(_LANDING)
        with owner.cursor().copy("COPY landing FROM STDIN") as copy:
            for row in persons(count, unions):
                copy.write_row(_stored(row))
        for statement in _statements():
            owner.execute(statement)
        for definition in indexes:
            owner.execute(definition)
        for name in tables:
            _next_key(owner, name)
        owner.execute("VACUUM ANALYZE")


def _stored(row: Row) -> tuple[Any, ...]:
    from nuanxin.kernel.identity import id_check_digit, mask_id
    from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
    from nuanxin.kernel.sealing import fingerprint

    number = row["body"] + id_check_digit(row["body"])
    phone = fingerprint(row["phone"], "phone") if row["phone"] else None
    born = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    name = row["name"]
    return (
        row["id"], row["path"], name, pinyin_key(name), pinyin_initials(name), str(2 - int(number[16]) % 2),
        born, fingerprint(number, "id_number"), mask_id(number), phone, row["house"], row["street"],
    )  # fmt: skip


_LANDING = """
    CREATE TEMPORARY TABLE landing (id bigint, path text, name text, pinyin text, initials text, sex text,
        born_on date, id_hash bytea, id_mask text, phone_hash bytea, house bigint, street text)
"""


def _statements() -> Iterator[str]:
    from bench.generate import insert_sql
    from nuanxin.registry.models import Household, Member, Person

    yield insert_sql(
        Person, "FROM landing", id="id", org_path="path", name="name", pinyin="pinyin", initials="initials",
        sex="sex", born_on="born_on", id_cipher="id_hash", id_hash="id_hash", id_mask="id_mask",
        phone_hash="phone_hash",
    )  # fmt: skip
    yield insert_sql(
        Household, "FROM (SELECT DISTINCT ON (house) * FROM landing ORDER BY house, id) l", id="house",
        org_path="path", head_id="id", address="street", residence="'urban'",
    )  # fmt: skip
    yield insert_sql(
        Member, "FROM landing", org_path="path", household_id="house", person_id="id", relation="'8'",
        since="now()::date - 300",
    )  # fmt: skip


if __name__ == "__main__":
    django.setup()
    plant(int(sys.argv[1]))
