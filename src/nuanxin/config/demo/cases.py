"""Applications and files: brought in by the unions' officers, checked and decided in the county."""

import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nuanxin.casework import services as casework
from nuanxin.casework.models import FILED, Application, Assessment, File
from nuanxin.kernel.workdays import add_working_days
from nuanxin.records import services as records
from nuanxin.registry.models import Household

from . import papers
from .cast import Cast
from .machinery import Agenda

#: Working days from one step of an application to the next.
VISIT, SUBMIT, NOTICE, DECIDE = 1, 2, 4, 11
#: How far an application gets.
STEPS = ("draft", "submitted", "noticed", "decided")
NOTES = (
    "家庭收入与申报一致，票据齐全。",
    "户主在家，住房简陋，家电陈旧，收入与申报一致。",
    "邻居和社区均证实家庭困难情况属实。",
    "配偶长期服药，女儿在读，收入主要靠户主一人。",
    "核对了工资流水和医疗票据，与申报一致。",
)
#: One visit in so many finds something that was not declared.
DIFFERING = 3
FOUND_NOTE = "配偶在集镇打零工，未申报；住房面积以房产证为准。"


def _differs(checked: casework.Checked) -> casework.Checked:
    """The checklist of a visit that found odd jobs and a smaller dwelling than was declared."""
    found = {
        "other_income": casework.Answer("differs", "3600", "配偶每月打零工约 300 元"),
        "floor_area": casework.Answer("differs", "58.5", "看了房产证"),
    }
    return casework.Checked(checked.version, {**checked.answers, **found})


