"""A million households with their members and expenses, in the tables of the registry and nowhere else.

Written as a dump is restored: by the superuser with triggers and checks of foreign keys off and the
secondary indexes made at the end, for a million families through every trigger would take an hour.
Nothing of it is read by pages: sealed columns hold noise. Household `n` is the same in every run, except
that its days follow the calendar.

The facts are made to be hard on arithmetic and logic: incomes and lines with fen; of a hundred households
one sits exactly on a line; some facts of one in fifty households are unknown; spending of an earlier year
and spending without vouchers, which do not count.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import psycopg
from django.db import models

from bench import tree
from bench.generate import insert_sql
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node
from nuanxin.policy import services as policy
from nuanxin.registry.models import Expense, Household, Member, Person

#: The day from which each county has lines of its own.
SINCE = date(2024, 1, 1)
#: How the persons of household h are numbered: the head first.
KEYS = 8


def populate(households: int) -> None:
    """Fill an empty database with the tree, the counties' lines and so many households."""
    with scope.acting(system()):
        tree.plant()
        _lines()
    restore([_HOMES, *statements(households)], (Person, Household, Member, Expense))


def restore(
    statements: Iterable[str],
    models: Iterable[type[models.Model]],
    landing: Mapping[str, Iterable[tuple[Any, ...]]] | None = None,
    beside: Sequence[str] = (),
) -> None:
    """Run the statements as a dump is restored, then make the models' indexes and statistics.

    `landing` are rows copied into temporary tables first, by CREATE TABLE statement; `beside` are tables
    without a model and without keys of their own.
    """
    tables = [model._meta.db_table for model in models]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], user="postgres", autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("SET maintenance_work_mem = '512MB'")
        for table, rows in (landing or {}).items():
            _land(owner, table, rows)
        indexes = _drop_indexes(owner, [*tables, *beside])
        for statement in statements:
            owner.execute(statement)
        for definition in indexes:
            owner.execute(definition)
        for table in tables:
            _next_key(owner, table)
        owner.execute("VACUUM ANALYZE")
        owner.execute("CHECKPOINT")


def _lines() -> None:
    """A living-allowance line with jiao and fen for town and country of every county."""
    counties = Node.objects.filter(kind=Node.Kind.COUNTY).order_by("path")
    policy.set_standards(
        standards=[
            policy.NewStandard(
                code="dibao",
                name="低保标准",
                name_en="Living-allowance line",
                place=county.path,
                residence=residence,
                valid_from=SINCE,
                amount=Money(base + number * 365),
                document="关于调整低保标准的通知（虚构）",
                document_en="Notice of new living-allowance lines (invented)",
            )
            for number, county in enumerate(counties)
            for residence, base in (("urban", 62035), ("rural", 44150))
        ]
    )


# -- the rows --------------------------------------------------------------------------------------------

#: The unions with the lines of their counties, numbered from 0.
_HOMES = f"""
    CREATE TEMPORARY TABLE home AS
    SELECT row_number() OVER (ORDER BY n.path) - 1 AS place, n.path,
           max(p.amount) FILTER (WHERE p.residence = 'urban') AS urban,
           max(p.amount) FILTER (WHERE p.residence = 'rural') AS rural
    FROM orgs_node n JOIN policy_parameter p
      ON p.code = 'dibao' AND starts_with(n.path, p.org_path) AND lower(p.valid) = '{SINCE}'
    WHERE n.kind = 'grassroots' GROUP BY n.path;
    CREATE INDEX ON home (place);
    ANALYZE home
"""
_SURNAMES = "(ARRAY['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '和', '木'])"
_SOUNDS = "(ARRAY['wang', 'li', 'zhang', 'liu', 'chen', 'yang', 'zhao', 'huang', 'he', 'mu'])"
#: The moment's year, for the spending of the latest year.
_LAST_YEAR = "(extract(year FROM now())::int - 1)"


def chance(salt: int, key: str = "h") -> str:
    """SQL for a number from 0 to 999 that depends on the key and the salt alone."""
    return f"(abs(hashint8extended({key}, {salt}) % 1000))"


def _one_in(thousand: int, salt: int) -> str:
    return f"({chance(salt)} < {thousand})"


