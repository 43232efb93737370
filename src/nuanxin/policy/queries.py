"""Reads: which pack and which standards are in force, and what they say of one subject or of many."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import Refused

from .engine.explanation import Explanation
from .engine.nearest import Row, choose, nearest
from .engine.pack import Pack
from .engine.run import Standard, run
from .engine.statement import Relation, Statement, build
from .engine.texts import Text
from .engine.tree import RESIDENCE
from .models import Pack as StoredPack
from .models import Parameter

__all__ = [
    "Explanation",
    "Pack",
    "Relation",
    "Standard",
    "Statement",
    "determine",
    "determine_many",
    "determine_sql",
    "pack_by_hash",
    "pack_in_force",
    "packs_in_force",
    "reproduce",
    "standard",
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
    return _nearest_pack(packs_in_force(day, programme), place)


def _nearest_pack(rows: Iterable[StoredPack], place: str) -> Pack | None:
    held = [row for row in rows if place.startswith(row.org_id or "")]
    return max(held, key=lambda row: len(row.org_id or "")).checked() if held else None


def _packs(programme: str, places: Collection[str], day: date) -> dict[str, Pack]:
    """The pack for each place; Refused where there is none."""
    rows = packs_in_force(day, programme)
    found = {}
    for place in places:
        pack = _nearest_pack(rows, place)
        if pack is None:
            message = _("%(day)s 没有生效的“%(programme)s”政策包，请先启用。")
            raise Refused(message % {"day": day.isoformat(), "programme": programme}, code="no_policy")
        found[place] = pack
    return found


def pack_by_hash(sha256: str) -> Pack:
    """The pack a kept decision was made by; StoredPack.DoesNotExist when it was never loaded here."""
    return StoredPack.objects.get(sha256=sha256).checked()


# standards


def standards_in_force(day: date, place: str | None = None) -> QuerySet[Parameter]:
    """The rows in force on a day, at and above `place` or everywhere."""
    rows = Parameter.objects.filter(valid__contains=day)
    return rows if place is None else rows.filter(_on_the_way([place]))


def standards_for_page(day: date, place: str) -> QuerySet[Parameter]:
    """The rows in force above, at and below a place, in the order a list shows them."""
    low, high = subtree(place)
    rows = Parameter.objects.filter(valid__contains=day)
    held = rows.filter(_on_the_way([place]) | Q(org__gte=low, org__lt=high))
    return held.select_related("org").order_by("code", F("org").asc(nulls_first=True), "residence")


def _on_the_way(places: Iterable[str]) -> Q:
    """Rows of the whole tree or of a node at or above one of the places."""
    paths = {
        "/".join(steps[: depth + 1]) + "/"
        for steps in (place.rstrip("/").split("/") for place in places)
        for depth in range(len(steps))
    }
    return Q(org__isnull=True) | Q(org__in=paths)


def _rows(codes: Collection[str], places: Collection[str], day: date) -> dict[str, list[Row]]:
    """The rows that may hold for these places, by code."""
    found: dict[str, list[Row]] = defaultdict(list)
    if codes:
        rows = Parameter.objects.filter(_on_the_way(places), valid__contains=day, code__in=codes)
        for row in rows.select_related("org"):
            found[row.code].append(Row(row.code, row.org_id or "", row.residence, _standard(row)))
    return found


def _standard(row: Parameter) -> Standard:
    value = row.number if row.amount is None else row.amount.to_yuan()
    assert value is not None  # the database holds exactly one of the two
    place = Text(row.org.name, row.org.name_en or row.org.name) if row.org else None
    ends = row.valid.lower, row.valid.upper
    return Standard(value, row.pk, place, *ends, Text(row.document, row.document_en))


def standards_at(pack: Pack, place: str, day: date, residence: str | None = None) -> dict[str, Standard]:
    """The pack's dated parameters at a place on a day, by name; what is not set is missing."""
    codes = {item.code for item in pack.tables}
    return choose(pack.tables, _rows(codes, [place], day), place, residence)


def standard(code: str, place: str, day: date, residence: str | None = None) -> Standard | None:
    """One standard at a place on a day, or None where nobody has set it."""
    return nearest(_rows([code], [place], day)[code], place, residence)


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
    codes = {item.code for pack in packs.values() for item in pack.tables}
    rows = _rows(codes, places, day)
    asides = overruled or {}
    return {
        key: run(
            packs[place],
            facts,
            day=day,
            standards=choose(packs[place].tables, rows, place, facts.get(RESIDENCE)),
            place=place,
            overruled=asides.get(key),
        )
        for key, (place, facts) in subjects.items()
    }


def determine_sql(pack: Pack, given: Relation, lists: Mapping[str, Relation], day: date) -> Statement:
    """The statement that determines every subject of a relation by a pack, with the standards of the day."""
    return build(pack, given, lists, _standards_relation(pack, day), day=day)


def _standards_relation(pack: Pack, day: date) -> Relation:
    codes = sorted({item.code for item in pack.tables})
    rows = Parameter.objects.filter(code__in=codes, valid__contains=day).order_by()
    path = Coalesce(F("org"), Value(""), output_field=CharField())
    return relation(rows.values("code", "residence", "amount", "number", path=path))


def relation(rows: QuerySet[Any, Any], known: Sequence[str] = ()) -> Relation:
    """A `.values(...)` queryset as a relation; it must yield the columns Relation asks for."""
    sql, params = rows.query.sql_with_params()
    columns = [*rows.query.values_select, *rows.query.annotation_select, *known]
    return Relation(sql, params, frozenset(columns))


def reproduce(explanation: Explanation) -> Explanation:
    """Run a kept determination again: the same pack by hash, the same facts, the same standards."""
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
    )
