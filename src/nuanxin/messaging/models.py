"""Letters and text messages to the people a matter is about, and what they chose about them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from nuanxin.orgs.models import Scoped

from . import flow
from .guards import LETTER, TEXT

CHANNELS = [(TEXT, _("短信")), (LETTER, _("信函"))]
LANGUAGES = [("zh", _("中文")), ("en", "English")]
#: Why a message was not sent, or not yet.
REASONS = [
    ("no_phone", _("没有登记手机号")),
    ("opted_out", _("本人不接收短信")),
    ("no_consent", _("本人未同意接收提醒")),
    ("deceased", _("收件人已去世")),
    ("not_here", _("收件人已转出")),
    ("provider", _("短信通道没有应答")),
    ("rejected", _("短信通道拒收")),
]


class Message(Scoped):
    """One letter or text message to a person or an employer, worded when it was written.

    `event` names what it tells of, so that an event that repeats is told once on each channel. `kind` and
    `subject` say what it is about ("casework.Application", 17). A text goes out from `due` on; who sends it
    holds it until `taken_until`, after which another may take it up. The phone number is nowhere here.
    """

    wording = models.CharField(max_length=40, verbose_name=_("消息内容"))
    channel = models.CharField(max_length=8, choices=CHANNELS, verbose_name=_("方式"))
    language = models.CharField(max_length=2, choices=LANGUAGES, verbose_name=_("语言"))
    person = models.ForeignKey("registry.Person", models.PROTECT, null=True, related_name="+")
    employer = models.ForeignKey("registry.Employer", models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120, verbose_name=_("收件人"))
    event = models.CharField(max_length=120)
    kind = models.CharField(max_length=64, blank=True)
    subject = models.BigIntegerField(null=True)
    text = models.TextField(verbose_name=_("正文"))
    #: The words of the letter that goes in its stead, when a text does not reach who must be told.
    instead = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=flow.MESSAGE.choices, default=flow.MESSAGE.initial)
    due = models.DateTimeField(verbose_name=_("计划发送"))
    attempts = models.PositiveSmallIntegerField(default=0, verbose_name=_("发送次数"))
    taken_until = models.DateTimeField(null=True)
    because = models.CharField(max_length=12, choices=REASONS, blank=True, verbose_name=_("未发送原因"))
    sent = models.DateTimeField(null=True, verbose_name=_("发送时间"))
    provider = models.CharField(max_length=40, blank=True, verbose_name=_("短信通道"))
    reference = models.CharField(max_length=80, blank=True, verbose_name=_("通道回执号"))
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "channel"], name="message_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, employer__isnull=True)
                | Q(person__isnull=True, employer__isnull=False, channel=LETTER),
                name="message_to_one",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent__isnull=False) | ~Q(state="sent") & Q(sent__isnull=True),
                name="message_sent",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["held", "given_up"]) | ~Q(because=""), name="message_why_not"
            ),
            models.CheckConstraint(
                condition=~Q(state="sent", channel=TEXT) | ~Q(provider=""), name="message_through"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="message_says_something"),
        ]
        indexes = [
            models.Index(fields=["org", "state", "-id"], name="message_org_state"),
            models.Index(fields=["org", "-id"], name="message_org"),
            models.Index(
                fields=["org", "due"], condition=Q(state="waiting", channel=TEXT), name="message_due"
            ),
            models.Index(fields=["kind", "subject", "-id"], name="message_about"),
            models.Index(fields=["person", "-id"], name="message_person"),
        ]
        triggers = [flow.MESSAGE.guard_trigger()]

    def __str__(self) -> str:
        return f"{self.event} ({self.channel})"


class Choice(Scoped):
    """What a person said about text messages: whether they want them, and in which language to be told."""

    person = models.OneToOneField("registry.Person", models.PROTECT, related_name="+")
    texts = models.BooleanField(verbose_name=_("接收短信"))
    language = models.CharField(max_length=2, choices=LANGUAGES, default="zh", verbose_name=_("语言"))
    said_on = models.DateField(verbose_name=_("表示日期"))
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    changed = models.DateTimeField(auto_now=True)


class Recorded(Scoped):
    """What the recording provider would have sent, once a message; the number masked."""

    message = models.OneToOneField(Message, models.PROTECT, related_name="recorded")
    number = models.CharField(max_length=20, verbose_name=_("手机"))
    text = models.TextField(verbose_name=_("正文"))
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
