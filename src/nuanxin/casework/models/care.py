"""Looking after a file: what the family needs, who does what by when, and who is paired with it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import OrgField, Scoped

from .. import flow
from .files import File


class NeedKind(models.TextChoices):
    LIVING = "living", _("生活")
    MEDICAL = "medical", _("医疗")
    SCHOOLING = "schooling", _("就学")
    WORK = "work", _("就业")
    TRAINING = "training", _("培训")
    LEGAL = "legal", _("法律")
    HOUSING = "housing", _("住房")
    COUNSELLING = "counselling", _("心理")


class Need(Scoped):
    """Something a family needs, on one of three tracks (分级帮扶)."""

    Kind = NeedKind

    class Track(models.TextChoices):
        GENERAL = "general", _("一般困难")
        SUDDEN = "sudden", _("突发困难")
        OUTSTANDING = "outstanding", _("突出困难")

    file = models.ForeignKey(File, models.PROTECT, related_name="needs")
    kind = models.CharField(max_length=12, choices=Kind.choices, verbose_name=_("需求"))
    track = models.CharField(max_length=12, choices=Track.choices, verbose_name=_("帮扶等级"))
    note = models.TextField(verbose_name=_("具体情况"))
    found_on = models.DateField(verbose_name=_("提出日期"))
    met_on = models.DateField(null=True, verbose_name=_("解决日期"))
    outcome = models.TextField(blank=True, verbose_name=_("结果"))
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["file", "kind"], condition=Q(met_on__isnull=True), name="need_one_open"
            ),
            models.CheckConstraint(
                condition=Q(met_on__isnull=True) | (Q(met_on__gte=F("found_on")) & ~Q(outcome="")),
                name="need_outcome",
            ),
        ]


class Task(Scoped):
    """What somebody does about a need by a day: a member of staff, or a department beside the tree.

    The unit it was handed to sees this row and nothing else of the family, so the row carries what the
    unit has to know: the kind of need, and in `told` what was written for it.
    """

    class Result(models.TextChoices):
        DONE = "done", _("已办理")
        CANNOT = "cannot", _("无法办理")

    need = models.ForeignKey(Need, models.PROTECT, related_name="tasks")
    kind = models.CharField(max_length=12, choices=NeedKind.choices, verbose_name=_("需求"))
    what = models.CharField(max_length=200, verbose_name=_("措施"))
    told = models.TextField(blank=True, verbose_name=_("提供给承办方的情况"))
    staff = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("责任人")
    )
    #: The department or unit it was handed to.
    unit = OrgField(null=True, db_column="unit_path", verbose_name=_("责任单位"))
    state = models.CharField(max_length=12, choices=flow.TASK.choices, default=flow.TASK.initial)
    due_on = models.DateField(verbose_name=_("完成期限"))
    result = models.CharField(max_length=8, choices=Result.choices, blank=True, verbose_name=_("答复结果"))
    answer = models.TextField(blank=True, verbose_name=_("办理情况"))
    answered_on = models.DateField(null=True, verbose_name=_("答复日期"))
    answered_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    returned_because = models.TextField(blank=True)
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(staff__isnull=False) | Q(unit__isnull=False), name="task_somebody"
            ),
            models.CheckConstraint(
                condition=Q(state="open", answered_on__isnull=True)
                | (~Q(state="open") & Q(answered_on__isnull=False) & ~Q(answer="")),
                name="task_answered",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "dropped"])
                | Q(state="answered", result__in=["done", "cannot"], answered_by__isnull=False)
                | Q(state="done", result="done", answered_by__isnull=False),
                name="task_result",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "due_on"], condition=Q(state="open"), name="task_open"),
            models.Index(fields=["unit", "state", "due_on"], name="task_unit"),
            models.Index(fields=["staff", "due_on"], condition=Q(state="open"), name="task_staff"),
        ]
        triggers = [flow.TASK.guard_trigger()]


class Pairing(Scoped):
    """A leader or a unit paired with a file (结对帮扶) in [since, until); the officer is the file's."""

    file = models.ForeignKey(File, models.PROTECT, related_name="pairings")
    leader = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("结对领导")
    )
    unit = OrgField(null=True, db_column="unit_path", verbose_name=_("结对单位"))
    since = models.DateField(verbose_name=_("结对日期"))
    until = models.DateField(null=True)
    ended_because = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(leader__isnull=False, unit__isnull=True)
                | Q(leader__isnull=True, unit__isnull=False),
                name="pairing_one",
            ),
            models.UniqueConstraint(
                fields=["file"],
                condition=Q(until__isnull=True, leader__isnull=False),
                name="pairing_one_leader",
            ),
            models.UniqueConstraint(
                fields=["file"],
                condition=Q(until__isnull=True, unit__isnull=False),
                name="pairing_one_unit",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | (Q(until__gte=F("since")) & ~Q(ended_because="")),
                name="pairing_ended_why",
            ),
        ]
        indexes = [
            models.Index(fields=["leader", "until"], name="pairing_leader"),
            models.Index(fields=["unit", "until"], name="pairing_unit"),
            models.Index(fields=["org", "-id"], name="pairing_org"),
        ]
