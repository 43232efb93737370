"""Employers, and the membership of persons in unions."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.history import tracked
from nuanxin.orgs.models import OrgField, Scoped

from .people import Person

#: The shape of a GB 32100 code; its check character is seen to by kernel.identity.
CREDIT_CODE = "^[0-9A-HJ-NPQRTUWXY]{18}$"


@tracked
class Employer(Scoped):
    """An enterprise or other employer, once in the tree by its credit code (GB 32100)."""

    name = models.CharField(max_length=120, verbose_name=_("单位名称"))
    pinyin = models.CharField(max_length=240, db_collation="C", editable=False)
    initials = models.CharField(max_length=60, db_collation="C", editable=False)
    credit_code = models.CharField(
        max_length=18, unique=True, null=True, blank=True, verbose_name=_("统一社会信用代码")
    )
    #: The grassroots union of its workers, where there is one.
    union = OrgField(null=True, db_column="union_path", verbose_name=_("基层工会"))
    nature = models.CharField(max_length=24, blank=True, verbose_name=_("单位性质"))
    state = models.CharField(max_length=24, blank=True, verbose_name=_("单位状况"))
    industry = models.CharField(max_length=40, blank=True, verbose_name=_("所属行业"))
    address = models.CharField(max_length=200, blank=True, verbose_name=_("地址"))
    contact = models.CharField(max_length=60, blank=True, verbose_name=_("联系人"))
    telephone = models.CharField(max_length=20, blank=True, verbose_name=_("联系电话"))
    headcount = models.PositiveIntegerField(null=True, blank=True, verbose_name=_("职工人数"))
    closed_on = models.DateField(null=True, blank=True, verbose_name=_("注销日期"))
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["org", "pinyin"], name="employer_org_pinyin"),
            models.Index(fields=["union"], name="employer_union"),
            models.Index(
                fields=["org", "-id"],
                condition=Q(union__isnull=True, closed_on__isnull=True),
                name="employer_unorganised",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(credit_code__isnull=True) | Q(credit_code__regex=CREDIT_CODE),
                name="employer_credit_code",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="employer_named"),
        ]

    def __str__(self) -> str:
        return self.name


class Enrolment(Scoped):
    """Workers taken into a union (`org`) at once, from a list; what came of the list is its receipt.

    An event held for several unions has one title and day. Rows never change.
    """

    title = models.CharField(max_length=80, verbose_name=_("活动名称"))
    held_on = models.DateField(verbose_name=_("入会日期"))
    founded = models.BooleanField(default=False, verbose_name=_("本次新建工会"))
    form = models.CharField(max_length=12, verbose_name=_("用工形式"))
    listed = models.PositiveIntegerField()
    joined = models.PositiveIntegerField()
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["org", "held_on"], name="enrolment_org")]
        constraints = [
            models.CheckConstraint(condition=Q(joined__lte=F("listed")), name="enrolment_joined"),
            models.CheckConstraint(condition=~Q(title=""), name="enrolment_titled"),
        ]

    def __str__(self) -> str:
        return self.title


@tracked
class Membership(Scoped):
    """A person in a grassroots union (`org`) from a day until before another; one live union a person.

    Workers in new forms of employment join the union of a place or trade without an employer.
    """

    class Form(models.TextChoices):
        EMPLOYED = "employed", _("单位职工")
        COURIER = "courier", _("快递员")
        RIDER = "rider", _("网约配送员")
        DRIVER = "driver", _("网约车司机")
        TRUCKER = "trucker", _("货车司机")
        FLEXIBLE = "flexible", _("其他灵活就业")

    class Left(models.TextChoices):
        TRANSFER = "transfer", _("转会")
        RETIRED = "retired", _("退休")
        RESIGNED = "resigned", _("退会")
        DIED = "died", _("去世")
        MISTAKE = "mistake", _("误登记")

    person = models.ForeignKey(Person, models.PROTECT, related_name="unions")
    employer = models.ForeignKey(Employer, models.PROTECT, null=True, blank=True, related_name="members")
    enrolment = models.ForeignKey(Enrolment, models.PROTECT, null=True, related_name="members")
    form = models.CharField(max_length=12, choices=Form.choices, verbose_name=_("用工形式"))
    joined_on = models.DateField(verbose_name=_("入会日期"))
    left_on = models.DateField(null=True, verbose_name=_("离会日期"))
    left_because = models.CharField(
        max_length=12, choices=Left.choices, blank=True, verbose_name=_("离会原因")
    )
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(left_on__isnull=True), name="membership_one_union"
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True, left_because="")
                | Q(left_on__gte=F("joined_on")) & ~Q(left_because=""),
                name="membership_period",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-id"], name="membership_org"),
            models.Index(fields=["org", "form"], condition=Q(left_on__isnull=True), name="membership_live"),
            models.Index(fields=["org", "joined_on"], name="membership_joined"),
        ]
