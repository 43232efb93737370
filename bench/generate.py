"""A province of households with members, files and awards, written straight into the tables, set-based.

It goes around the services, which would take hours, and not around the database: every constraint,
trigger and policy holds. Household `n` lives by the facts of profile `n mod 400`; one household of each
profile is determined by the services, and the others carry the same record.
"""

import os
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

import psycopg
from django.db import connection, models
from django.utils import timezone

from bench import people, show, tree
from nuanxin.casework import determination, keeping, relations, services
from nuanxin.casework.models import KEPT, AidList, Application, Assessment, Award, File, Notice, Visit
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.identity import mask_card, mask_id, mask_phone
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.sealing import fingerprint, seal_many
from nuanxin.ledger.models import Fund
from nuanxin.orgs.models import Node
from nuanxin.policy import queries as policy
from nuanxin.records.models import Entry
from nuanxin.registry.models import Expense, Household, Member, Person

PROFILES = 400
BATCH = 20_000
#: Keys above this are free.
ROOM = 10_000_000
#: SQL over `h`, a household's number: its profile, its people, the share of the line its income comes to.
PROFILE = f"((h - 1) % {PROFILES})"
MEMBERS = f"(1 + {PROFILE} % 4)"
SHARE = f"(0.3 + ({PROFILE} * 7 % 29) / 10.0)"
URBAN = f"({PROFILE} % 3 > 0)"
#: When the application was made: spread over the three years before this one.
APPLIED = "(date_trunc('year', now())::date - 30 - (h * 13 % 1000)::int)"


def measure(households: int) -> None:
    spent = show.Spent()
    with spent.on("all"), scope.acting(system()):
        tree.plant()
    with scope.acting(system()):
        province = system(tree.first("province").path)
    parts = (partial(registry, households), partial(_files, households), _awards, _trail)
    for part in parts:  # each on its own, for at the commit every foreign key is checked
        with spent.on("all"), scope.acting(province):
            part()
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        tidy(owner)
    with scope.acting(system()):
        counts = [f"{model.objects.count():,} {model.__name__}" for model in (Household, Person, File, Award)]
    show.heading("The province of the measures below")
    show.rate("generated, set-based", households, spent.take("all"), "households")
    show.line("", ", ".join(counts))


# -- statements ----------------------------------------------------------------------------------------


def insert_sql(model: type[models.Model], source: str, **values: str) -> str:
    """INSERT … SELECT with an SQL expression for each column given; the rest is empty or the moment."""
    fields = {field.column: field for field in model._meta.concrete_fields}
    unknown = set(values) - set(fields)
    if unknown:
        raise ValueError(f"no columns of {model._meta.db_table}: {unknown}")
    for column, field in fields.items():
        if column not in values and not field.null and not field.primary_key and not field.has_db_default():
            values[column] = _empty(field)
    columns = ", ".join(f'"{column}"' for column in values)
    return f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {', '.join(values.values())} {source}"


def insert(model: type[models.Model], source: str, **values: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(insert_sql(model, source, **values))


def _empty(field: "models.Field[Any, Any]") -> str:
    kind = field.get_internal_type()
    if kind in ("CharField", "TextField"):
        return "''"
    return {"BooleanField": "false", "DateTimeField": "now()"}.get(kind, "'{}'")  # JSON and arrays alike


def tidy(owner: "psycopg.Connection[Any]") -> None:
    """Let the sequences go on after the keys written here, and do what autovacuum would have done."""
    for model in (Person, Household, Application, File):
        table = model._meta.db_table
        owner.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {ROOM})")
    owner.execute("VACUUM ANALYZE")


# -- the registry --------------------------------------------------------------------------------------

_LANDING = """
    CREATE TEMPORARY TABLE landing (
        h int, place int, name text, pinyin text, initials text, sex text, born_on date, id_cipher bytea,
        id_hash bytea, id_mask text, phone_cipher bytea, phone_hash bytea, phone_mask text,
        card_cipher bytea, card_hash bytea, card_mask text
    );
    CREATE TEMPORARY TABLE home AS
    SELECT row_number() OVER (ORDER BY path) - 1 AS place, path FROM orgs_node WHERE kind = 'grassroots'
"""
#: Neighbouring numbers live in different unions, as they do in a province where all work at once.
_LIVES = "JOIN home ON home.place = h * 7 % (SELECT count(*) FROM home)"