class Office:
    """One county's casework: reviewer, decider, the officers below, and the families to choose from."""

    def __init__(self, cast: Cast, agenda: Agenda, rng: random.Random, reviewer: str, decider: str) -> None:
        self.cast, self.agenda, self.rng = cast, agenda, rng
        self.reviewer, self.decider = reviewer, decider
        self.path = cast.node(reviewer).path
        self.first = 0
        self._filed: list[tuple[int, str]] = []
        self._others: list[tuple[int, str]] = []

    def take_stock(self) -> None:
        """Assess every family of the county and remember who may be filed; the first family comes first."""
        with self.cast.acting(self.reviewer):
            casework.assess(households=Household.objects.all())
            stored = Assessment.objects.order_by("household_id")
            rows = list(stored.values_list("household_id", "org_id", "result"))
        self._filed = [(pk, path) for pk, path, result in rows if result in FILED]
        self._others = [(pk, path) for pk, path, result in rows if result == "none"]
        first, rest = self._filed[0], self._filed[1:]
        self.first = first[0]
        self.rng.shuffle(rest)
        self._filed = [first, *rest]

    def choose(self, number: int, at: Collection[str] = (), filed: bool = True) -> list[tuple[int, str]]:
        """So many families not chosen yet, of the unions at these paths when some are named."""
        pool = self._filed if filed else self._others
        chosen = [family for family in pool if not at or family[1] in at][:number]
        for family in chosen:
            pool.remove(family)
        return chosen

    def bring_in(self, families: Sequence[tuple[int, str]], start: date, until: str = "decided") -> None:
        """Plan the way of these families from the application to the step `until`."""
        by_union: dict[str, list[int]] = defaultdict(list)
        for pk, path in families:
            by_union[path].append(pk)
        chosen = [pk for pk, _path in families]
        for path, households in by_union.items():
            self.agenda.on(start, self._start, path, households)
            if until == "draft":
                self.agenda.on(_after(start, VISIT), self._visit, path, households[::2], True)
                continue
            self.agenda.on(_after(start, VISIT), self._visit, path, households, until != "decided")
            self.agenda.on(_after(start, SUBMIT), self._submit, path, households)
        if STEPS.index(until) >= STEPS.index("noticed"):
            self.agenda.on(_after(start, NOTICE), self._notice, chosen)
        if until == "decided":
            self.agenda.on(_after(start, DECIDE), self._decide, chosen)

    def _start(self, union: str, households: list[int]) -> None:
        with self.cast.acting(union):
            casework.start_many(households=households)

    def _visit(self, union: str, households: list[int], full: bool) -> None:
        with self.cast.acting(union) as officer:
            for place, application in enumerate(_open(households, "draft")):
                checked = casework.as_declared(application.home)
                visitors = f"{officer.name}、{self.rng.choice(('工会委员', '社区网格员', '女工委员'))}"
                finding, note = "agrees", self.rng.choice(NOTES)
                if place % DIFFERING == DIFFERING - 1:
                    finding, note, checked = "differs", FOUND_NOTE, _differs(checked)
                casework.record_visit(
                    household=application.home,
                    application=application,
                    visited_on=timezone.localdate(),
                    visitors=visitors,
                    finding=finding,
                    note=note,
                    checked=checked,
                )
                for paper in papers.for_case(application.home.main_cause, full):
                    upload = SimpleUploadedFile(paper.name, paper.body)
                    records.attach(subject=application, category=paper.category, upload=upload)

    def _submit(self, union: str, households: list[int]) -> None:
        with self.cast.acting(union):
            for application in _open(households, "draft"):
                casework.submit(application=application)

    def _notice(self, households: list[int]) -> None:
        node = self.cast.node(self.reviewer)
        with self.cast.acting(self.reviewer):
            for application in _open(households, "submitted"):
                casework.pass_to_notice(
                    application=application,
                    phone=node.supervision_phone,
                    place=f"{application.org.name}公示栏",
                )

    def _decide(self, households: list[int]) -> None:
        with self.cast.acting(self.decider):
            done = casework.approve_many(applications=_open(households, "noticed"))
        for _application, why in done.refused:
            raise why

    def send_back(self, families: Sequence[tuple[int, str]], day: date, reason: str) -> None:
        """Plan the reviewer's return of submitted applications."""
        self.agenda.on(day, self._send_back, [pk for pk, _path in families], reason)

    def _send_back(self, households: list[int], reason: str) -> None:
        with self.cast.acting(self.reviewer):
            for application in _open(households, "submitted"):
                casework.return_application(application=application, reason=reason)

    def refuse(self, families: Sequence[tuple[int, str]], day: date, reason: str) -> None:
        """Plan the decider's refusal of submitted applications."""
        self.agenda.on(day, self._refuse, [pk for pk, _path in families], reason)

    def _refuse(self, households: list[int], reason: str) -> None:
        with self.cast.acting(self.decider):
            for application in _open(households, "submitted"):
                casework.refuse(application=application, reason=reason)

    def object_to(self, families: Sequence[tuple[int, str]], day: date) -> None:
        """Plan an objection to the first of the running notices."""
        self.agenda.on(day, self._object, families[0][0])

    def _object(self, household: int) -> None:
        with self.cast.acting(self.reviewer):
            (application,) = _open([household], "noticed")
            casework.record_objection(
                notice=application.notices.get(withdrawn=False),
                source="letter",
                text="反映该户长子在外地有稳定工作，请核实家庭收入。",
                received_on=timezone.localdate(),
            )

    def settle(self, families: Sequence[tuple[int, str]], day: date) -> None:
        """Plan that the objection to the first of the notices is settled."""
        self.agenda.on(day, self._settle, families[0][0])

    def _settle(self, household: int) -> None:
        with self.cast.acting(self.decider):
            (application,) = _open([household], "noticed")
            (objection,) = application.notices.get(withdrawn=False).objections.all()
            casework.settle_objection(
                objection=objection,
                finding="not_upheld",
                outcome="入户并向用工单位核实：其长子月收入一千九百元，已计入家庭收入，认定结论不变。",
            )

    def return_to_difficulty(self, day: date) -> None:
        """Plan that one family whose difficulty had ended applies again and is filed again."""
        self.agenda.on(day, self._return_one, day)

    def _return_one(self, day: date) -> None:
        with self.cast.acting(self.reviewer):
            file = File.objects.filter(state="closed", exits__kind="lifted").order_by("pk").first()
        if file is not None:
            self.bring_in([(file.household_id, file.org_id)], day)


def _after(day: date, steps: int) -> date:
    return add_working_days(day, steps)


def _open(households: Sequence[int], state: str) -> list[Application]:
    rows = Application.objects.filter(household__in=households, state=state)
    return list(rows.select_related("household", "org").order_by("pk"))
