"""Persons, households and employers, and the rosters they come in by.

ID numbers, cards and phones are stored three times for three uses: sealed (`*_cipher`), as a keyed
hash for finding (`*_hash`), and as the mask that pages show (`*_mask`).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.history import tracked
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField, Scoped

from . import flow


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

    class Meta:
        indexes = [
            models.Index(fields=["org", "pinyin"], name="person_org_pinyin"),
            models.Index(fields=["phone_hash"], name="person_phone"),
            models.Index(fields=["name"], name="person_name"),
            models.Index(fields=["pinyin"], name="person_pinyin"),
            models.Index(fields=["initials"], name="person_initials"),
        ]

    def __str__(self) -> str:
        return self.name


@tracked
class Household(Scoped):
    """People living together, with what the filing policy asks about them."""

    class Residence(models.TextChoices):
        URBAN = "urban", _("城镇")
        RURAL = "rural", _("农村")

    head = models.OneToOneField(Person, models.PROTECT, related_name="headed")
    address = models.CharField(max_length=200, blank=True, verbose_name=_("家庭住址"))
    postcode = models.CharField(max_length=6, blank=True, verbose_name=_("邮政编码"))
    hukou_division = models.CharField(max_length=120, blank=True, verbose_name=_("户籍所在地"))
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
    roster = models.ForeignKey("registry.Roster", models.PROTECT, null=True, related_name="households")
    created = models.DateTimeField(auto_now_add=True)
    changed = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(people__isnull=True) | Q(people__gte=1), name="household_people"
            ),
            models.CheckConstraint(
                condition=Q(annual_income__isnull=True) | Q(annual_income__gte=Money(0)),
                name="household_income",
            ),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="household_org")]

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


@tracked
class Expense(Scoped):
    """Rigid spending of a household in a year; counts only with evidence (domain.md §2)."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", _("医疗自付")
        SCHOOLING = "schooling", _("就学")
        DISABILITY = "disability", _("残疾康复护理")

    household = models.ForeignKey(Household, models.PROTECT, related_name="expenses")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    amount = MoneyField()
    evidenced = models.BooleanField(default=False)
    year = models.SmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=Money(0)), name="expense_positive"),
            models.UniqueConstraint(fields=["household", "kind", "year"], name="expense_once"),
        ]


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
