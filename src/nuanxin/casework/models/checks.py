"""How an application is checked: home visits, public notices, objections."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

from .applications import Application


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
    #: The version of the checklist it went by, empty without one; what it found stands in Found.
    checklist = models.CharField(max_length=48, blank=True, db_default="")

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

    It is put up on `since`, which is not counted, and stands to the end of the last working day, by the
    unit of its `step`: an application may have one in the grassroots union and one in the county.
    """

    application = models.ForeignKey(Application, models.PROTECT, related_name="notices")
    since = models.DateField()
    until = models.DateField()
    working_days = models.PositiveSmallIntegerField()
    phone = models.CharField(max_length=20, verbose_name=_("监督电话"))
    place = models.CharField(max_length=80, blank=True, verbose_name=_("张贴地点"))
    withdrawn = models.BooleanField(default=False)
    step = models.ForeignKey("approvals.ProcessStep", models.PROTECT, null=True, related_name="+")
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="notice_period"),
            models.UniqueConstraint(
                fields=["application", "step"],
                condition=Q(withdrawn=False),
                nulls_distinct=False,
                name="notice_one_live",
            ),
        ]


class Objection(Scoped):
    """An objection raised during a notice; it stops the decision until a second person settles it.

    Who raised it may stay anonymous (`by` empty); the phone is sealed and masked. What was recorded never
    changes, and what was found is written once, neither by who recorded it nor by who brought the
    application in (triggers of migration 0018). Rows of before have neither source nor recorder.
    """

    class Source(models.TextChoices):
        IN_PERSON = "in_person", _("来访")
        PHONE = "phone", _("来电")
        LETTER = "letter", _("来信")
        ONLINE = "online", _("网上反映")

    class Finding(models.TextChoices):
        UPHELD = "upheld", _("属实")
        NOT_UPHELD = "not_upheld", _("不属实")
        WITHDRAWN = "withdrawn", _("反映人撤回")

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="objections")
    source = models.CharField(
        max_length=12,
        choices=Source.choices,
        blank=True,
        db_default="",
        verbose_name=_("反映方式"),
    )
    by = models.CharField(max_length=60, blank=True, verbose_name=_("反映人"))
    phone_cipher = models.BinaryField(editable=False, null=True)
    phone_mask = models.CharField(max_length=24, blank=True, db_default="")
    text = models.TextField(verbose_name=_("反映内容"))
    received_on = models.DateField()
    recorded_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    recorded = models.DateTimeField(auto_now_add=True, null=True)
    settled_on = models.DateField(null=True)
    settled_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    finding = models.CharField(
        max_length=12,
        choices=Finding.choices,
        blank=True,
        db_default="",
        verbose_name=_("核实结论"),
    )
    outcome = models.TextField(blank=True, verbose_name=_("处理理由"))

    class Meta:
        ordering = ["-received_on", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True) | ~Q(outcome=""), name="objection_outcome"
            ),
            models.CheckConstraint(
                condition=Q(recorded_by__isnull=True)
                | Q(source__in=["in_person", "phone", "letter", "online"]),
                name="objection_source",
            ),
            models.CheckConstraint(
                condition=Q(settled_on__isnull=True, settled_by__isnull=True, finding="")
                | (
                    Q(
                        settled_on__isnull=False,
                        settled_by__isnull=False,
                        finding__in=["upheld", "not_upheld", "withdrawn"],
                    )
                    & ~Q(settled_by=F("recorded_by"))
                )
                | Q(settled_on__isnull=False, settled_by__isnull=True, recorded_by__isnull=True, finding=""),
                name="objection_second_person",
            ),
        ]
        indexes = [
            models.Index(fields=["notice"], condition=Q(settled_on__isnull=True), name="objection_open")
        ]
