"""Household files: applications, assessments, visits, notices, files, aid lists and awards."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped

from . import flow

CLASSES = [
    ("deep", _("深度困难")),
    ("relative", _("相对困难")),
    ("accident", _("意外致困")),
    ("none", _("不符合条件")),
]
#: What an assessment can come to: a class, a closing clause, or facts that are missing.
RESULTS = [*CLASSES, ("excluded", _("不予建档")), ("unknown", _("待补充"))]
#: The classes a file can have.
FILED = ("deep", "relative", "accident")
#: The states of an application that is not decided yet: a household has one at most.
UNDER_WAY = ("draft", "submitted", "returned", "noticed")


#: The wide columns of a record, which lists leave out.
KEPT = ("facts", "standards", "overruled", "outcome")


class Determined(Scoped):
    """A determination as it was, so that it can be made again: see `determination.kept`.

    The pack by its hash; the facts and the standards it rested on; the exclusions set aside, with the
    reason; and what came out (shapes: policy.keeping). Explanations are made from it on demand.
    """

    pack_hash = models.CharField(max_length=64)
    facts = models.JSONField()
    standards = models.JSONField()
    overruled = models.JSONField(default=dict)
    outcome = models.JSONField()

    class Meta:
        abstract = True


class Assessment(Determined):
    """What the policy said of a household on a day, on the facts known at the end of `known_on`."""

    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="assessments")
    as_of = models.DateField(verbose_name=_("认定基准日"))
    known_on = models.DateField()
    pack = models.CharField(max_length=64)
    pack_version = models.IntegerField()
    result = models.CharField(max_length=16, choices=RESULTS)
    monthly_per_head = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["household", "-id"], name="assessment_household")]


@tracked
class Application(Scoped):
    """A household's application to be filed, brought in by a union officer."""

    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="applications")
    state = models.CharField(
        max_length=12, choices=flow.APPLICATION.choices, default=flow.APPLICATION.initial
    )
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    officer = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    applied_on = models.DateField()
    due_on = models.DateField(null=True)
    returned_because = models.TextField(blank=True)
    refused_because = models.TextField(blank=True)
    decided_on = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["household"],
                condition=Q(state__in=UNDER_WAY),
                name="application_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="application_return_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refused_because=""), name="application_refuse_reason"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "refused"], decided_on__isnull=False)
                | (~Q(state__in=["approved", "refused"]) & Q(decided_on__isnull=True)),
                name="application_decided",
            ),
        ]
        indexes = [models.Index(fields=["org", "state", "-id"], name="application_org_state")]
        triggers = [flow.APPLICATION.guard_trigger()]


class Visit(Scoped):
    """A home visit and what was found against what was declared.

    `key` was made on the visitor's phone: a visit sent twice is one. Where it was made is kept only with
    the family's consent (`agreed`), in degrees (WGS 84) and metres of doubt.
    """

    class Finding(models.TextChoices):
        AGREES = "agrees", _("与申报一致")
        DIFFERS = "differs", _("有变化")
        UNVERIFIED = "unverified", _("无法核实")

    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="visits")
    application = models.ForeignKey(Application, models.PROTECT, null=True, related_name="visits")
    visited_on = models.DateField(verbose_name=_("入户日期"))
    visitors = models.CharField(max_length=80, verbose_name=_("入户人员"))
    finding = models.CharField(max_length=12, choices=Finding.choices, verbose_name=_("与申报是否一致"))
    note = models.TextField(verbose_name=_("情况说明"))
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    key = models.UUIDField(null=True)
    agreed = models.BooleanField(default=False, db_default=False, verbose_name=_("同意拍照和定位"))
    latitude = models.DecimalField(max_digits=8, decimal_places=6, null=True, verbose_name=_("纬度"))
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True, verbose_name=_("经度"))
    doubt = models.PositiveIntegerField(null=True, verbose_name=_("定位误差（米）"))

    class Meta:
        ordering = ["-visited_on", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["staff", "key"], name="visit_sent_once"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True, doubt__isnull=True)
                | Q(
                    agreed=True,
                    latitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__isnull=False,
                    longitude__range=(-180, 180),
                ),
                name="visit_place_agreed",
            ),
        ]
        indexes = [models.Index(fields=["household", "-visited_on"], name="visit_household")]


