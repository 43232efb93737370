"""Who may not speak on a matter, and who stands in for whom."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

from .processes import Process


class Kin(models.Model):
    """An ID number a member of staff declared: their own, or a relative's, as a keyed hash and masked.

    Whoever is among the people a matter concerns, or has kin among them, has no vote on it. Only the
    member of staff reads the rows (a policy); submissions find them by hash, through a function.
    """

    class Relation(models.TextChoices):
        SELF = "self", _("本人")
        SPOUSE = "spouse", _("配偶")
        PARENT = "parent", _("父母")
        CHILD = "child", _("子女")
        SIBLING = "sibling", _("兄弟姐妹")
        OTHER = "other", _("其他亲属")

    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="kin")
    relation = models.CharField(max_length=8, choices=Relation.choices, verbose_name=_("与本人关系"))
    id_hash = models.BinaryField(editable=False, max_length=32, db_index=True)
    id_mask = models.CharField(max_length=24, verbose_name=_("身份证号"))
    declared = models.DateTimeField(auto_now_add=True)
    withdrawn = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "id_hash"], condition=Q(withdrawn__isnull=True), name="kin_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_relation_display()} {self.id_mask}"


class Barred(Scoped):
    """A member of staff who has no vote in a process, and why; never changed or taken back."""

    class Why(models.TextChoices):
        KIN = "kin", _("本人或亲属是当事人")
        DECLARED = "declared", _("申报利益冲突")
        MAKER = "maker", _("曾经办该事项")

    process = models.ForeignKey(Process, models.PROTECT, related_name="barred")
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    why = models.CharField(max_length=8, choices=Why.choices)
    reason = models.TextField(blank=True)
    by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["process", "staff"], name="barred_once"),
            models.CheckConstraint(
                condition=~Q(why="declared") | (~Q(reason="") & Q(by__isnull=False)), name="barred_reason"
            ),
        ]


class Deputy(models.Model):
    """Somebody stands in for the holder of a post, in [since, until) or until it is ended.

    `post` is the deputy's own for that time, with the role and the node of the holder's: everything a
    post is bound by binds it, incompatible roles first of all. Votes from it name the holder.
    """

    holder = models.ForeignKey("orgs.Post", models.PROTECT, related_name="deputies")
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+", verbose_name=_("代办人"))
    post = models.OneToOneField("orgs.Post", models.PROTECT, related_name="deputy")
    since = models.DateField(verbose_name=_("起始日期"))
    until = models.DateField(verbose_name=_("截止日期"))
    reason = models.CharField(max_length=200, blank=True, verbose_name=_("事由"))
    named = models.DateTimeField(auto_now_add=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="deputy_period"),
            ExclusionConstraint(
                name="deputy_one_at_a_time",
                expressions=[
                    ("holder", RangeOperators.EQUAL),
                    (
                        Func(F("since"), F("until"), function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(ended__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff} · {self.holder}"
