"""What home visits found, item by item, beside what was declared."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from nuanxin.orgs.models import Scoped

from .checks import Visit


class Found(Scoped):
    """One item of a visit's checklist: what the file said at that moment, and what the visit found.

    The question is copied, so that it reads the same when the checklist changes. `declared` and `found` are
    kept as answers are (answers.py), null for unknown or not verified. `agrees` is null where there is
    nothing to compare. Written once: the database lets a row change only when what was found is taken over
    into the file, once, and when the household moves to another union.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="found")
    position = models.PositiveSmallIntegerField()
    item = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=160)
    unit = models.CharField(max_length=20, blank=True)
    unit_en = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=8)
    #: The declared fact it was held against (declared.py); empty when there is none.
    fact = models.CharField(max_length=48, blank=True)
    #: The field groups it takes to read it, beside each other with a blank.
    groups = models.CharField(max_length=48, blank=True)
    declared = models.JSONField(null=True)
    found = models.JSONField(null=True)
    agrees = models.BooleanField(null=True)
    note = models.CharField(max_length=200, blank=True)
    taken_on = models.DateField(null=True)
    taken_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["visit", "position"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "item"], name="found_once"),
            models.CheckConstraint(
                condition=Q(fact="", declared__isnull=True, agrees__isnull=True)
                | (~Q(fact="") & Q(found__isnull=True, agrees__isnull=True))
                | (~Q(fact="") & Q(found__isnull=False, agrees__isnull=False)),
                name="found_compared",
            ),
            models.CheckConstraint(
                condition=Q(taken_on__isnull=True, taken_by__isnull=True)
                | Q(agrees=False, taken_on__isnull=False, taken_by__isnull=False),
                name="found_taken",
            ),
        ]

    @property
    def local_title(self) -> str:
        return self.title_en if (get_language() or "").startswith("en") else self.title

    @property
    def local_unit(self) -> str:
        return self.unit_en if (get_language() or "").startswith("en") else self.unit
