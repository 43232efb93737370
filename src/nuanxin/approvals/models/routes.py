"""Routes: the steps a matter takes, as data."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, OrgField

from .. import flow


class StepKind(models.TextChoices):
    """What happens at a step: votes that check or decide, or a public notice, which has none."""

    CHECK = "check", _("审核")
    NOTICE = "notice", _("公示")
    DECIDE = "decide", _("审批")


class WhenMissing(models.TextChoices):
    """What becomes of a step whose level the subject's place does not have."""

    UP = "up", _("由上一级办理")
    SKIP = "skip", _("略过这一步")


class Route(models.Model):
    """A version of a route. `org` empty: it holds everywhere. The nearest place counts, as with packs.

    In force it never changes (a trigger), but for its end, where a successor begins. One delivered with
    the program names nobody; a person's own is activated by somebody else.
    """

    code = models.CharField(max_length=40, verbose_name=_("代码"))
    title = models.CharField(max_length=60, verbose_name=_("名称"))
    title_en = models.CharField(max_length=100, verbose_name=_("英文名称"))
    org = OrgField(null=True, verbose_name=_("适用地区"))
    valid = DateRangeField(verbose_name=_("有效期"))
    state = models.CharField(max_length=12, choices=flow.ROUTE.choices, default=flow.ROUTE.initial)
    made_by = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("编制人")
    )
    activated_by = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("启用人")
    )
    activated = models.DateTimeField(null=True, verbose_name=_("启用时间"))
    returned_because = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["code", "-id"]
        constraints = [
            ExclusionConstraint(
                name="route_one_at_a_time",
                expressions=[
                    ("code", RangeOperators.EQUAL),
                    (Coalesce(F("org"), Value("")), RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
                condition=Q(state="in_force"),
            ),
            models.CheckConstraint(condition=Q(valid__isempty=False), name="route_some_time"),
            models.CheckConstraint(
                condition=Q(made_by__isnull=True) | ~Q(activated_by=F("made_by")), name="route_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state="in_force")
                | Q(made_by__isnull=True)
                | Q(activated_by__isnull=False, activated__isnull=False),
                name="route_activated",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="route_return_reason"
            ),
        ]
        triggers = [flow.ROUTE.guard_trigger()]

    def __str__(self) -> str:
        return self.local_title

    @property
    def local_title(self) -> str:
        return self.title_en if self.title_en and (get_language() or "").startswith("en") else self.title


class Step(models.Model):
    """What a step of a route and its copy on a process have in common.

    `needed` different people who hold `permission` at the node of the `level` have to pass it, within
    `days` working days; later, with `escalate`, the next unit above may as well. A notice has no votes.
    """

    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=24, verbose_name=_("代码"))
    title = models.CharField(max_length=40, verbose_name=_("名称"))
    title_en = models.CharField(max_length=80, verbose_name=_("英文名称"))
    kind = models.CharField(max_length=8, choices=StepKind.choices, verbose_name=_("办理方式"))
    level = models.CharField(max_length=12, choices=Node.Kind.choices, verbose_name=_("层级"))
    permission = models.CharField(max_length=64, blank=True, verbose_name=_("权限"))
    needed = models.PositiveSmallIntegerField(default=1, verbose_name=_("所需人数"))
    days = models.PositiveSmallIntegerField(null=True, blank=True, verbose_name=_("办理时限（工作日）"))
    escalate = models.BooleanField(default=False, verbose_name=_("逾期后上级可以办理"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.local_title

    @property
    def local_title(self) -> str:
        return self.title_en if self.title_en and (get_language() or "").startswith("en") else self.title


def whole(prefix: str) -> list[models.CheckConstraint]:
    """A step with votes names a permission and needs one at least; a notice has neither."""
    return [
        models.CheckConstraint(
            condition=Q(kind="notice", permission="", needed=0)
            | (~Q(kind="notice") & ~Q(permission="") & Q(needed__gte=1)),
            name=f"{prefix}_votes",
        ),
        models.CheckConstraint(condition=Q(position__gte=1), name=f"{prefix}_position"),
    ]


class RouteStep(Step):
    """A step of a route: taken only above the amount `over`, and only for one of the `classes`, if set."""

    route = models.ForeignKey(Route, models.CASCADE, related_name="steps")
    over: MoneyField[Money | None, Money | None] = MoneyField(
        null=True, blank=True, verbose_name=_("金额超过（元）")
    )
    classes = ArrayField(
        models.CharField(max_length=24), default=list, blank=True, verbose_name=_("适用类别")
    )
    when_missing = models.CharField(
        max_length=4, choices=WhenMissing.choices, default=WhenMissing.UP, verbose_name=_("没有该层级时")
    )

    class Meta:
        ordering = ["route", "position"]
        constraints = [
            *whole("routestep"),
            models.UniqueConstraint(
                fields=["route", "position"],
                name="routestep_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(fields=["route", "code"], name="routestep_code_once"),
        ]

    @property
    def conditional(self) -> bool:
        """Some matters pass it by."""
        return self.over is not None or bool(self.classes) or self.when_missing == WhenMissing.SKIP