class Notice(Scoped):
    """A public notice that stands for the half-open period [since, until).

    It is put up on `since`, which is not counted, and stands to the end of the last working day.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="notices")
    since = models.DateField()
    until = models.DateField()
    working_days = models.PositiveSmallIntegerField()
    phone = models.CharField(max_length=20, verbose_name=_("监督电话"))
    place = models.CharField(max_length=80, blank=True, verbose_name=_("张贴地点"))
    withdrawn = models.BooleanField(default=False)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="notice_period"),
            models.UniqueConstraint(
                fields=["application"], condition=Q(withdrawn=False), name="notice_one_live"
            ),
        ]


class Objection(Scoped):
    """An objection raised during a notice; it stops the decision until it is settled."""

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections")
    by = models.CharField(max_length=60, verbose_name=_("反映人"))
    text = models.TextField(verbose_name=_("反映内容"))
    received_on = models.DateField()
    settled_on = models.DateField(null=True)
    outcome = models.TextField(blank=True, verbose_name=_("处理结果"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True) | ~Q(outcome=""), name="objection_outcome"
            )
        ]


@tracked
class File(Scoped):
    """The household's live file: one a household (一户一档); its number never changes.

    `assessment` is empty while the class is still the one the application came to.
    """

    number = models.CharField(max_length=32, unique=True, verbose_name=_("档案号"))
    household = models.ForeignKey("registry.Household", models.PROTECT, related_name="files")
    application = models.OneToOneField(Application, models.PROTECT, related_name="file")
    state = models.CharField(max_length=12, choices=flow.FILE.choices, default=flow.FILE.initial)
    clazz = models.CharField(max_length=12, choices=CLASSES[:3], verbose_name=_("困难类别"))
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    opened_on = models.DateField(verbose_name=_("建档日期"))
    closed_on = models.DateField(null=True, verbose_name=_("退出日期"))
    closed_because = models.CharField(max_length=200, blank=True)
    reopened = models.BooleanField(default=False, verbose_name=_("返困"))
    #: The union officer who looks after the household.
    officer = models.ForeignKey(
        "orgs.Staff", models.PROTECT, null=True, related_name="+", verbose_name=_("联系干部")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["household"], condition=Q(state="open"), name="file_one_live"),
            models.CheckConstraint(
                condition=Q(state="open", closed_on__isnull=True)
                | Q(state="closed", closed_on__isnull=False),
                name="file_closed",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True)
                | (Q(closed_on__gte=F("opened_on")) & ~Q(closed_because="")),
                name="file_closed_why",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "state", "clazz", "-id"], name="file_org_state"),
            models.Index(fields=["org", "-id"], name="file_org"),
            models.Index(fields=["org", "opened_on"], name="file_opened"),
            models.Index(fields=["org", "closed_on"], name="file_closed_on"),
            models.Index(
                fields=["org", "-id"], condition=Q(state="open", officer__isnull=True), name="file_no_officer"
            ),
        ]
        triggers = [flow.FILE.guard_trigger()]

    @property
    def basis(self) -> Assessment | None:
        """The determination the present class rests on."""
        return self.assessment or self.application.assessment


class AidList(Scoped):
    """A list of awards of one programme, decided in one go."""

    programme = models.CharField(max_length=32)
    title = models.CharField(max_length=80, verbose_name=_("名单名称"))
    year = models.SmallIntegerField(verbose_name=_("年度"))
    as_of = models.DateField(verbose_name=_("认定基准日"))
    fund = models.ForeignKey("ledger.Fund", models.PROTECT, related_name="+", verbose_name=_("资金"))
    state = models.CharField(max_length=12, choices=flow.AID_LIST.choices, default=flow.AID_LIST.initial)
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    returned_because = models.TextField(blank=True)
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    decided_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="aidlist_return_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(decided_on__isnull=False), name="aidlist_decided"
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="aidlist_org")]
        triggers = [flow.AID_LIST.guard_trigger()]


class Award(Determined):
    """What one household is to get on a list: the amount and how it was computed.

    `cap` is the most the household may have of the programme in the year; empty when the pack sets none.
    """

    aid_list = models.ForeignKey(AidList, models.PROTECT, related_name="awards")
    file = models.ForeignKey(File, models.PROTECT, related_name="awards")
    programme = models.CharField(max_length=32)
    year = models.SmallIntegerField()
    amount = MoneyField(verbose_name=_("金额"))
    cap = MoneyField(null=True, verbose_name=_("年度上限"))
    state = models.CharField(max_length=12, choices=flow.AWARD.choices, default=flow.AWARD.initial)
    paid_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["aid_list", "file"], name="award_once_a_list"),
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="award_positive"),
            models.CheckConstraint(condition=~Q(state="paid") | Q(paid_on__isnull=False), name="award_paid"),
        ]
        indexes = [
            models.Index(fields=["org", "programme", "-id"], name="award_org"),
            models.Index(fields=["org", "paid_on"], name="award_paid_on"),
            models.Index(fields=["file", "-id"], name="award_file"),
        ]
        triggers = [flow.AWARD.guard_trigger()]


class Omission(Determined):
    """An open file that a list leaves out, and why: excluded, something unknown, or nothing due."""

    aid_list = models.ForeignKey(AidList, models.CASCADE, related_name="omissions")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    result = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["aid_list", "file"], name="omission_once")]
        indexes = [models.Index(fields=["aid_list", "id"], name="omission_list")]