def _known(sql: str, salt: int, unknown: int = 5) -> str:
    """The expression, null for so many households in a thousand."""
    return f"CASE WHEN {chance(salt)} >= {unknown} THEN {sql} END"


#: Two point nine people a household.
_PEOPLE = (
    f"(CASE WHEN {chance(1)} < 120 THEN 1 WHEN {chance(1)} < 370 THEN 2"
    f" WHEN {chance(1)} < 700 THEN 3 WHEN {chance(1)} < 900 THEN 4 ELSE 5 END)"
)
_URBAN = f"({chance(2)} < 650)"
_ON_LINE = "(h % 100 = 7)"
#: Each household's number, union, size and line; all other facts follow from these.
_FAMILIES = """
    (SELECT h, home.path, {people} AS people, CASE WHEN {urban} THEN home.urban ELSE home.rural END AS line
     FROM generate_series(1, {households}) AS h
     JOIN home ON home.place = h * 7 % (SELECT count(*) FROM home)) family
"""


def families_of(households: int) -> str:
    """A FROM item of so many households: h, path, people, line; it needs the table `home`."""
    return _FAMILIES.format(people=_PEOPLE, urban=_URBAN, households=households)


def statements(
    households: int,
    called: str = "",
    persons: Mapping[str, str] | None = None,
    homes: Mapping[str, str] | None = None,
) -> list[str]:
    """Persons, households, members, expenses; further columns of the first two by name, with `called`
    joined to the persons."""
    source = families_of(households)
    return [
        _persons(source, called, persons or {}),
        _households(source, homes or {}),
        _members(source),
        _expenses(source),
    ]


def _persons(families: str, called: str, others: Mapping[str, str]) -> str:
    digest = "decode(lpad(to_hex(key), 64, '0'), 'hex')"
    return insert_sql(
        Person,
        f"FROM {families} CROSS JOIN generate_series(0, people - 1) AS place"
        f" CROSS JOIN LATERAL (SELECT h::bigint * {KEYS} + place AS key) one {called}",
        **_columns(others, digest),
    )


def _columns(others: Mapping[str, str], digest: str) -> dict[str, str]:
    plain = {
        "id": "key",
        "org_path": "path",
        "name": f"{_SURNAMES}[1 + key % 10] || chr(20013 + (key % 3000)::int)",
        "pinyin": f"{_SOUNDS}[1 + key % 10] || ' ' || {_SOUNDS}[1 + key / 10 % 10]",
        "initials": f"left({_SOUNDS}[1 + key % 10], 1) || left({_SOUNDS}[1 + key / 10 % 10], 1)",
        "sex": "1 + key % 2",
        "born_on": "now()::date - 3000 - (key * 37 % 22000)::int - 7000 * (place = 0)::int",
        "id_cipher": f"{digest} || {digest}",
        "id_hash": digest,
        "id_mask": "'530000********' || lpad((key % 10000)::text, 4, '0')",
        "health": "(ARRAY['good', 'diabetes', 'tumour'])[1 + key % 3]",
        "work_status": "(ARRAY['employed', 'laid_off', 'retired', 'student'])[1 + key % 4]",
        "education": "(ARRAY['70', '60', '20'])[1 + key % 3]",
        "employer": "'第' || h % 40 || '建筑公司'",
        "started_work_on": f"CASE WHEN place = 0 AND {chance(3)} >= 50"
        f" THEN now()::date - 60 - {chance(4)}::int * 9 END",
        "monthly_income": "CASE WHEN place < 2 THEN 60000 + key * 7919 % 250000 END",
    }
    return plain | dict(others)


