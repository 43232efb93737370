"""What is tried out (scenarios), and what it came to (runs), as the database keeps it."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import OrgField, Scoped
from nuanxin.policy.engine.pack import Pack
from nuanxin.policy.engine.reading import load

#: The names of a variant's columns: the rules in force, then the scenarios.
COLUMNS = ("before", "first", "second")

#: A scenario that has been run is what its figures rest on, so its contents stay as they were.
_STAYS = """
    IF EXISTS (
        SELECT 1 FROM simulation_run r
        WHERE r.first_id IN (OLD.scenario_id, NEW.scenario_id)
           OR r.second_id IN (OLD.scenario_id, NEW.scenario_id)
    ) THEN
        RAISE EXCEPTION 'the scenario has been run and stays as it was'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'scenario_stays';
    END IF;
    RETURN COALESCE(NEW, OLD);
"""


def _stays(*fields: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="scenario_stays",
        operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf(*fields),
        when=pgtrigger.Before,
        func=_STAYS,
    )


class Scenario(Scoped):
    """A set of changed rules and standards; `day` is the day the rules it starts from are in force."""

    name = models.CharField(max_length=60, verbose_name=_("方案名称"))
    note = models.TextField(blank=True, verbose_name=_("说明"))
    day = models.DateField(verbose_name=_("基准日"))
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["org", "-id"], name="scenario_org")]

    def __str__(self) -> str:
        return self.name


class ChangedPack(Scoped):
    """A pack as the scenario has it, standing for `base` wherever that is in force.

    `changes` are those the text was made with from the base: paths of the pack with their new values,
    null for what is taken out.
    """

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="packs")
    base = models.ForeignKey("policy.Pack", models.PROTECT, related_name="+")
    changes = models.JSONField()
    text = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["scenario", "base"], name="changed_pack_once")]
        triggers = [_stays("scenario_id", "base_id", "changes", "text", "sha256")]

    def checked(self) -> Pack:
        """The pack ready to run."""
        return load(self.text.encode(), self.base.code)


class StandardChange(Scoped):
    """A dated standard raised, lowered or fixed, for the whole scope or at one place and below.

    `residence` "any": every row of the standard, urban and rural alike.
    """

    class How(models.TextChoices):
        PERCENT = "percent", _("按百分比增减")
        PLUS = "plus", _("增减固定数额")
        VALUE = "value", _("改为固定值")

    class Residence(models.TextChoices):
        ANY = "any", _("城乡一起")
        URBAN = "urban", _("只改城镇")
        RURAL = "rural", _("只改农村")

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="standards")
    code = models.CharField(max_length=40, verbose_name=_("标准"))
    residence = models.CharField(
        max_length=8, choices=Residence.choices, default=Residence.ANY, verbose_name=_("城乡")
    )
    place = OrgField(null=True, db_column="place_path", verbose_name=_("地区"))
    how = models.CharField(max_length=8, choices=How.choices, verbose_name=_("改法"))
    by = models.DecimalField(max_digits=14, decimal_places=4, verbose_name=_("数值"))

    class Meta:
        ordering = ["code", "place", "residence"]
        constraints = [
            models.UniqueConstraint(
                fields=["scenario", "code", "residence", "place"],
                nulls_distinct=False,
                name="standard_change_once",
            ),
            models.CheckConstraint(condition=~Q(how="value") | Q(by__gte=0), name="standard_change_value"),
        ]
        triggers = [_stays("scenario_id", "code", "residence", "how", "by")]

    @property
    def said(self) -> str:
        """'+10%', '-20', '700'."""
        by = f"{self.by.normalize():f}"
        if self.how == self.How.VALUE:
            return by
        return f"{'+' if self.by > 0 else ''}{by}{'%' if self.how == self.How.PERCENT else ''}"


class Run(Scoped):
    """One calculation over the households of `place`: the rules in force against one or two scenarios.

    `plan` is the work in pieces, `pieces_done` how many of them are written; the results count only once
    `finished` is set. `words` keeps what the packs of the run call their results, benefits and facts.
    """

    place = OrgField(db_column="place_path", verbose_name=_("测算范围"))
    day = models.DateField(verbose_name=_("基准日"))
    first = models.ForeignKey(Scenario, models.PROTECT, related_name="+", verbose_name=_("方案"))
    second = models.ForeignKey(
        Scenario, models.PROTECT, related_name="+", null=True, verbose_name=_("对照方案")
    )
    hashes = ArrayField(models.CharField(max_length=64))
    staff = models.ForeignKey("orgs.Staff", models.PROTECT, null=True, related_name="+")
    job = models.ForeignKey("records.JobRun", models.SET_NULL, null=True, related_name="+")
    plan = models.JSONField(default=list)
    pieces_done = models.IntegerField(default=0)
    words = models.JSONField(default=dict)
    created = models.DateTimeField(auto_now_add=True)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(first=F("second")), name="run_two_scenarios")]
        indexes = [models.Index(fields=["org", "-id"], name="run_org")]

    @property
    def variants(self) -> range:
        """0 stands for the rules in force, 1 and 2 for the scenarios."""
        return range(2 if self.second_id is None else 3)


class Result(Scoped):
    """Something a run came to. `piece` is the part of the work it was written with."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False)
    piece = models.IntegerField()

    class Meta:
        abstract = True


class Cell(Result):
    """Households of one county and main cause by what they are now and under the scenarios, and the cost.

    Classes are results of the filing packs, 'excluded' or 'unknown'; `second` is empty without a second
    scenario. Costs are a calendar year's benefits from nothing.
    """

    cause = models.CharField(max_length=24, blank=True)
    before = models.CharField(max_length=40)
    first = models.CharField(max_length=40)
    second = models.CharField(max_length=40, blank=True)
    households = models.IntegerField()
    fen_before = MoneyField()
    fen_first = MoneyField()
    fen_second = MoneyField()

    class Meta:
        indexes = [models.Index(fields=["run", "org"], name="cell_run")]


class Tally(Result):
    """A count of one variant: households in a band of income, lacking a fact, granted a benefit."""

    class Kind(models.TextChoices):
        BAND = "band"  # key: the band's number, or "unknown"
        MISSING = "missing"  # key: what the undecided households lack
        DUE = "due"  # key: programme/benefit; fen: what it comes to
        OPEN = "open"  # key: the programme whose benefit cannot be told

    variant = models.SmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    key = models.CharField(max_length=90)
    fund = models.CharField(max_length=20, blank=True)
    households = models.IntegerField()
    fen = MoneyField(default=Money(0))

    class Meta:
        indexes = [models.Index(fields=["run", "kind"], name="tally_run")]


class Difference(Result):
    """A household that comes out differently: by class or by what it would be granted in a year.

    Hundreds of thousands are written at once, so household and run are pointed at without a check: the
    household may go, and the calculation stays what it was.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    household = models.ForeignKey(
        "registry.Household", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    cause = models.CharField(max_length=24, blank=True)
    before = models.CharField(max_length=40)
    first = models.CharField(max_length=40)
    second = models.CharField(max_length=40, blank=True)
    fen_before = MoneyField()
    fen_first = MoneyField()
    fen_second = MoneyField()

    class Meta:
        indexes = [models.Index(fields=["run", "org", "id"], name="difference_run")]
