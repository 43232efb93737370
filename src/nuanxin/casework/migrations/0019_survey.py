"""Surveys of households without a file, with row-level security; an open row follows a household that moves."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import nuanxin.orgs.models
from nuanxin.kernel.rls import bind_org, check_at_once, secure

#: A union works through the surveys of the federations above it, so it reads them; it cannot change them,
#: and of their lists it sees its own households alone.
FROM_BELOW = migrations.RunSQL(
    """
    CREATE POLICY from_below ON casework_survey FOR SELECT USING (
        state <> 'cancelled' AND starts_with(current_setting('nuanxin.scope_from', true), org_path)
    );
    """,
    "DROP POLICY from_below ON casework_survey;",
)

#: Whoever waits for a visit is looked for where the family lives now; outside the survey nobody looks.
MOVES = migrations.RunSQL(
    """
    CREATE FUNCTION casework_survey_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE casework_surveyed t
        SET state = CASE WHEN starts_with(NEW.org_path, s.org_path) THEN t.state ELSE 'lapsed' END,
            org_path = CASE WHEN starts_with(NEW.org_path, s.org_path) THEN NEW.org_path ELSE t.org_path END,
            officer_id = NULL
        FROM casework_survey s
        WHERE s.id = t.survey_id AND t.household_id = NEW.id AND t.state = 'open';
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_survey AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_survey_moved();
    """,
    """
    DROP TRIGGER household_moved_survey ON registry_household;
    DROP FUNCTION casework_survey_moved();
    """,
)

TABLES = ("casework_survey", "casework_surveyed")


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0018_objections"),
        ("orgs", "0002_guard"),
        ("records", "0004_looks"),
        ("registry", "0015_history_moments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Survey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=80, verbose_name="排查名称")),
                ("as_of", models.DateField(verbose_name="认定基准日")),
                ("due_on", models.DateField(verbose_name="完成期限")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "排查中"), ("closed", "已结束"), ("cancelled", "已取消")],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("unknowns", models.BooleanField(default=False, verbose_name="列入情况不全的家庭")),
                ("total", models.IntegerField(default=0)),
                ("reached", models.BigIntegerField(default=0)),
                ("until", models.BigIntegerField(default=0)),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="发起日期")),
                ("closed_on", models.DateField(null=True, verbose_name="结束日期")),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="records.jobrun",
                    ),
                ),
                (
                    "maker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发起人",
                    ),
                ),
                (
                    "org",
                    nuanxin.orgs.models.OrgField(
                        db_column="org_path", db_index=False, related_name="+", verbose_name="单位"
                    ),
                ),
                (
                    "roster",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.roster",
                        verbose_name="另列花名册家庭",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Surveyed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("qualifies", "符合条件"),
                            ("borderline", "接近标准"),
                            ("named", "花名册家庭"),
                            ("unknown", "待补情况"),
                        ],
                        max_length=12,
                        verbose_name="列入原因",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "待走访"),
                            ("applied", "已发起申请"),
                            ("declined", "家庭不愿申请"),
                            ("clear", "不符合条件"),
                            ("absent", "找不到或已搬走"),
                            ("lapsed", "移出清单"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "result",
                    models.CharField(
                        choices=[
                            ("deep", "深度困难"),
                            ("relative", "相对困难"),
                            ("accident", "意外致困"),
                            ("none", "不符合条件"),
                            ("excluded", "不予建档"),
                            ("unknown", "待补充"),
                        ],
                        max_length=16,
                        verbose_name="预计结论",
                    ),
                ),
                (
                    "near",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("deep", "深度困难"),
                            ("relative", "相对困难"),
                            ("accident", "意外致困"),
                            ("none", "不符合条件"),
                            ("excluded", "不予建档"),
                            ("unknown", "待补充"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "per_head",
                    models.DecimalField(
                        decimal_places=2, max_digits=14, null=True, verbose_name="月人均（元）"
                    ),
                ),
                (
                    "line",
                    models.DecimalField(
                        decimal_places=2, max_digits=14, null=True, verbose_name="当地低保标准"
                    ),
                ),
                (
                    "missing",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("pack_hash", models.CharField(max_length=64)),
                ("facts_at", models.DateTimeField()),
                ("reason", models.TextField(blank=True, verbose_name="情况说明")),
                ("answered_on", models.DateField(null=True, verbose_name="答复日期")),
                (
                    "answered_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "application",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveyed",
                        to="casework.application",
                    ),
                ),
                (
                    "household",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="surveyed",
                        to="registry.household",
                    ),
                ),
                (
                    "officer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="走访人",
                    ),
                ),
                (
                    "org",
                    nuanxin.orgs.models.OrgField(
                        db_column="org_path", db_index=False, related_name="+", verbose_name="单位"
                    ),
                ),
                (
                    "survey",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="households",
                        to="casework.survey",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="survey",
            index=models.Index(fields=["org", "-id"], name="survey_org"),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("org",), name="survey_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="survey_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_on__gte", models.F("as_of"))), name="survey_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="survey",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_on__isnull", False), ("state", "closed")),
                    models.Q(models.Q(("state", "closed"), _negated=True), ("closed_on__isnull", True)),
                    _connector="OR",
                ),
                name="survey_closed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="survey",
            trigger=pgtrigger.compiler.Trigger(
                name="survey_flow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{open:cancelled,open:closed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="52195890133b674df1143c8094b29930928ab35d",
                    operation="UPDATE",
                    pgid="pgtrigger_survey_flow_c11cf",
                    table="casework_survey",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="surveyed",
            index=models.Index(fields=["survey", "org", "state"], name="surveyed_org_state"),
        ),
        migrations.AddIndex(
            model_name="surveyed",
            index=models.Index(fields=["household", "-id"], name="surveyed_household"),
        ),
        migrations.AddIndex(
            model_name="surveyed",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["officer"], name="surveyed_officer"
            ),
        ),
        migrations.AddConstraint(
            model_name="surveyed",
            constraint=models.UniqueConstraint(fields=("survey", "household"), name="surveyed_once"),
        ),
        migrations.AddConstraint(
            model_name="surveyed",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("household",), name="surveyed_one_list"
            ),
        ),
        migrations.AddConstraint(
            model_name="surveyed",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "qualifies"), ("near", ""), ("result__in", ("deep", "relative", "accident"))
                    ),
                    models.Q(
                        ("kind", "borderline"),
                        ("near__in", ("deep", "relative", "accident")),
                        ("result", "none"),
                    ),
                    models.Q(
                        ("kind", "named"), ("near", ""), ("result__in", ["none", "excluded", "unknown"])
                    ),
                    models.Q(("kind", "unknown"), ("near", ""), ("result", "unknown")),
                    _connector="OR",
                ),
                name="surveyed_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="surveyed",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_on__isnull", True), ("state__in", ["open", "lapsed"])),
                    models.Q(
                        ("answered_on__isnull", False), ("application__isnull", False), ("state", "applied")
                    ),
                    models.Q(
                        ("answered_on__isnull", False),
                        ("state__in", ["declined", "clear", "absent"]),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="surveyed_answered",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="surveyed",
            trigger=pgtrigger.compiler.Trigger(
                name="surveyed_flow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{absent:applied,absent:open,clear:applied,clear:open,declined:applied,declined:open,open:absent,open:applied,open:clear,open:declined,open:lapsed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="503a6f78fd14b6c4bf4b212e3fab39ca0f453a00",
                    operation="UPDATE",
                    pgid="pgtrigger_surveyed_flow_69d33",
                    table="casework_surveyed",
                    when="BEFORE",
                ),
            ),
        ),
        *(operation for table in TABLES for operation in (secure(table), bind_org(table))),
        FROM_BELOW,
        check_at_once("casework_surveyed"),
        MOVES,
    ]
