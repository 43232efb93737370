"""Reads: which pack and which standards are in force, and what they say of one subject or of many."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused

from .engine.explanation import Explanation
from .engine.nearest import Row, choose, nearest
from .engine.pack import Pack
from .engine.run import Hides, Standard, run
from .engine.statement import Relation, Statement, build
from .engine.texts import Text
from .engine.tree import RESIDENCE
from .keeping import Kept, differences, keeping_sql, outcome, plain_standards
from .keeping import explanation_of as _explained
from .models import Pack as StoredPack
from .models import Parameter
from .offered import feeding, programme_by_hash, programme_in_force, programmes_in_force
from .programmes import Limit, Programme

__all__ = [
    "Explanation",
    "Kept",
    "Pack",
    "Programme",
    "Relation",
    "Standard",
    "Statement",
    "determine",
    "determine_many",
    "determine_sql",
    "differences",
    "explanation_of",
    "feeding",
    "limit_at",
    "outcome",
    "pack_by_hash",
    "pack_in_force",
    "packs_in_force",
    "programme_by_hash",
    "programme_in_force",
    "programme_sql",
    "programmes_in_force",
    "records_sql",
    "reproduce",
    "standard",
    "standard_of_places",
    "standards_at",
    "standards_for_page",
    "standards_in_force",
]

Key = TypeVar("Key")
Facts = Mapping[str, Any]


# packs


def packs_in_force(day: date, programme: str | None = None) -> list[StoredPack]:
    """Of each code the highest version that covers the day."""
    rows = StoredPack.objects.filter(valid__contains=day)
    if programme:
        rows = rows.filter(programme=programme)
    return list(
        rows.order_by("programme", "code", "-version").distinct("programme", "code").select_related("org")
    )


def pack_in_force(programme: str, place: str, day: date) -> Pack | None:
    """The programme's pack at an organisation path on a day, that of the nearest place, or None."""
    found = _nearest_pack(packs_in_force(day, programme), place)
    return found.checked() if found else None


def _nearest_pack(rows: Iterable[StoredPack], place: str) -> StoredPack | None:
    held = [row for row in rows if place.startswith(row.org_id or "")]
    return max(held, key=lambda row: len(row.org_id or ""), default=None)


def _packs(programme: str, places: Collection[str], day: date) -> dict[str, Pack]:
    """The pack for each place; Refused where there is none."""
    rows = packs_in_force(day, programme)
    checked = {row.pk: row.checked() for row in rows}
    found = {}
    for place in places:
        row = _nearest_pack(rows, place)
        if row is None:
            message = _("%(day)s 没有生效的“%(programme)s”政策包，请先启用。")
            raise Refused(message % {"day": day.isoformat(), "programme": programme}, code="no_policy")
        found[place] = checked[row.pk]
    return found


@lru_cache(maxsize=256)
def pack_by_hash(sha256: str) -> Pack:
    """The pack a kept decision was made by; StoredPack.DoesNotExist when it was never loaded here."""
    return StoredPack.objects.get(sha256=sha256).checked()


# standards


def standards_in_force(day: date, place: str | None = None) -> QuerySet[Parameter]:
    """The rows in force on a day, at and above `place` or everywhere."""
    rows = Parameter.objects.filter(valid__contains=day, struck_by__isnull=True)
    return rows if place is None else rows.filter(_on_the_way([place]))


def standards_for_page(day: date, place: str) -> QuerySet[Parameter]:
    """The rows in force above, at and below a place, in the order a list shows them."""
    low, high = subtree(place)
    rows = Parameter.objects.filter(valid__contains=day, struck_by__isnull=True)
    held = rows.filter(_on_the_way([place]) | Q(org__gte=low, org__lt=high))
    return held.select_related("org").order_by("code", F("org").asc(nulls_first=True), "residence")


def _on_the_way(places: Iterable[str]) -> Q:
    """Rows of the whole tree or of a node at or above one of the places."""
    paths = {path for place in places for path in _chain(place) if path}
    return Q(org__isnull=True) | Q(org__in=paths)


Rows = dict[str, list[Row]]


def _rows(codes: Collection[str], places: Collection[str], day: date) -> Rows:
    """The rows that may hold for these places, by code."""
    found: Rows = defaultdict(list)
    if codes:
        on_the_way = Parameter.objects.filter(_on_the_way(places), valid__contains=day, code__in=codes)
        rows = on_the_way.filter(struck_by__isnull=True)
        for row in rows.select_related("org"):
            found[row.code].append(Row(row.code, row.org_id or "", row.residence, _standard(row)))
    return found


