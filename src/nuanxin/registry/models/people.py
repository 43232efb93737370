"""Persons and households.

ID numbers, cards and phones are stored three times for three uses: sealed (`*_cipher`), as a keyed
hash for finding (`*_hash`), and as the mask that pages show (`*_mask`).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked, tracked_to_the_end
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Scoped


class PersonQuerySet(models.QuerySet["Person"]):
    def live(self) -> "PersonQuerySet":
        """Those who are themselves: rows that turned out to be another person are left out."""
        return self.filter(merged_into__isnull=True)


class HouseholdQuerySet(models.QuerySet["Household"]):
    def live(self) -> "HouseholdQuerySet":
        """Those that have not ended."""
        return self.filter(ended_on__isnull=True)


@tracked
class Person(Scoped):
    """A person, once in the whole tree (by ID number)."""

    name = models.CharField(max_length=60, verbose_name=_("姓名"))
    pinyin = models.CharField(max_length=120, db_collation="C", editable=False)
    initials = models.CharField(max_length=30, db_collation="C", editable=False)
    sex = models.CharField(max_length=1, verbose_name=_("性别"))
    born_on = models.DateField(verbose_name=_("出生日期"))
    id_cipher = models.BinaryField(editable=False)
    id_hash = models.BinaryField(editable=False, max_length=32, unique=True)
    id_mask = models.CharField(max_length=18, editable=False, verbose_name=_("身份证号"))
    phone_cipher = models.BinaryField(editable=False, null=True)
    phone_hash = models.BinaryField(editable=False, max_length=32, null=True)
    phone_mask = models.CharField(max_length=20, editable=False, blank=True, verbose_name=_("手机"))
    contact_cipher = models.BinaryField(editable=False, null=True)
    contact_mask = models.CharField(max_length=60, editable=False, blank=True, verbose_name=_("其他联系方式"))
    ethnic = models.CharField(max_length=2, blank=True, verbose_name=_("民族"))
    political = models.CharField(max_length=2, blank=True, verbose_name=_("政治面貌"))
    education = models.CharField(max_length=2, blank=True, verbose_name=_("学历"))
    marriage = models.CharField(max_length=2, blank=True, verbose_name=_("婚姻状况"))
    hukou = models.CharField(max_length=20, blank=True, verbose_name=_("户口性质"))
    health = models.CharField(max_length=24, blank=True, verbose_name=_("健康状况"))
    disability_kind = models.CharField(max_length=16, blank=True, verbose_name=_("残疾类别"))
    disability_level = models.CharField(max_length=1, blank=True, verbose_name=_("残疾等级"))
    work_status = models.CharField(max_length=20, blank=True, verbose_name=_("工作状况"))
    model_worker = models.CharField(max_length=20, blank=True, verbose_name=_("劳模类型"))
    medical_insurance = models.CharField(max_length=20, blank=True, verbose_name=_("医疗保险"))
    employer = models.CharField(max_length=120, blank=True, verbose_name=_("工作单位"))
    contract_term = models.CharField(max_length=60, blank=True, verbose_name=_("合同期限"))
    started_work_on = models.DateField(null=True, blank=True, verbose_name=_("参加工作时间"))
    monthly_income = MoneyField(null=True, blank=True, verbose_name=_("本人月收入"))
    school = models.CharField(max_length=120, blank=True, verbose_name=_("就读学校"))
    school_entered = models.DateField(null=True, blank=True, verbose_name=_("入学时间"))
    school_years = models.PositiveSmallIntegerField(null=True, blank=True, verbose_name=_("学制"))
    id_expires_on = models.DateField(null=True, blank=True, verbose_name=_("身份证有效期至"))
    works_for = models.ForeignKey(
        "registry.Employer", models.PROTECT, null=True, blank=True, related_name="workers"
    )
    died_on = models.DateField(null=True, blank=True, verbose_name=_("去世日期"))
    #: The person this one turned out to be; such a row answers for nobody any more.
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["org", "pinyin"], name="person_org_pinyin"),
            models.Index(fields=["phone_hash"], name="person_phone"),
            # The scope in second place: what other counties have is passed over without reading the rows.
            models.Index(fields=["name", "org"], name="person_name"),
            models.Index(fields=["pinyin", "org"], name="person_pinyin"),
            models.Index(fields=["initials", "org"], name="person_initials"),
            models.Index(fields=["org", "employer"], condition=~Q(employer=""), name="person_employer"),
            # The standing queues: whose ID card expires, and who reaches an age at school.
            models.Index(
                fields=["org", "id_expires_on"],
                condition=Q(id_expires_on__isnull=False, merged_into__isnull=True, died_on__isnull=True),
                name="person_id_expires",
            ),
            models.Index(
                fields=["born_on", "org"],
                condition=Q(merged_into__isnull=True, died_on__isnull=True),
                name="person_born",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")), name="person_not_into_itself"
            ),
            models.CheckConstraint(
                condition=Q(died_on__isnull=True) | Q(died_on__gte=F("born_on")), name="person_lived"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Household(Scoped):
    """People living together, with what the filing policy asks about them."""

    class Residence(models.TextChoices):
        URBAN = "urban", _("城镇")
        RURAL = "rural", _("农村")

    class Ended(models.TextChoices):
        MERGED = "merged", _("并入另一户")
        DISSOLVED = "dissolved", _("成员分散")
        DIED = "died", _("成员均已去世")
        MOVED = "moved", _("迁出本系统范围")
        MISTAKE = "mistake", _("误登记")

    head = models.ForeignKey(Person, models.PROTECT, related_name="headed")
    address = models.CharField(max_length=200, blank=True, verbose_name=_("家庭住址"))
    postcode = models.CharField(max_length=6, blank=True, verbose_name=_("邮政编码"))
    hukou_division = models.CharField(max_length=120, blank=True, verbose_name=_("户籍所在地"))
    hukou_code = models.CharField(max_length=6, blank=True, db_default="", verbose_name=_("户籍区划代码"))
    residence = models.CharField(max_length=8, choices=Residence.choices, verbose_name=_("城乡"))
    people = models.PositiveSmallIntegerField(null=True, verbose_name=_("家庭人口"))
    annual_income = MoneyField(null=True, verbose_name=_("家庭年收入"))
    other_income = MoneyField(null=True, verbose_name=_("其他年收入"))
    dibao_certificate = models.BooleanField(null=True, verbose_name=_("持有低保证"))
    homes = models.PositiveSmallIntegerField(null=True, verbose_name=_("住房套数"))
    housing = models.CharField(max_length=20, blank=True, verbose_name=_("住房类型"))
    floor_area = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True, verbose_name=_("建筑面积")
    )
    vehicle = models.BooleanField(null=True, verbose_name=_("经常使用非营运汽车"))
    business = models.BooleanField(null=True, verbose_name=_("经商办企业或雇工"))
    costly_schooling = models.BooleanField(null=True, verbose_name=_("高收费私立学校或自费留学"))
    loss = MoneyField(null=True, verbose_name=_("意外损失"))
    disaster_victim = models.BooleanField(null=True, verbose_name=_("遭受灾害"))
    expenses_known = models.BooleanField(default=False, verbose_name=_("支出已核实完整"))
    single_parent = models.BooleanField(null=True, verbose_name=_("单亲"))
    self_help = models.BooleanField(null=True, verbose_name=_("有自救能力"))
    zero_employment = models.BooleanField(null=True, verbose_name=_("零就业家庭"))
    main_cause = models.CharField(max_length=24, blank=True, verbose_name=_("主要致困原因"))
    other_causes = ArrayField(
        models.CharField(max_length=24), default=list, blank=True, size=3, verbose_name=_("次要致困原因")
    )
    focus_group = models.CharField(max_length=24, blank=True, verbose_name=_("重点群体"))
    origin = models.CharField(max_length=24, blank=True, verbose_name=_("档案来源"))
    declared_class = models.CharField(max_length=24, blank=True, verbose_name=_("申报困难类别"))
    employer_nature = models.CharField(max_length=24, blank=True, verbose_name=_("单位性质"))
    employer_state = models.CharField(max_length=24, blank=True, verbose_name=_("单位状况"))
    industry = models.CharField(max_length=40, blank=True, verbose_name=_("所属行业"))
    bank = models.CharField(max_length=60, blank=True, verbose_name=_("开户银行"))
    branch = models.CharField(max_length=100, blank=True, verbose_name=_("开户网点"))
    card_cipher = models.BinaryField(editable=False, null=True)
    card_hash = models.BinaryField(editable=False, max_length=32, null=True)
    card_mask = models.CharField(max_length=24, editable=False, blank=True, verbose_name=_("银行卡号"))
    consent_on = models.DateField(null=True, verbose_name=_("授权核查签字日期"))
    remarks = models.CharField(max_length=500, blank=True, verbose_name=_("备注"))
    ended_on = models.DateField(null=True, blank=True, verbose_name=_("销户日期"))
    ended_because = models.CharField(
        max_length=12, choices=Ended.choices, blank=True, db_default="", verbose_name=_("销户原因")
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    roster = models.ForeignKey("registry.Roster", models.PROTECT, null=True, related_name="households")
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(people__isnull=True) | Q(people__gte=1), name="household_people"
            ),
            models.CheckConstraint(
                condition=Q(annual_income__isnull=True) | Q(annual_income__gte=Money(0)),
                name="household_income",
            ),
            models.UniqueConstraint(
                fields=["head"], condition=Q(ended_on__isnull=True), name="household_one_head"
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, ended_because="", merged_into__isnull=True)
                | Q(ended_on__isnull=False) & ~Q(ended_because=""),
                name="household_ended_with_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-id"], name="household_org"),
            # The standing queues: not changed for long, and without consent.
            models.Index(
                fields=["org", "changed"], condition=Q(ended_on__isnull=True), name="household_changed"
            ),
            models.Index(
                fields=["org", "-id"],
                condition=Q(ended_on__isnull=True, consent_on__isnull=True),
                name="household_no_consent",
            ),
        ]

    def __str__(self) -> str:
        return self.head.name


@tracked
class Member(Scoped):
    """A person in a household for a half-open period; one live household a person."""

    household = models.ForeignKey(Household, models.PROTECT, related_name="members")
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    relation = models.CharField(max_length=1, verbose_name=_("与户主关系"))
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        ordering = ["relation", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=Q(until__isnull=True), name="member_one_household"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="member_period"
            ),
        ]


@tracked_to_the_end
class Expense(Scoped):
    """Rigid spending of a household in a year; counts only with evidence (domain.md §2)."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", _("医疗自付")
        SCHOOLING = "schooling", _("就学")
        DISABILITY = "disability", _("残疾康复护理")
        OTHER = "other", _("其他刚性支出")

    household = models.ForeignKey(Household, models.PROTECT, related_name="expenses")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = MoneyField()
    evidenced = models.BooleanField(default=False)
    #: The bill or receipt, where it was uploaded.
    evidence = models.ForeignKey("records.Attachment", models.PROTECT, null=True, related_name="+")
    year = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="expense_positive"),
            models.UniqueConstraint(fields=["household", "kind", "year"], name="expense_once"),
        ]
