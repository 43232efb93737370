"""A survey of families without a file: listed by the county, looked up by the unions, some not yet."""

from django.db.models import QuerySet
from django.utils import timezone

from nuanxin.casework import services as casework
from nuanxin.casework.models import Survey, Surveyed

from .cast import Cast
from .machinery import Agenda

#: What was found, in the order it is written down; the first begins an application, the others say why not.
FOUND = (
    ("apply", ""),
    ("decline", "户主表示家中困难已缓解，不愿公示个人情况，暂不申请。"),
    ("clear", "已入户核实：户主上月在园区就业，收入高于登记数，不符合建档条件。"),
    ("lose", "三次上门无人，电话停机，邻居称全家已外出务工。"),
    ("apply", ""),
)
TITLE = "%s年困难家庭摸底排查"
TWICE = "与去年入户核查重复，移出清单。"


class Surveys:
    """The survey of one county."""

    def __init__(self, cast: Cast, agenda: Agenda, reviewer: str) -> None:
        self.cast, self.agenda, self.reviewer = cast, agenda, reviewer

    def plan(self, made: int, found: int, answered: int) -> None:
        """Plan a survey made so many days ago, and that later so many of its households were looked up."""
        self.agenda.on(self.agenda.ago(made), self._make)
        self.agenda.on(self.agenda.ago(found), self._look_up, answered)

    def _make(self) -> None:
        with self.cast.acting(self.reviewer):
            casework.make_survey(title=TITLE % timezone.localdate().year)

    def _rows(self) -> QuerySet[Surveyed]:
        """The households not looked up yet, those of the first unions first."""
        survey = Survey.objects.get(state="open")
        return survey.households.filter(state="open").select_related("household").order_by("org", "pk")

    def _look_up(self, number: int) -> None:
        with self.cast.acting(self.reviewer):
            twice = self._rows().filter(pk=max(self._rows().values_list("pk", flat=True)))
            casework.lapse_surveyed(survey=Survey.objects.get(state="open"), rows=twice, reason=TWICE)
            rows = list(self._rows()[::2][:number])
        for place, row in enumerate(rows):
            action, reason = FOUND[place % len(FOUND)]
            with self.cast.acting(str(row.org_id)):
                if action == "apply":
                    casework.file_surveyed(row=row)
                else:
                    casework.settle_surveyed(row=row, action=action, reason=reason)
