"""The household's file."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.history import tracked
from nuanxin.orgs.models import Scoped

from .. import flow
from .applications import Application, Assessment
from .base import CLASSES


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

    def origin(self, year: int) -> str:
        """Where the file stands in a year: stock of earlier years, new, or returned to difficulty in it."""
        if self.opened_on.year < year:
            return "stock"
        return "returned" if self.reopened else "new"

    @property
    def basis(self) -> Assessment | None:
        """The determination the present class rests on."""
        return self.assessment or self.application.assessment


class FileStandard(Scoped):
    """That a file meets one of the standards that stand side by side (国家级、省级 …), in [since, until)."""

    class Standard(models.TextChoices):
        NATIONAL = "national", _("国家级")
        PROVINCIAL = "provincial", _("省级")
        CITY = "city", _("市级")
        COUNTY = "county", _("县级")
        GRASSROOTS = "grassroots", _("基层")

    file = models.ForeignKey(File, models.PROTECT, related_name="standards")
    standard = models.CharField(max_length=12, choices=Standard.choices, verbose_name=_("建档标准"))
    since = models.DateField()
    until = models.DateField(null=True)
    assessment = models.ForeignKey(Assessment, models.PROTECT, null=True, related_name="+")
    because = models.CharField(max_length=200, blank=True)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["file", "standard"], condition=Q(until__isnull=True), name="filestandard_one_live"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="filestandard_period"
            ),
        ]
