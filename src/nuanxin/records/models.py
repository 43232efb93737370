"""The audit trail, jobs with progress, files and numbering."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

#: Acts by which somebody saw what is nobody's business without a reason: a full number shown; a document
#: opened; a list taken out; cards given to a bank; a question to the whole tree whether somebody is
#: registered elsewhere. The index below is for them; other acts come after hundreds between two of these.
LOOKS = (
    "identity.revealed",
    "attachment.seen",
    "list.exported",
    "payments.cards_revealed",
    "registry.looked_up",
)


class Entry(Scoped):
    """One line of the audit trail: who did, saw or revealed what, and why.

    Append-only. Each node has its own chain: `number` counts without gaps and `digest` covers the
    line and the digest before it, so a line changed or taken out shows. The trigger fills both.
    """

    chain = models.BigIntegerField(editable=False)
    number = models.BigIntegerField(editable=False)
    at = models.DateTimeField(editable=False, db_default=models.functions.Now())
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("orgs.Post", models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=64)
    kind = models.CharField(max_length=64, blank=True)
    subject = models.BigIntegerField(null=True)
    note = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    digest = models.BinaryField(editable=False, max_length=32)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="entry_chain")]
        indexes = [
            models.Index(fields=["org", "-id"], name="entry_org"),
            models.Index(fields=["kind", "subject", "id"], name="entry_subject"),
            models.Index(
                fields=["-id"], include=["action", "org"], name="entry_looks", condition=Q(action__in=LOOKS)
            ),
        ]


class ChainHead(models.Model):
    """The last number and digest of a node's chain; locked while a line is added."""

    chain = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.chain}:{self.number}"


class JobRun(Scoped):
    """A piece of long work somebody started: what, how far, and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("失败")
        CANCELLED = "cancelled", _("已取消")

    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    post = models.ForeignKey("orgs.Post", models.PROTECT, null=True, related_name="+")
    task = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    done = models.IntegerField(default=0)
    total = models.IntegerField(default=0)
    error = models.TextField(blank=True)
    result_url = models.CharField(max_length=200, blank=True)
    cancel_asked = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["org", "-id"], name="jobrun_org")]


class Attachment(Scoped):
    """A document belonging to a record; the bytes lie in the file store under their hash.

    A removed one is kept as a row, with who took it away and why; its bytes go when no other row needs them.
    """

    kind = models.CharField(max_length=64)
    subject = models.BigIntegerField()
    category = models.CharField(max_length=24, verbose_name=_("材料种类"))
    name = models.CharField(max_length=120, verbose_name=_("文件名"))
    sha256 = models.CharField(max_length=64)
    size = models.IntegerField()
    content_type = models.CharField(max_length=60)
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)
    removed = models.DateTimeField(null=True)
    removed_by = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    removed_because = models.CharField(max_length=200, blank=True, db_default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(removed__isnull=True, removed_because="")
                | Q(removed__isnull=False) & ~Q(removed_because=""),
                name="attachment_removed_why",
            )
        ]
        indexes = [
            models.Index(fields=["kind", "subject"], name="attachment_subject"),
            models.Index(fields=["sha256"], name="attachment_bytes"),
        ]


class Counter(models.Model):
    """Running numbers without gaps, by series (for example the file numbers of a county and year)."""

    series = models.CharField(max_length=64, primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"