def registry(households: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LANDING)
        for first in range(1, households + 1, BATCH):
            with cursor.copy("COPY landing FROM STDIN") as copy:
                for row in _persons(range(first, min(first + BATCH, households + 1))):
                    copy.write_row(row)
        cursor.execute("ANALYZE landing")
    insert(
        Person,
        f"FROM landing {_LIVES}",
        id="h * 4 + landing.place",
        org_path="home.path",
        **{name: f"landing.{name}" for name in ("name", "pinyin", "initials", "sex", "born_on")},
        **{name: name for name in ("id_cipher", "id_hash", "id_mask")},
        **{name: name for name in ("phone_cipher", "phone_hash", "phone_mask")},
        health="(ARRAY['good', 'diabetes', 'tumour'])[1 + h % 3]",
        work_status="'employed'",
        employer="'第' || h % 40 || '建筑公司'",
        monthly_income=f"(600 + {PROFILE} * 5) * 100",
    )
    line = f"CASE WHEN {URBAN} THEN 720 ELSE 540 END"
    insert(
        Household,
        f"FROM landing {_LIVES} WHERE landing.place = 0",
        id="h",
        org_path="home.path",
        head_id="h * 4",
        address="'升平镇南坪街' || h || '号'",
        residence=f"CASE WHEN {URBAN} THEN 'urban' ELSE 'rural' END",
        people=MEMBERS,
        annual_income=f"({MEMBERS} * 12 * {line} * {SHARE} + 3000)::bigint * 100",
        other_income="0",
        dibao_certificate=f"{PROFILE} % 11 = 0",
        homes=f"CASE WHEN {PROFILE} % 29 = 0 THEN 2 ELSE 1 END",
        **dict.fromkeys(("vehicle", "business", "costly_schooling", "disaster_victim"), "false"),
        loss=f"CASE WHEN {PROFILE} % 13 = 0 THEN 9000000 ELSE 0 END",
        expenses_known="true",
        main_cause="(ARRAY['major_illness', 'laid_off', 'schooling', 'accident', 'no_ability'])[1 + h % 5]",
        focus_group="'expenditure'",
        origin="'existing'",
        bank="'农村信用社'",
        branch="'营业部'",
        **{name: name for name in ("card_cipher", "card_hash", "card_mask")},
        consent_on=APPLIED,
    )
    insert(
        Member,
        f"FROM landing {_LIVES}",
        org_path="home.path",
        household_id="h",
        person_id="h * 4 + landing.place",
        relation="landing.place::text",
        since=APPLIED,
    )
    insert(
        Expense,
        "FROM (SELECT id AS h, org_path FROM registry_household) family"
        " CROSS JOIN (VALUES ('medical', 5), ('schooling', 3)) AS spent (kind, times)",
        org_path="org_path",
        household_id="h",
        kind="kind",
        amount=f"({PROFILE} % 7 + 1) * times * 10000",
        evidenced="true",
        year="extract(year FROM now())::int - 1",
    )


def _persons(numbers: range) -> Iterator[tuple[Any, ...]]:
    """Rows for the landing table: the people of these households, the head first, with the family's card."""
    keys = [(h, place) for h in numbers for place in range(1 + (h - 1) % PROFILES % 4)]
    found = [people.person(h * 4 + place) for h, place in keys]
    ids = seal_many((person.id_number for person in found), "id_number")
    phones = seal_many((person.phone for person in found), "phone")
    for (h, place), person, id_cipher, phone_cipher in zip(keys, found, ids, phones, strict=True):
        yield (
            *(h, place, person.name, pinyin_key(person.name), pinyin_initials(person.name)),
            *(person.sex, person.born_on),
            *(id_cipher, fingerprint(person.id_number, "id_number"), mask_id(person.id_number)),
            *(phone_cipher, fingerprint(person.phone, "phone"), mask_phone(person.phone)),
            *_card(h, place),
        )


def _card(h: int, place: int) -> tuple[Any, ...]:
    if place:
        return None, None, None
    number = people.card(h)
    return seal_many([number], "card")[0], fingerprint(number, "card"), mask_card(number)


# -- files ---------------------------------------------------------------------------------------------

#: What became of household h's application, by its class: one in fifty is still under way.
_STATE = (
    "CASE WHEN h % 50 = 0 THEN (ARRAY['draft', 'submitted', 'noticed'])[1 + h / 50 % 3]"
    " WHEN a.result IN ('deep', 'relative', 'accident') THEN 'approved' ELSE 'refused' END"
)
_DECIDED = "CASE WHEN h % 50 > 0 THEN applied + 30 END"


