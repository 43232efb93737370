"""Send-warmth drives, who is to be visited with what, and the signed visits."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.casework.models import Visit
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
            models.CheckConstraint(condition=~Q(gift="") | Q(gift_value=Money(0)), name="drive_gift"),
            models.CheckConstraint(
                condition=~Q(state="returned") | ~Q(returned_because=""), name="drive_return_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "closed"])
                | Q(decided_on__isnull=False, process__isnull=False),
                name="drive_decided",
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="drive_org")]
        triggers = [flow.DRIVE.guard_trigger()]

    def __str__(self) -> str:
        return self.name


class Recipient(Scoped):
    """A family, a worker without a file, or a group on a drive, with the payee as they were when added.

    A group has a headcount, or none known, and no list of names; its gifts have a value but no
    payment (domain.md §7). `org` is the union that visits. Name, ID hash and card are copies: the
    person may be registered, or move, outside the scope of those who visit.
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
    id_hash = models.BinaryField(editable=False, max_length=32, null=True)
    id_mask = models.CharField(max_length=18, editable=False, blank=True, verbose_name=_("身份证号"))
    phone_mask = models.CharField(max_length=20, editable=False, blank=True, verbose_name=_("手机"))
    name = models.CharField(max_length=60, verbose_name=_("姓名或集体名称"))
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
    paid_on = models.DateField(null=True, verbose_name=_("到卡日期"))
    visited_on = models.DateField(null=True, verbose_name=_("走访日期"))
    visitor = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    gifts_delivered = models.PositiveIntegerField(default=0, verbose_name=_("送达份数"))
    finding = models.CharField(
        max_length=12, choices=Visit.Finding.choices, blank=True, verbose_name=_("与申报是否一致")
    )
    visit_note = models.TextField(blank=True, verbose_name=_("情况说明"))
    signed_name = models.CharField(max_length=60, blank=True, verbose_name=_("签收人"))
    signature = models.BinaryField(null=True)
    visit_key = models.UUIDField(null=True, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drive", "person"], name="recipient_once"),
            models.UniqueConstraint(
                fields=["drive", "name"], condition=Q(kind="group"), name="recipient_group_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="file", file__isnull=False, person__isnull=False, id_hash__isnull=False, headcount=1
                )
                | Q(
                    kind="worker", file__isnull=True, person__isnull=False, id_hash__isnull=False, headcount=1
                )
                | (Q(kind="group", file__isnull=True, person__isnull=True) & ~Q(headcount=0)),
                name="recipient_kind",
            ),
            models.CheckConstraint(
                condition=Q(cash__gte=Money(0), gift_value__gte=Money(0))
                & (Q(cash__gt=Money(0)) | Q(gifts__gt=0)),
                name="recipient_amounts",
            ),
            models.CheckConstraint(
                condition=Q(cash=Money(0)) | Q(card_cipher__isnull=False, card_hash__isnull=False),
                name="recipient_card",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="visited", visited_on__isnull=False, visitor__isnull=False)
                    & Q(visit_key__isnull=False, gifts_delivered__lte=F("gifts"))
                    & ~Q(signed_name="")
                    & ~Q(finding="")
                )
                | (
                    ~Q(state="visited")
                    & Q(visited_on__isnull=True, visit_key__isnull=True, gifts_delivered=0)
                ),
                name="recipient_signed",
            ),
            models.CheckConstraint(
                condition=Q(paid_on__isnull=True) | (Q(cash__gt=Money(0)) & ~Q(state="planned")),
                name="recipient_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "drive", "state"], name="recipient_org_drive"),
            models.Index(fields=["org", "visited_on"], name="recipient_visited"),
            models.Index(fields=["org", "paid_on"], name="recipient_paid_on"),
        ]
        triggers = [
            flow.RECIPIENT.guard_trigger(),
            # the list that was approved is the list that is paid and visited
            pgtrigger.Trigger(
                name="recipient_list_open",
                operation=pgtrigger.Insert
                | pgtrigger.Delete
                | pgtrigger.UpdateOf("drive_id", "person_id", "cash", "gifts", "gift_value", "card_cipher"),
                when=pgtrigger.Before,
                declare=[("list_id", "bigint")],
                func="""
                    IF TG_OP = 'DELETE' THEN list_id := OLD.drive_id; ELSE list_id := NEW.drive_id; END IF;
                    IF NOT EXISTS (SELECT 1 FROM campaigns_drive
                                   WHERE id = list_id AND state IN ('draft', 'returned')) THEN
                        RAISE EXCEPTION 'recipients change only while their drive is being prepared'
                            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'recipient_list_open';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_group(self) -> bool:
        return self.kind == self.Kind.GROUP
