"""Families that leave difficulty, each for another reason, with what follows: taper, recovery, watch."""

from datetime import date

from django.db.models import Exists, OuterRef
from django.utils import timezone

from nuanxin.casework import services as casework
from nuanxin.casework.models import Award, Exit, File, Guarantee, Recovery, Watch
from nuanxin.casework.services import Evidence
from nuanxin.casework.services.exits import paid_to
from nuanxin.kernel.money import Money
from nuanxin.registry.models import Household

from .cases import Office
from .cast import Cast
from .machinery import Agenda

Kind, Item = Exit.Kind, Guarantee.Item

REASONS = {
    Kind.LIFTED: "户主已在园区稳定就业，月人均收入连续六个月高于低保标准。",
    Kind.RELIEVED: "病情稳定，加上各项救助，家庭月均收入已达到当地低保标准。",
    Kind.DEATH: "户主因病去世，子女已由亲属赡养，家庭不再共同生活。",
    Kind.MOVED: "全家随子女迁往外省居住，户口已迁出。",
    Kind.FRAUD: "隐瞒名下经营用房的租金收入，经核对属实。",
    Kind.OTHER: "户主已调离本系统，本人书面申请退出。",
}
#: Each item of the checklist: whether it is met, and what was seen.
CHECKED: dict[str, tuple[str, str]] = {
    Item.FOOD: ("yes", "入户查看，米面油充足。"),
    Item.CLOTHING: ("yes", "入户查看，四季衣被齐全。"),
    Item.JOB: ("yes", "查看劳动合同和近六个月工资流水。"),
    Item.MEDICAL: ("yes", "全家参加医保，本年缴费凭证齐全。"),
    Item.SCHOOLING: ("not_needed", "家中没有在读学生，或在读学生均在校。"),
    Item.INSURANCE: ("yes", "核对社保缴费记录，已连续缴费。"),
    Item.HOUSING: ("yes", "住房安全，租约或产权证明齐全。"),
}
#: In yuan a head: the first month's income, and by how much each month was better than the one before.
INCOME, RISE = 980, 15
FORMER = 480
RETURNED = "请补充近两个月的工资流水，并写明就业单位。"
BECAUSE = {
    Watch.Kind.BORDERLINE: "月人均收入略高于低保标准，户主就业不稳定，列入边缘易致困户。",
    Watch.Kind.STRUCK: "户主突发脑梗住院，自付费用较高，列入突发严重困难户。",
}
SEEN = ("收入稳定，家人身体尚好，暂无返困风险。", "户主务工收入略有下降，继续关注。")


class Leaving:
    """Exits of one county: proposed at the unions, decided in the county."""

    def __init__(self, cast: Cast, agenda: Agenda, office: Office) -> None:
        self.cast, self.agenda, self.office = cast, agenda, office
        self.reviewer, self.decider = office.reviewer, office.decider

    def plan(self, day: date, kind: str, until: str = "approved", months: int = 0) -> None:
        """Plan one exit, up to a state, with so many months of taper; deceit is paid back in full."""
        self.agenda.on(day, self._leave, kind, until, months)

    def _leave(self, kind: str, until: str, months: int) -> None:
        file = self._file(kind)
        with self.cast.acting(file.org_id):
            row = casework.propose_exit(
                file=file,
                kind=kind,
                reason=REASONS[Kind(kind)],
                evidence=_evidence(file.household, kind),
                taper_months=months,
                former=Money.yuan(FORMER) if months else None,
                reclaimed=paid_to(file) if kind == Kind.FRAUD else None,
            )
            if until == "draft":
                return
            row = casework.submit_exit(exit=row)
        if until in ("approved", "returned"):
            with self.cast.acting(self.decider):
                self._answer(row, until)

    def _answer(self, row: Exit, until: str) -> None:
        if until == "approved":
            casework.approve_exit(exit=row)
        else:
            casework.return_exit(exit=row, reason=RETURNED)

    def _file(self, kind: str) -> File:
        """The oldest but the first, without money on its way or an exit; of deceit one that had aid."""
        with self.cast.acting(self.reviewer):
            mine = Award.objects.filter(file=OuterRef("pk"))
            free = File.objects.filter(state="open", reopened=False, exits__isnull=True)
            waiting = mine.filter(state__in=["approved", "returned", "proposed"])
            free = free.exclude(household=self.office.first).exclude(Exists(waiting))
            if kind == Kind.FRAUD:
                free = free.filter(Exists(mine.filter(state="paid")))
            return free.select_related("household").order_by("opened_on", "-pk")[0]

    def repay(self, day: date, yuan: int) -> None:
        """Plan that part of what was had by deceit comes back."""
        self.agenda.on(day, self._repay, yuan)

    def _repay(self, yuan: int) -> None:
        with self.cast.acting(self.reviewer):
            row = Recovery.objects.filter(closed_on__isnull=True).latest("pk")
            casework.repay(recovery=row, amount=Money.yuan(yuan), note="本人到县总工会退回第一笔，已开收据。")

    def watch(self, day: date, kind: str) -> None:
        """Plan that a family without a file is watched."""
        self.agenda.on(day, self._watch, kind)

    def _watch(self, kind: str) -> None:
        ((household, _union),) = self.office.choose(1, filed=False)
        with self.cast.acting(self.reviewer):
            home = Household.objects.get(pk=household)
            casework.begin_watch(household=home, kind=kind, because=BECAUSE[Watch.Kind(kind)])

    def visit(self, day: date) -> None:
        """Plan the visits that are due to whom is watched, but for the last of them."""
        self.agenda.on(day, self._visit)

    def _visit(self) -> None:
        today = timezone.localdate()
        with self.cast.acting(self.reviewer):
            due = Watch.objects.filter(until__isnull=True, next_on__lte=today).order_by("next_on", "pk")
            homes = [watch.household for watch in due.select_related("household")][:-1]
        for place, home in enumerate(homes):
            with self.cast.acting(home.org_id) as officer:
                casework.record_visit(
                    household=home, visited_on=today, visitors=f"{officer.name}、工会委员",
                    finding="agrees", note=SEEN[place % len(SEEN)],
                )  # fmt: skip


def _evidence(home: Household, kind: str) -> Evidence | None:
    """Six months above the line, and the checklist; where the cause remains, the family is relieved only."""
    if kind not in (Kind.LIFTED, Kind.RELIEVED):
        return None
    people = home.people or 1
    incomes = [Money.yuan((INCOME + RISE * month) * people) for month in range(6)]
    return Evidence(kind == Kind.LIFTED, incomes, CHECKED)
