"""The whole country: a million households with their people, files and employers.

Written as a dump is restored (bench.policy.generate, whose facts of households it takes over), in a few
minutes. Households are spread evenly over the unions, and neighbours in the tables live far apart. Sealed
columns hold noise, and there is no history.
"""

from django.contrib.auth.hashers import make_password

from bench import tree
from bench.generate import insert_sql
from bench.policy.generate import SINCE, chance, restore, statements
from bench.registry import country, names
from nuanxin.casework.models import Application, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Staff
from nuanxin.policy import services as policy
from nuanxin.registry.models import Employer, Expense, Household, Member, Person

_LANDING = {
    'land (id int, parent_id int, path text COLLATE "C", kind text, code text, name text, short_name text,'
    " name_en text, division text)": country.nodes,
    "called (slot int, name text, pinyin text, initials text)": names.called,
    "street (slot int, name text)": names.streets,
    "firm (slot int, name text, pinyin text, initials text)": names.employers,
}


def populate(households: int) -> None:
    """Fill an empty database with the country and so many households."""
    Staff.objects.create(username="country", name="经办", password=make_password(None))
    landing = {table: rows() for table, rows in _LANDING.items()}
    models = (Node, Employer, Person, Household, Member, Expense, Application, File)
    persons, homes = _persons(), {"address": _ADDRESS}
    registry = statements(households, _CALLED, persons, homes)
    restore(
        [_NODES, _HOMES, _EMPLOYERS, *registry, _ADDRESSES, *_casework()],
        models,
        landing,
        ["registry_address"],
    )
    with scope.acting(system()):
        _lines()


def _lines() -> None:
    """One living-allowance line for the whole country, by which the opened files are determined."""
    policy.set_standards(
        standards=[
            policy.NewStandard(
                code="dibao",
                name="低保标准",
                name_en="Living-allowance line",
                place=tree.first("national").path,
                residence=residence,
                valid_from=SINCE,
                amount=Money(fen),
                document="关于调整低保标准的通知（虚构）",
                document_en="Notice of new living-allowance lines (invented)",
            )
            for residence, fen in (("urban", 62035), ("rural", 44150))
        ]
    )


# -- the tree ------------------------------------------------------------------------------------------

_NODES = insert_sql(
    Node,
    "FROM land",
    **{name: name for name in ("id", "parent_id", "path", "kind", "code", "name", "short_name", "name_en")},
    division="division",
    supervision_phone="'19900990001'",
    active="true",
)
#: The unions, numbered from 0, with their county and the lines of the country.
_HOMES = """
    CREATE TEMPORARY TABLE home AS
    SELECT row_number() OVER (ORDER BY n.path) - 1 AS place, n.path, n.id AS node, 62035 AS urban,
           44150 AS rural, town.short_name AS town, c.path AS county_path, c.short_name AS county,
           p.short_name AS prefecture, c.division
    FROM land n JOIN land town ON town.id = n.parent_id JOIN land c ON c.id = town.parent_id
    JOIN land p ON p.id = c.parent_id WHERE n.kind = 'grassroots';
    CREATE INDEX ON home (place);
    CREATE INDEX ON home (path);
    CREATE INDEX ON street (slot);
    ANALYZE home
"""

# -- the registry --------------------------------------------------------------------------------------

#: Employer number `e` of a union: three each.
_FIRMS = 3
_FIRM_SLOT = f"(home.place * {_FIRMS} + e) * 7919 % {names.EMPLOYERS}"
_EMPLOYERS = insert_sql(
    Employer,
    f"FROM home CROSS JOIN generate_series(1, {_FIRMS}) AS e JOIN firm ON firm.slot = {_FIRM_SLOT}",
    id=f"home.place * {_FIRMS} + e",
    org_path="home.path",
    union_path="home.path",
    name="home.prefecture || firm.name",
    pinyin="firm.pinyin",
    initials="firm.initials",
    nature="'private'",
    state="'normal'",
    address="home.prefecture || home.county || home.town",
)
_WORKPLACE = f"lives.number * {_FIRMS} + 1 + {chance(51, 'key')} % {_FIRMS}"
#: Joined to the persons, one row each: their name, and the employer of two in five.
_CALLED = f"""
    JOIN called ON called.slot = abs(hashint8extended(key, 50) % {names.CALLED})
    JOIN (SELECT path AS union_path, place AS number FROM home) lives ON lives.union_path = family.path
    LEFT JOIN registry_employer works ON works.id = {_WORKPLACE} AND {chance(52, "key")} < 400
"""
_ADDRESS = f"""(
    SELECT home.prefecture || '市' || home.county || home.town || street.name
           || 1 + {chance(53)} % 300 || '号' || 1 + {chance(54)} % 30 || '栋'
           || 1 + {chance(55)} % 6 || '单元' || 101 + {chance(56)} || '室'
    FROM home, street WHERE home.path = family.path
    AND street.slot = abs(hashint8extended(h, 57) % {names.STREETS})
)"""

#: What triggers would have kept.
_ADDRESSES = (
    "INSERT INTO registry_address SELECT org_path, id, registry_plain(address) FROM registry_household"
)


def _persons() -> dict[str, str]:
    """What differs from the persons of the policy's measure: names, phones and employers to be found by."""
    return {
        "org_path": "family.path",
        "name": "called.name",
        "pinyin": "called.pinyin",
        "initials": "called.initials",
        "phone_hash": "decode(lpad(to_hex(h::bigint), 64, 'e'), 'hex')",
        "phone_mask": f"'13' || {chance(58, 'key')} % 10 || '****' || lpad((key % 10000)::text, 4, '0')",
        "employer": "coalesce(works.name, '')",
        "works_for_id": "works.id",
    }


# -- files ---------------------------------------------------------------------------------------------


def _casework() -> list[str]:
    """An approved application and a file for three households in five, open for most."""
    source = "FROM registry_household h JOIN home ON home.path = h.org_path WHERE h.id % 5 < 3"
    opened = f"(now()::date - 30 - {chance(60, 'h.id')}::int)"
    application = insert_sql(
        Application, source, id="h.id", org_path="h.org_path", household_id="h.id", state="'approved'",
        officer_id="(SELECT min(id) FROM orgs_staff)", applied_on=f"{opened} - 30", decided_on=opened,
    )  # fmt: skip
    closed = f"({chance(61, 'h.id')} < 60)"
    file = insert_sql(
        File, source, id="h.id", org_path="h.org_path", household_id="h.id", application_id="h.id",
        number=f"home.division || to_char({opened}, '-YYYY-') || lpad((row_number() OVER"
        f" (PARTITION BY home.county_path, extract(year FROM {opened}) ORDER BY h.id))::text, 6, '0')",
        state=f"CASE WHEN {closed} THEN 'closed' ELSE 'open' END",
        clazz="(ARRAY['deep', 'relative', 'relative', 'accident'])[1 + h.id % 4]",
        opened_on=opened,
        closed_on=f"CASE WHEN {closed} THEN {opened} + 20 END",
        closed_because=f"CASE WHEN {closed} THEN '家庭情况已有好转。' ELSE '' END",
        reopened="false",
    )  # fmt: skip
    return [application, file]
