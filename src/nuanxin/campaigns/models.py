"""Send-warmth drives, who is to be visited with what, and the signed visits."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped

from . import flow


class Target(models.TextChoices):
    """Who is consoled; the classes of the Send Warmth table (domain.md §5)."""

    HARDSHIP = "hardship", _("困难职工")
    MIGRANT = "migrant", _("农民工")
    MODEL = "model", _("劳动模范")
    FRONTLINE = "frontline", _("一线职工")
    EPIDEMIC = "epidemic", _("疫情防控一线职工")
    NEW_FORMS = "new_forms", _("新就业形态劳动者")


class Drive(Scoped):
    """A drive such as New Year and Spring Festival: what each recipient gets, and from which fund."""

    name = models.CharField(max_length=80, verbose_name=_("活动名称"))
    theme = models.CharField(max_length=80, blank=True, verbose_name=_("主题"))
    starts_on = models.DateField(verbose_name=_("开始日期"))
    ends_on = models.DateField(verbose_name=_("结束日期"))
    fund = models.ForeignKey("ledger.Fund", models.PROTECT, related_name="+", verbose_name=_("资金"))
    cash = MoneyField(verbose_name=_("每人慰问金"))
    gift = models.CharField(max_length=60, blank=True, verbose_name=_("慰问品"))
    gift_value = MoneyField(default=Money(0), verbose_name=_("慰问品每份价值"))
    state = models.CharField(max_length=12, choices=flow.DRIVE.choices, default=flow.DRIVE.initial)
    process = models.ForeignKey("approvals.Process", models.PROTECT, null=True, related_name="+")
    maker = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    returned_because = models.TextField(blank=True)
    decided_on = models.DateField(null=True)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="drive_period"),
            models.CheckConstraint(
                condition=Q(cash__gte=Money(0), gift_value__gte=Money(0)), name="drive_amounts"
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="drive_org")]
        triggers = [flow.DRIVE.guard_trigger()]

    def __str__(self) -> str:
        return self.name


class Recipient(Scoped):
    """A family, a worker without a file, or a group on a drive.

    A group has a headcount, or none known, and no list of names; its gifts have a value but no
    payment (domain.md §7).
    """

    class Kind(models.TextChoices):
        FILE = "file", _("在档家庭")
        WORKER = "worker", _("未建档职工")
        GROUP = "group", _("集体慰问")

    drive = models.ForeignKey(Drive, models.PROTECT, related_name="recipients")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    target = models.CharField(max_length=12, choices=Target.choices, verbose_name=_("慰问对象"))
    file = models.ForeignKey("casework.File", models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=80, verbose_name=_("姓名或集体名称"))
    pinyin = models.CharField(max_length=120, db_collation="C", editable=False, blank=True)
    headcount = models.PositiveIntegerField(null=True, verbose_name=_("人数"))
    cash = MoneyField(verbose_name=_("慰问金"))
    gifts = models.PositiveIntegerField(default=0, verbose_name=_("慰问品份数"))
    gift_value = MoneyField(default=Money(0), verbose_name=_("慰问品价值"))
    bank = models.CharField(max_length=60, blank=True)
    branch = models.CharField(max_length=100, blank=True)
    card_cipher = models.BinaryField(editable=False, null=True)
    card_hash = models.BinaryField(editable=False, max_length=32, null=True)
    card_mask = models.CharField(max_length=24, editable=False, blank=True)
    state = models.CharField(max_length=12, choices=flow.RECIPIENT.choices, default=flow.RECIPIENT.initial)
    paid_on = models.DateField(null=True)
    visited_on = models.DateField(null=True)
    visitor = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    visit_note = models.TextField(blank=True)
    signed_name = models.CharField(max_length=60, blank=True)
    signature = models.BinaryField(null=True)
    visit_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drive", "person"], name="recipient_once"),
            models.CheckConstraint(
                condition=Q(kind="file", file__isnull=False, person__isnull=False, headcount=1)
                | Q(kind="worker", file__isnull=True, person__isnull=False, headcount=1)
                | Q(kind="group", file__isnull=True, person__isnull=True),
                name="recipient_kind",
            ),
            models.CheckConstraint(
                condition=Q(cash=Money(0)) | Q(card_cipher__isnull=False), name="recipient_card"
            ),
            models.CheckConstraint(
                condition=~Q(state="visited")
                | (Q(visited_on__isnull=False, visitor__isnull=False) & ~Q(signed_name="")),
                name="recipient_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "drive", "state"], name="recipient_org_drive"),
            models.Index(fields=["org", "visited_on"], name="recipient_visited"),
        ]
        triggers = [flow.RECIPIENT.guard_trigger()]
