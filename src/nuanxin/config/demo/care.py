"""Looking after the filed: leaders and units paired with families, their visits, needs and measures."""

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from nuanxin.casework import services as casework
from nuanxin.casework.models import File, Need, Task
from nuanxin.orgs.models import Node, Staff

from .cast import Cast
from .machinery import Agenda
from .tree import County, bureau_code
from .wants import Answer, Do, Want

#: What visits of a leader found.
SEEN = (
    "一家人精神不错，药按时吃，孩子成绩稳定。",
    "户主已按约定参加面试，家里缺一床厚被，下次带来。",
    "老人身体尚好，盼望把门诊报销再问清楚。",
    "住房漏雨处已报修，暂时搬到东屋。",
)
REOPENED = "只电话通知了本人，请写明培训班的开班日期和地点。"


class Care:
    """One county's plans and pairs: stated by the unions, answered by the bureaux, visited by leaders."""

    def __init__(self, cast: Cast, agenda: Agenda, county: County, reviewer: str) -> None:
        self.cast, self.agenda, self.county, self.reviewer = cast, agenda, county, reviewer
        self._files: list[int] = []

    def pair(self, leaders: dict[str, int], first: int, home: Node) -> None:
        """Leaders get so many families each, the union at home its own of them, the county the others.

        `first` is the household that always comes first.
        """
        with self.cast.acting(self.reviewer):
            self._files = self._choose(sum(leaders.values()), first, home)
            begin = 0
            for who, number in leaders.items():
                theirs = File.objects.filter(pk__in=self._files[begin : begin + number])
                casework.pair(files=theirs, leader=Staff.objects.get(username=who))
                begin += number
            mine = File.objects.filter(pk__in=self._files)
            casework.pair(files=mine.filter(org=home), unit=home)
            casework.pair(files=mine.exclude(org=home), unit=self.cast.node(self.reviewer))

    def _choose(self, number: int, first: int, home: Node) -> list[int]:
        """The first household's file and some of the same union, the rest of others; lately opened ones."""
        rows = File.objects.filter(state="open").order_by("-opened_on", "pk")
        begin = list(rows.filter(household=first).values_list("pk", flat=True))
        near = rows.filter(org=home).exclude(pk__in=begin).values_list("pk", flat=True)
        far = rows.exclude(org=home).exclude(pk__in=begin).values_list("pk", flat=True)
        begin += near[: number // 2 - len(begin)]
        return [*begin, *far[: number - len(begin)]]

    def visits(self, who: str, days: Sequence[tuple[int, int]]) -> None:
        """Plan a leader's visits: (the family's place among those chosen, days back)."""
        for turn, (place, ago) in enumerate(days):
            self.agenda.on(self.agenda.ago(ago), self._visit, who, place, SEEN[turn % len(SEEN)])

    def _visit(self, who: str, place: int, note: str) -> None:
        with self.cast.acting(who) as leader:
            file = File.objects.select_related("household").get(pk=self._files[place])
            casework.record_visit(
                household=file.household,
                visited_on=timezone.localdate(),
                visitors=f"{leader.name}、基层工会干部",
                finding="agrees",
                note=note,
            )

    def plan(self, wants: Sequence[Want]) -> None:
        """Plan what families need, with the measures and their answers."""
        for want in wants:
            self.agenda.on(self.agenda.ago(want.days), self._state, want)

    def _state(self, want: Want) -> None:
        with self.cast.acting(self.reviewer):
            file = File.objects.get(pk=self._files[want.family])
            need = casework.state_need(file=file, kind=want.kind, track=want.track, note=want.note)
            for do in want.do:
                due = self.agenda.today - timedelta(days=do.due)
                task = casework.plan_task(
                    need=need, what=do.what, due_on=due, unit=self._unit(do.who), told=do.told
                )
                if do.answer:
                    self.agenda.on(self.agenda.ago(do.answer.days), self._answer, task.pk, do, do.answer)
        if want.met:
            days, outcome = want.met
            self.agenda.on(self.agenda.ago(days), self._meet, need.pk, outcome)

    def _unit(self, number: int) -> Node:
        return self.cast.nodes[bureau_code(self.county, number) if number else self.county.code]

    def _answer(self, pk: int, do: Do, answer: Answer) -> None:
        with self.cast.acting(self._unit(do.who).path if do.who else self.reviewer):
            task = Task.objects.get(pk=pk)
            casework.answer_task(task=task, result=answer.result, answer=answer.text)
        with self.cast.acting(self.reviewer):
            task = Task.objects.get(pk=pk)
            if answer.then == "accept":
                casework.accept_task(task=task)
            elif answer.then == "reopen":
                casework.reopen_task(task=task, reason=REOPENED)

    def _meet(self, pk: int, outcome: str) -> None:
        with self.cast.acting(self.reviewer):
            casework.meet_need(need=Need.objects.get(pk=pk), outcome=outcome)