def _files(households: int) -> None:
    for county in Node.objects.filter(kind="county"):
        tree.post(county, "reviewer")
    services.assess(households=range(1, min(PROFILES, households) + 1))
    insert(
        Assessment,
        "FROM registry_household h"
        f" JOIN casework_assessment a ON a.household_id = (h.id - 1) % {PROFILES} + 1"
        f" WHERE h.id > {PROFILES}",
        org_path="h.org_path",
        household_id="h.id",
        **{name: f"a.{name}" for name in ("as_of", "pack", "pack_version", "pack_hash", "result")},
        **{name: f"a.{name}" for name in ("known_on", "monthly_per_head", *KEPT)},
    )
    source = (
        "FROM (SELECT id AS h, org_path AS path FROM registry_household) family"
        f" CROSS JOIN LATERAL (SELECT {APPLIED} AS applied) made"
        " JOIN casework_assessment a ON a.household_id = h"
        " JOIN orgs_node county ON county.kind = 'county' AND starts_with(family.path, county.path)"
        " JOIN orgs_post officer ON officer.node_id = county.id"
    )
    insert(
        Application,
        source,
        id="h",
        org_path="family.path",
        household_id="h",
        state=_STATE,
        assessment_id="a.id",
        officer_id="officer.staff_id",
        applied_on="applied",
        refused_because=f"CASE WHEN {_STATE} = 'refused' THEN '不符合建档条件。' ELSE '' END",
        decided_on=_DECIDED,
    )
    applications = (
        "FROM (SELECT p.id AS h, p.*, a.result FROM casework_application p"
        " JOIN casework_assessment a ON a.id = p.assessment_id) p"
    )
    insert(
        Visit,
        f"{applications} WHERE state <> 'draft'",
        org_path="org_path",
        household_id="h",
        application_id="h",
        staff_id="officer_id",
        visited_on="applied_on",
        visitors="'李梅、杨光'",
        finding="'agrees'",
    )
    insert(
        Notice,
        f"{applications} WHERE state IN ('approved', 'noticed')",
        org_path="org_path",
        application_id="h",
        staff_id="officer_id",
        since="applied_on + 10",
        until="applied_on + 17",
        working_days="5",
        phone="'19900990001'",
    )
    insert(
        File,
        f"{applications} JOIN orgs_node county ON county.kind = 'county'"
        " AND starts_with(p.org_path, county.path) WHERE p.state = 'approved'",
        id="h",
        org_path="p.org_path",
        number="county.division || to_char(p.decided_on, '-YYYY-')"
        " || lpad((row_number() OVER (PARTITION BY county.id ORDER BY h))::text, 6, '0')",
        household_id="h",
        application_id="h",
        state="CASE WHEN h % 16 = 0 THEN 'closed' ELSE 'open' END",
        clazz="p.result",
        opened_on="p.decided_on",
        closed_on="CASE WHEN h % 16 = 0 THEN p.decided_on + 20 END",
        closed_because="CASE WHEN h % 16 = 0 THEN '家庭情况已有好转。' ELSE '' END",
    )


# -- awards --------------------------------------------------------------------------------------------


def _awards() -> None:
    """Last year's living aid: one approved list a county, one paid award an open file."""
    fund = Fund.objects.create(
        code="LIVING", name="生活救助资金", name_en="Living aid", source="own", uses=["living-aid"]
    )
    year = timezone.localdate().year - 1
    insert(
        AidList,
        "FROM orgs_node n JOIN orgs_post p ON p.node_id = n.id WHERE n.kind = 'county'",
        org_path="n.path",
        programme="'living-aid'",
        title=f"'{year} 年生活救助'",
        year=str(year),
        as_of=f"'{date(year, 12, 1)}'",
        fund_id=str(fund.pk),
        state="'approved'",
        maker_id="p.staff_id",
        decided_on=f"'{date(year, 12, 20)}'",
    )
    _grant(date(year, 12, 1))
    insert(
        Award,
        "FROM casework_file f JOIN registry_household h ON h.id = f.household_id"
        " JOIN granted g ON g.clazz = f.clazz AND g.residence = h.residence"
        " JOIN casework_aidlist l ON starts_with(f.org_path, l.org_path) WHERE f.state = 'open'",
        org_path="f.org_path",
        aid_list_id="l.id",
        file_id="f.id",
        programme="l.programme",
        year="l.year",
        amount="g.amount",
        state="'paid'",
        pack_hash="g.hash",
        **{name: f"g.{name}" for name in KEPT},
        paid_on=f"'{date(year, 12, 28)}'",
    )


def _grant(day: date) -> None:
    """The table `granted`: what the pack grants each class in town and country, with the record of it."""
    kinds = File.objects.filter(state="open").order_by("clazz", "household__residence", "pk")
    chosen = kinds.distinct("clazz", "household__residence").values_list("pk", flat=True)
    files = File.objects.filter(pk__in=list(chosen))
    given = relations.of_files(files, determination.LIVING, day)
    found = policy.records_sql(determination.LIVING, given.subjects, given.lists, day, carried=["file"])
    ((pack, statement),) = found
    record = ", ".join(f"made.{name}" for name in KEPT)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE granted AS WITH made AS ({statement.sql})"
            f" SELECT f.clazz, h.residence, {keeping.due(pack)} AS amount, %(sha256)s AS hash, {record}"
            " FROM made JOIN casework_file f ON f.id = made.file"
            " JOIN registry_household h ON h.id = f.household_id",
            dict(statement.params) | {"sha256": pack.sha256},
        )


def _trail() -> None:
    """The audit trail of every application and file."""
    for action in ("submit", "notice"):
        source = "FROM casework_application WHERE state <> 'draft' ORDER BY org_path"
        _say("casework.Application", f"application.{action}", source, staff_id="officer_id")
    _say("casework.File", "file.open", "FROM casework_file ORDER BY org_path")


def _say(kind: str, action: str, source: str, **values: str) -> None:
    """A line of the trail for each row; the database numbers and chains them."""
    insert(
        Entry,
        source,
        org_path="org_path",
        chain="0",
        number="0",
        digest="''",
        kind=f"'{kind}'",
        action=f"'{action}'",
        subject="id",
        **values,
    )
