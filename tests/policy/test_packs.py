"""The packs delivered: proven by both runners, and their situations notice any change of a line."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from nuanxin.casework import relations as casework
from nuanxin.casework.models import File
from nuanxin.ledger.models import Fund
from nuanxin.policy import queries, services
from nuanxin.policy.engine.explanation import Clause
from nuanxin.policy.engine.faults import PackError
from nuanxin.policy.engine.pack import EXCLUDED, UNKNOWN, Pack, Situation
from nuanxin.policy.engine.reading import load, load_file
from nuanxin.policy.engine.situations import compare, explain_situation, outcome, prove
from nuanxin.policy.engine.tables import load_standards
from nuanxin.policy.engine.tree import RESIDENCE
from nuanxin.registry.roster.codes import CODE_LISTS

from . import relations

FILES = sorted(settings.PACKS.glob("*.yaml")) + sorted(settings.PACKS.glob("library/*/*.yaml"))
NAMES = [str(path.relative_to(settings.PACKS)) for path in FILES]
PACKS = {name: load_file(path) for name, path in zip(NAMES, FILES, strict=True)}
each_pack = pytest.mark.parametrize("pack", PACKS.values(), ids=NAMES)
each_file = pytest.mark.parametrize("path", FILES, ids=NAMES)


def test_what_is_delivered():
    programmes = {pack.programme for name, pack in PACKS.items() if "library" not in name}
    assert programmes == {
        "filing", "living-aid", "medical-aid", "schooling-aid", "golden-autumn", "temporary-aid",
        "accident-aid", "send-warmth", "holiday-goods", "taper", "rent-relief", "exit",
        "major-illness-aid", "holiday-subsidy", "front-line-aid", "closed-firm-aid", "mutual-medical",
        "major-disease-insurance", "startup-loan", "fee-refund",
    }  # fmt: skip
    assert len({(pack.code, pack.version) for pack in PACKS.values()}) == len(PACKS)
    assert all(pack.place == "all" for name, pack in PACKS.items() if "library" not in name)


@each_pack
def test_enough_situations_with_titles_of_their_own(pack: Pack):
    prove(pack)
    assert len(pack.situations) >= 15
    for language in ("zh", "en"):
        titles = [situation.title.in_(language) for situation in pack.situations]
        assert len(set(titles)) == len(titles)


# -- the same in PostgreSQL ------------------------------------------------------------------------


def groups(pack: Pack) -> Iterator[list[Situation]]:
    """Situations of one day under one set of standards, as one statement takes them."""
    found = defaultdict(list)
    for situation in pack.situations:
        found[situation.day, tuple(sorted(situation.standards.items()))].append(situation)
    yield from found.values()


def computed(pack: Pack, situations: list[Situation]) -> list[dict[str, Any]]:
    """What one statement makes of these situations, in their order."""
    cases = [situation.facts for situation in situations]
    statement = relations.statement(pack, cases, situations[0].standards, situations[0].day)
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.params)
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return [relations.outcome(pack, row) for row in sorted(rows, key=lambda row: row["subject"])]


@pytest.mark.django_db
@each_pack
def test_one_statement_says_the_same(pack: Pack):
    for situations in groups(pack):
        for situation, got in zip(situations, computed(pack, situations), strict=True):
            compare(situation, got)
            assert got == outcome(explain_situation(pack, situation)), situation.title.en


# -- nothing of a pack without a situation ---------------------------------------------------------


def parts(pack: Pack) -> set[tuple[Any, ...]]:
    """Everything a situation can bring about: grounds, exclusions, benefits, caps."""
    found: set[tuple[Any, ...]] = {("excluded", item.code) for item in pack.exclusions}
    for place, decision in enumerate(pack.decisions):
        found |= {("decided", place, number) for number in range(len(decision.grounds))}
    for benefit in pack.benefits:
        found |= {("paid", benefit.code, result) for result in benefit.results}
        found |= {("cut", benefit.code, cap.code) for cap in benefit.caps}
    return found


def brought_about(pack: Pack, situation: Situation) -> Iterator[tuple[Any, ...]]:
    told = explain_situation(pack, situation)
    yield from (("excluded", clause.code) for clause in told.exclusions if clause.holds)
    if told.result in (EXCLUDED, UNKNOWN):
        return
    place, clause = next((i, c) for i, c in enumerate(told.decisions) if c.reached and c.holds)
    yield from (("decided", place, number) for number in grounds_met(clause))
    for benefit in told.benefits:
        yield "paid", benefit.code, told.result
        yield from (("cut", benefit.code, cap.code) for cap in benefit.caps if cap.bit)


def grounds_met(clause: Clause) -> list[int]:
    return [number for number, ground in enumerate(clause.grounds or (clause,)) if ground.holds]


@each_pack
def test_every_part_is_met_by_a_situation(pack: Pack):
    met = {part for situation in pack.situations for part in brought_about(pack, situation)}
    assert parts(pack) - met == set()


@each_pack
def test_what_is_missing_never_decides(pack: Pack):
    """Without a fact or a standard a situation comes out as before or unknown, and each is needed once."""
    noted = {name for item in pack.exclusions if not item.blocks for name in item.when.support}
    for name in [*pack.facts, *(item.name for item in pack.tables)]:
        needed = False
        for situation in pack.situations:
            before, after = (
                outcome(explain_situation(pack, case)) for case in (situation, without(pack, situation, name))
            )
            for what in ("result", *(key for key in before if key.startswith("benefit "))):
                assert name in noted or after.get(what) in (before[what], UNKNOWN, None), situation.title.en
            needed = needed or after["result"] != before["result"]
        assert needed, name


def without(pack: Pack, situation: Situation, name: str) -> Situation:
    """The situation with one fact or standard not known; the residence takes its standards along."""
    gone = {name} | {item.name for item in pack.tables if item.by_residence and name == RESIDENCE}
    facts = {key: value for key, value in situation.facts.items() if key not in gone}
    standards = {key: value for key, value in situation.standards.items() if key not in gone}
    return replace(situation, facts=facts, standards=standards)


# -- no line can move unseen -----------------------------------------------------------------------

_SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "=": "!=", " and ": " or ", " or ": " and "}
_SIGN = re.compile(r"<=|>=|<|>|=| and | or ")
_FORMULA = re.compile(r"\s+(?:- )?(?:when|is|at_most|amount): ?(.*)$")
_OTHER_KEY = re.compile(r"\s+(?:- )?\w+:")
_CONSTANT = re.compile(r"type: (money|number), value: ([\d.]+)")


def changed(text: str) -> Iterator[tuple[str, str]]:
    """What was done and the pack with one sign of a formula turned, or one constant moved a little."""
    rules, situations = text.split("\nordinary:")
    lines = rules.split("\n")
    folded = False
    for number, line in enumerate(lines):
        formula = _FORMULA.match(line)
        folded = formula.group(1) == ">-" if formula else folded and not _OTHER_KEY.match(line)
        swaps = list(line_swaps(line, formula.start(1) if formula else 0)) if formula or folded else []
        for new in [*swaps, *constant_moves(line)]:
            rest = "\n".join([*lines[:number], new, *lines[number + 1 :]])
            yield f"{number + 1}: {new.strip()}", f"{rest}\nordinary:{situations}"


def line_swaps(line: str, start: int) -> Iterator[str]:
    for sign in _SIGN.finditer(line, start):
        if sign[0] != ">" or line[sign.end() :].strip() != "-":  # ">-" folds the lines below
            yield line[: sign.start()] + _SWAPS[sign[0]] + line[sign.end() :]


def constant_moves(line: str) -> Iterator[str]:
    """A constant one fen or one hundredth away, or one away when it is a whole number."""
    if found := _CONSTANT.search(line):
        value = Decimal(found[2])
        step = Decimal("0.01") if found[1] == "money" or "." in found[2] else Decimal(1)
        for moved in (value - step, value + step):
            yield line[: found.start(2)] + str(moved) + line[found.end(2) :]


@each_file
def test_situations_notice_every_changed_line(path: Path):
    """A sign turned, or a constant moved by one fen or one unit, makes a situation fail."""
    changes = list(changed(path.read_text(encoding="utf-8")))
    assert changes
    for what, text in changes:
        with pytest.raises(PackError):
            prove(load(text.encode(), path.name))
            pytest.fail(f"{path.name}:{what}")


# -- figures that were published -------------------------------------------------------------------


def paid(name: str, benefit: str, **facts: Any) -> Decimal:
    """What a model of the library pays with a line of 620 yuan, other facts as in its ordinary case."""
    pack = PACKS[f"library/{name}.yaml"]
    usual = pack.situations[0]
    case = replace(usual, facts={**usual.facts, **facts})
    assert case.standards == {"dibao_urban": Decimal(620)}
    found: Decimal = outcome(explain_situation(pack, case))[f"benefit {benefit}"]
    return found


def test_jingmen():
    """12 and 10 months of a line of 620 yuan."""
    assert paid("jingmen/living-aid", "living", file_class="deep") == Decimal(7440)
    assert paid("jingmen/living-aid", "living", file_class="relative") == Decimal(6200)
    assert paid("jingmen/living-aid", "living", file_class="accident") == Decimal(6200)
    assert paid("jingmen/schooling-aid", "schooling", stage="higher") == Decimal(6200)
    assert paid("jingmen/schooling-aid", "schooling", stage="compulsory") == Decimal(3000)


@pytest.mark.django_db
def test_the_standard_of_2016_gives_way_to_the_three_classes():
    services.load_packs()
    days = [date(2015, 12, 31), date(2016, 1, 1), date(2020, 12, 31), date(2021, 1, 1)]
    found = [queries.pack_in_force("filing", "1/", day) for day in days]
    assert [pack and pack.code for pack in found] == [
        None, "filing.national-2016", "filing.national-2016", "filing.three-class",
    ]  # fmt: skip
    limit = queries.standard("holiday_goods_limit", "1/", days[-1])
    assert limit is not None and limit.value == 1500


def test_starting_standards_are_asked_for_somewhere():
    held = {row.code for path in settings.PACKS.glob("standards/*.yaml") for row in load_standards(path).rows}
    asked = {item.code for pack in PACKS.values() for item in pack.tables}
    casework = {"notice_working_days", "review_working_days", "watch_days", "pairing_visit_days"}
    casework |= {"survey_margin", "survey_days"}
    registry = {
        "school_begin_month", "school_age_primary", "school_age_senior", "school_age_higher"
    }  # fmt: skip
    programmes = {"union_grant_limit", "equipment_grant_limit"}
    assert held - asked == casework | registry | programmes  # limits and queues of their own


# -- what packs ask, and of whom -------------------------------------------------------------------

#: Facts of households the registry and the files do not hold: the applicant states them.
STATED = {
    "filing.national-2016": {"months_below", "savings", "investments"},
    "filing.yunnan": {"months_below", "savings", "investments"},
    "taper.months": {"exited_on", "taper_months", "former_monthly", "granted_since_exit"},
    "living-aid.by-class": {"other_kinds"},
    "exit.two-ways": {"aid_monthly", "cause_gone", "incomes", "guarantees"},
    "medical-aid.malong": {"major_illness"},
}
#: Facts an official fills in, not the person concerned.
OFFICIAL = {"asked", "worth", "form"}


@pytest.mark.django_db
@each_pack
def test_households_are_asked_only_what_the_program_does_not_know(pack: Pack):
    if pack.subject == "household":
        given = casework.of_files(File.objects.all(), pack.programme, date(2024, 1, 1))
        known = given.subjects.columns | set(given.lists)
        assert set(pack.facts) - known == STATED.get(pack.code, set())


@each_pack
def test_every_fact_has_its_question(pack: Pack):
    silent = {fact.name for fact in pack.facts.values() if fact.ask is None}
    assert silent <= OFFICIAL
    for fact in pack.facts.values():
        if fact.ask:
            assert fact.ask.en.endswith((".", "?")) and fact.ask.zh.endswith(("？", "。"))


@each_pack
def test_codes_are_those_of_the_file_form(pack: Pack):
    """A value the form can hold and a pack does not know would be unknown to it."""
    for codes, form in (("cause", "cause"), ("focus_group", "focus_group"), ("residence", "residence")):
        if codes in pack.codes:
            assert set(pack.codes[codes]) == {item.code for item in CODE_LISTS[form].items}
    if "file_class" in pack.codes:
        classes = {item.code for item in CODE_LISTS["hardship_class"].items}
        assert set(pack.codes["file_class"]) == {*classes, "none"}
    if pack.programme == "filing":
        assert set(pack.results) == {"deep", "relative", "accident", "none"}


@each_pack
def test_every_benefit_names_its_funds(pack: Pack):
    """Central special funds pay real-name files' living, medical and schooling aid, and nothing else."""
    for benefit in pack.benefits:
        assert benefit.funds and set(benefit.funds) <= set(Fund.Source.values)
        central = Fund.Source.FISCAL_CENTRAL in benefit.funds
        allowed = pack.programme in ("living-aid", "medical-aid", "schooling-aid")
        assert central == (allowed and benefit.code != "illness")
