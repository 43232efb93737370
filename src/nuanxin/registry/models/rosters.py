"""Rosters: workbooks on their way into the registry."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import OrgField, Scoped
from nuanxin.registry import flow


class Roster(Scoped):
    """An uploaded workbook on its way into the registry.

    `upload` numbers the workbooks: the rows of the newest one read to the end are the staged ones,
    so a corrected workbook takes over in one step and one cut short changes nothing. `file` is where
    the workbook lies until it has been read; it holds full numbers and is deleted then.
    """

    state = models.CharField(max_length=12, choices=flow.ROSTER.choices, default=flow.ROSTER.initial)
    name = models.CharField(max_length=120, verbose_name=_("文件名"))
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=80, blank=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    year = models.SmallIntegerField(verbose_name=_("支出所属年度"))
    place = OrgField(null=True, db_column="place_path", verbose_name=_("默认基层工会"))
    upload = models.IntegerField(default=0)
    households_read = models.IntegerField(default=0)
    members_read = models.IntegerField(default=0)
    faulty = models.IntegerField(default=0)
    warned = models.IntegerField(default=0)
    ready = models.IntegerField(default=0)
    layout = models.JSONField(default=dict)
    problem = models.JSONField(null=True)
    receipts = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)
    committed = models.DateTimeField(null=True)
    undone = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["org", "-id"], name="roster_org")]
        triggers = [flow.ROSTER.guard_trigger()]

    def __str__(self) -> str:
        return self.name


class RosterRow(Scoped):
    """A staged row: what was typed, what it was understood as, and what is wrong with it.

    `problems` come from the row itself, `conflicts` from the other rows and the registry. `broken`:
    an error in the row itself; `faulty`: an error of either kind; `ready`: no row of its household is
    faulty. `head_hash` ties a household together. ID numbers, phones and cards lie sealed, the typed
    ones in `secrets`, so nothing sensitive is in `typed` or `values`.
    """

    roster = models.ForeignKey(Roster, models.CASCADE, related_name="rows")
    upload = models.IntegerField()
    sheet = models.CharField(max_length=10)
    row_no = models.IntegerField()
    head_hash = models.BinaryField(null=True)
    place = models.TextField(null=True, db_collation="C")
    typed = models.JSONField(default=dict)
    secrets = models.BinaryField(null=True)
    values = models.JSONField(default=dict)
    problems = models.JSONField(default=list)
    conflicts = models.JSONField(default=list)
    broken = models.BooleanField(default=False)
    faulty = models.BooleanField(default=False)
    ready = models.BooleanField(default=False)
    id_cipher = models.BinaryField(null=True)
    id_hash = models.BinaryField(null=True)
    phone_cipher = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True)
    contact_cipher = models.BinaryField(null=True)
    card_cipher = models.BinaryField(null=True)
    card_hash = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["roster", "upload", "sheet", "row_no"], name="rosterrow_once")
        ]


class ColumnMapping(Scoped):
    """How the columns of a union's own tables are called: the heading they use, and the column it means."""

    sheet = models.CharField(max_length=10)
    heading = models.CharField(max_length=120)
    column = models.CharField(max_length=40)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, related_name="+")
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "sheet", "heading"], name="columnmapping_once")]

    def __str__(self) -> str:
        return f"{self.heading} → {self.column}"