class _Nearby:
    """The rows above each place, so that a place is not compared with those of all others."""

    def __init__(self, codes: Collection[str], places: Collection[str], day: date) -> None:
        self.at: dict[str, list[Row]] = defaultdict(list)
        for rows in _rows(codes, places, day).values():
            for row in rows:
                self.at[row.path].append(row)

    def above(self, place: str) -> Rows:
        """By code, the rows that may hold at a place."""
        found: Rows = defaultdict(list)
        for path in _chain(place):
            for row in self.at.get(path, ()):
                found[row.code].append(row)
        return found

    def chosen(self, pack: Pack, place: str, residence: str | None) -> dict[str, Standard]:
        return choose(pack.tables, self.above(place), place, residence)


def _chain(place: str) -> list[str]:
    """The path of the whole tree, of each node above a place, and of the place itself."""
    steps = place.rstrip("/").split("/")
    return ["", *("/".join(steps[: depth + 1]) + "/" for depth in range(len(steps)))]


def _standard(row: Parameter) -> Standard:
    value = row.number if row.amount is None else row.amount.to_yuan()
    assert value is not None  # the database holds exactly one of the two
    place = Text(row.org.name, row.org.name_en or row.org.name) if row.org else None
    ends = row.valid.lower, row.valid.upper
    return Standard(value, row.pk, place, *ends, Text(row.document, row.document_en))


def standards_at(pack: Pack, place: str, day: date, residence: str | None = None) -> dict[str, Standard]:
    """The pack's dated parameters at a place on a day, by name; what is not set is missing."""
    return _Nearby({item.code for item in pack.tables}, [place], day).chosen(pack, place, residence)


def standard(code: str, place: str, day: date, residence: str | None = None) -> Standard | None:
    """One standard at a place on a day, or None where nobody has set it."""
    return nearest(_rows([code], [place], day)[code], place, residence)


def standard_of_places(
    code: str, places: Collection[str], day: date, residence: str | None = None
) -> dict[str, Standard]:
    """One standard at each of the places on a day where somebody has set it, in one query."""
    rows = _rows([code], places, day)[code]
    found = {place: nearest(rows, place, residence) for place in places}
    return {place: held for place, held in found.items() if held is not None}


def limit_at(limit: Limit, place: str, day: date, residence: str | None = None) -> Money | None:
    """What a programme's limit comes to at a place on a day; None where its standard has not been set."""
    if limit.amount is not None:
        return limit.amount
    found = standard(limit.standard, place, day, residence)
    return Money.yuan(found.value) if found else None


# determinations


def determine(
    programme: str, place: str, day: date, facts: Facts, overruled: Mapping[str, str] | None = None
) -> Explanation:
    """Determine one subject by the programme's pack in force; Refused when there is none.

    `facts` and `overruled` are as in engine.run. For several subjects use `determine_many`.
    """
    asides = {0: overruled} if overruled else {}
    return determine_many(programme, {0: (place, facts)}, day, asides)[0]


def determine_many(
    programme: str,
    subjects: Mapping[Key, tuple[str, Facts]],
    day: date,
    overruled: Mapping[Key, Mapping[str, str]] | None = None,
) -> dict[Key, Explanation]:
    """Determine and explain many subjects, each given as its place and facts, in three queries at most."""
    places = {place for place, _facts in subjects.values()}
    packs = _packs(programme, places, day)
    nearby = _Nearby({item.code for pack in packs.values() for item in pack.tables}, places, day)
    asides = overruled or {}
    return {
        key: run(
            packs[place],
            facts,
            day=day,
            standards=nearby.chosen(packs[place], place, facts.get(RESIDENCE)),
            place=place,
            overruled=asides.get(key),
        )
        for key, (place, facts) in subjects.items()
    }


def determine_sql(
    pack: Pack,
    given: Relation,
    lists: Mapping[str, Relation],
    day: date,
    places: Relation | None = None,
) -> Statement:
    """The statement that determines every subject of a relation by a pack, with the standards of the day.

    `places` may tell where subjects live (column `place`), where that is cheaper than to ask each.
    """
    return build(pack, given, lists, _standards_relation(pack, day), day=day, places=places)