def _households(families: str, others: Mapping[str, str]) -> str:
    spread = f"(line * 12 * people * (300 + {chance(5)} * 3) / 1000 + {chance(6)})"
    plain = {
        "id": "h",
        "org_path": "path",
        "head_id": f"h * {KEYS}",
        "address": "'升平镇南坪街' || h || '号'",
        "residence": f"CASE WHEN {_URBAN} THEN 'urban' ELSE 'rural' END",
        "people": _known("people", 7),
        "annual_income": f"CASE WHEN {_ON_LINE} THEN line * 12 * people * (1 + h / 100 % 2)"
        f" WHEN {chance(8)} >= 10 THEN {spread} END",
        "other_income": "0",
        "dibao_certificate": _known(_one_in(90, 9), 10),
        "homes": _known(f"CASE WHEN {_one_in(30, 11)} THEN 2 ELSE 1 END", 12),
        "vehicle": _known(_one_in(20, 13), 14, unknown=30),
        "business": _known(_one_in(15, 15), 16),
        "costly_schooling": _known(_one_in(5, 17), 18),
        "disaster_victim": _known(_one_in(10, 19), 20),
        "single_parent": _one_in(120, 21),
        "self_help": _one_in(700, 22),
        "zero_employment": _one_in(40, 23),
        "loss": _known(f"CASE WHEN {_one_in(60, 24)} THEN {chance(25)} * 12345 ELSE 0 END", 26),
        "expenses_known": f"{chance(27)} >= 10",
        "main_cause": "(ARRAY['major_illness', 'laid_off', 'schooling', 'accident', 'no_ability'])"
        "[1 + h % 5]",
        "focus_group": f"CASE WHEN {_one_in(150, 28)} THEN 'migrant' WHEN {_one_in(950, 28)}"
        " THEN 'expenditure' ELSE '' END",
        "origin": "'existing'",
        "bank": "'农村信用社'",
        "branch": "'营业部'",
        "card_mask": "'990000**********' || lpad((h % 1000)::text, 3, '0')",
        "consent_on": "now()::date - 400",
    }
    return insert_sql(Household, f"FROM {families}", **plain | dict(others))


def _members(families: str) -> str:
    return insert_sql(
        Member,
        f"FROM {families} CROSS JOIN generate_series(0, people - 1) AS place",
        org_path="path",
        household_id="h",
        person_id=f"h::bigint * {KEYS} + place",
        relation="(ARRAY['0', '1', '2', '3', '5'])[1 + place]",
        since="now()::date - 1000",
    )


#: How many in a thousand have a line of the kind, a fen amount to multiply, and how many years ago it was.
_KINDS = """
    (VALUES ('medical', 800, 31, 0, 2537), ('schooling', 550, 32, 0, 1009), ('disability', 250, 33, 0, 601),
            ('medical', 400, 34, 1, 2537)) AS spent (kind, often, salt, ago, price)
"""


def _expenses(families: str) -> str:
    """Two lines a household, of the latest year and some of the year before."""
    drawn = "(abs(hashint8extended(h, salt) % 1000))"
    amount = "(abs(hashint8extended(h, salt + 10) % 1000))"
    return insert_sql(
        Expense,
        f"FROM {families} CROSS JOIN {_KINDS} WHERE {drawn} < often AND NOT {_ON_LINE}",
        org_path="path",
        household_id="h",
        kind="kind",
        amount=f"(1 + {amount}) * price",
        evidenced=f"({amount} % 20 > 2)",
        year=f"{_LAST_YEAR} - ago",
    )


# -- around them -----------------------------------------------------------------------------------------


def _land(owner: "psycopg.Connection[Any]", table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """A temporary table with these rows; `table` as in CREATE TABLE."""
    owner.execute(f"CREATE TEMPORARY TABLE {table}")
    with owner.cursor() as cursor, cursor.copy(f"COPY {table.split(' ')[0]} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    owner.execute(f"ANALYZE {table.split(' ')[0]}")


def _drop_indexes(owner: "psycopg.Connection[Any]", tables: list[str]) -> list[str]:
    """Drop the indexes that belong to no constraint; the statements that make them again."""
    found = owner.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = ANY (%s::regclass[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)",
        [tables],
    ).fetchall()
    for name, _definition in found:
        owner.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _next_key(owner: "psycopg.Connection[Any]", table: str) -> None:
    owner.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), greatest(max(id), 1)) FROM {table}"
    )


def counts() -> dict[str, int]:
    """How many rows there are of each kind, by name."""
    kinds: tuple[type[models.Model], ...] = (Household, Member, Expense)
    return {kind.__name__: kind._default_manager.count() for kind in kinds}