def records_sql(
    programme: str, given: Relation, lists: Mapping[str, Relation], day: date, carried: Sequence[str] = ()
) -> list[tuple[Pack, Statement]]:
    """For each pack in force among the subjects of a relation the statement that determines those it
    rules and yields what is to be kept of each (see keeping.keeping_sql), with the columns `carried`.

    Refused when a subject lives where no pack is in force.
    """
    return [
        (
            pack,
            keeping_sql(
                pack, theirs, lists, _standards_relation(pack, day), _held(pack, ruled, day), day, carried
            ),
        )
        for pack, theirs, ruled in _shares(programme, given, day)
    ]


def programme_sql(
    programme: str, given: Relation, lists: Mapping[str, Relation], day: date
) -> list[tuple[Pack, Statement]]:
    """For each pack in force among the subjects of a relation the statement that determines those it rules.

    Refused when a subject lives where no pack is in force.
    """
    return [
        (pack, determine_sql(pack, theirs, {name: lists[name] for name in pack.facts if name in lists}, day))
        for pack, theirs, _ruled in _shares(programme, given, day)
    ]


def _shares(
    programme: str, given: Relation, day: date
) -> Iterator[tuple[Pack, Relation, list[tuple[str, str]]]]:
    """Each pack in force among the subjects of a relation, with those it rules and where they live."""
    living = _living(given)
    packs = _packs(programme, {place for place, _residence in living}, day)
    by_hash = {pack.sha256: pack for pack in packs.values()}
    for pack in by_hash.values():
        ruled = [(place, residence) for place, residence in living if packs[place].sha256 == pack.sha256]
        theirs = given if len(by_hash) == 1 else _at(given, {place for place, _residence in ruled})
        yield pack, theirs, ruled


def _living(given: Relation) -> list[tuple[str, str]]:
    """Where the subjects live: each place, with each residence there (empty: unknown)."""
    residence = f"coalesce({RESIDENCE}, '')" if RESIDENCE in given.columns else "''"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT place, {residence} FROM ({given.sql}) given", given.params)
        return cursor.fetchall()


def _at(given: Relation, places: Collection[str]) -> Relation:
    sql = f"SELECT * FROM ({given.sql}) given WHERE place = ANY (%s)"
    return Relation(sql, [*given.params, list(places)], given.columns)


def _held(pack: Pack, living: Iterable[tuple[str, str]], day: date) -> list[dict[str, Any]]:
    """The standards at each place and residence, as they are kept."""
    living = list(living)
    nearby = _Nearby({item.code for item in pack.tables}, {place for place, _residence in living}, day)
    return [
        {
            "place": place,
            "residence": residence,
            "standards": plain_standards(nearby.chosen(pack, place, residence)),
        }
        for place, residence in living
    ]


def _standards_relation(pack: Pack, day: date) -> Relation:
    codes = sorted({item.code for item in pack.tables}) or [""]  # an empty list would be no query at all
    held = Parameter.objects.filter(code__in=codes, valid__contains=day, struck_by__isnull=True)
    rows = held.order_by()
    path = Coalesce(F("org"), Value(""), output_field=CharField())
    return relation(rows.values("code", "residence", "amount", "number", path=path))


def relation(rows: QuerySet[Any, Any], known: Sequence[str] = ()) -> Relation:
    """A `.values(...)` queryset as a relation; it must yield the columns Relation asks for."""
    sql, params = rows.query.sql_with_params()
    columns = [*rows.query.values_select, *rows.query.annotation_select, *known]
    return Relation(sql, params, frozenset(columns))


def explanation_of(kept: Kept) -> Explanation:
    """The full account of a kept determination: made again by its pack, on its facts and standards."""
    return _explained(pack_by_hash(kept.sha256), kept)


def reproduce(explanation: Explanation, hides: Hides | None = None) -> Explanation:
    """Run a kept determination again: the same pack by hash, the same facts, the same standards.

    With `hides` it is told without the figures of what the reader may not see: see engine.run.
    """
    pack = pack_by_hash(explanation.sha256)
    standards = {
        used.figure.name: Standard(
            used.figure.value, used.id, used.place, used.valid_from, used.valid_to, used.document
        )
        for used in explanation.standards
        if used.figure.value is not None and pack.parameters[used.figure.name].value is None
    }
    overruled = {clause.code: clause.overruled for clause in explanation.exclusions if clause.overruled}
    return run(
        pack,
        explanation.given(),
        day=explanation.day,
        standards=standards,
        place=explanation.place,
        overruled=overruled,
        hides=hides,
    )
