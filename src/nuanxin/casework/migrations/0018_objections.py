"""Objections say how they came, who recorded and who settled them; notices say of which step they are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

STAFF = {"null": True, "on_delete": django.db.models.deletion.PROTECT, "related_name": "+"}

#: An objection begins open, by whoever records it, while its notice counts. The lock on the application
#: holds a decision back until the objection is there to be seen.
RECORDED = migrations.RunSQL(
    """
    CREATE FUNCTION casework_objection_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM 1 FROM casework_application a JOIN casework_notice n ON n.application_id = a.id
            WHERE n.id = NEW.notice_id AND a.state = 'noticed' AND NOT n.withdrawn FOR SHARE OF a;
        IF NOT FOUND OR NEW.recorded_by_id IS NULL OR NEW.settled_on IS NOT NULL THEN
            RAISE EXCEPTION 'an objection is recorded open, by a person, while its notice counts'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_recorded';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER recorded BEFORE INSERT ON casework_objection FOR EACH ROW
        EXECUTE FUNCTION casework_objection_recorded();
    """,
    "DROP TRIGGER recorded ON casework_objection; DROP FUNCTION casework_objection_recorded();",
)

#: What was recorded stays, and what was found is written once; not by who brought the application in or
#: submitted it. A family that moves, and a renewed key, pass.
SETTLED = migrations.RunSQL(
    """
    CREATE FUNCTION casework_objection_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        moving text[] := '{org_path,phone_cipher}';
        finding text[] := '{settled_on,settled_by_id,finding,outcome}';
        kept text[] := moving;
    BEGIN
        IF TG_OP = 'UPDATE' AND OLD.settled_on IS NULL THEN
            kept := moving || finding;
        END IF;
        IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - kept) <> (to_jsonb(NEW) - kept) THEN
            RAISE EXCEPTION 'an objection is never changed or deleted'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_kept';
        END IF;
        IF OLD.settled_on IS NULL AND NEW.settled_on IS NOT NULL AND (
            NEW.settled_by_id IS NULL OR EXISTS (
                SELECT 1 FROM casework_notice n JOIN casework_application a ON a.id = n.application_id
                LEFT JOIN approvals_process p ON p.id = a.process_id
                WHERE n.id = NEW.notice_id AND NEW.settled_by_id IN (a.officer_id, p.maker_id)))
        THEN
            RAISE EXCEPTION 'an objection is settled by a person who did not bring the application in'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'objection_settler';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON casework_objection FOR EACH ROW
        EXECUTE FUNCTION casework_objection_kept();
    """,
    "DROP TRIGGER kept ON casework_objection; DROP FUNCTION casework_objection_kept();",
)

#: Any open objection stops the approval: also one to a notice that was taken down, or to the first of two.
DECIDED = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION casework_notice_over() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM casework_notice n WHERE n.application_id = NEW.id AND NOT n.withdrawn
            AND n.until > (now() AT TIME ZONE 'Asia/Shanghai')::date)
           OR EXISTS (
            SELECT 1 FROM casework_objection o JOIN casework_notice n ON n.id = o.notice_id
            WHERE n.application_id = NEW.id AND o.settled_on IS NULL)
           OR NEW.programme = 'filing' AND NOT EXISTS (
            SELECT 1 FROM casework_notice n WHERE n.application_id = NEW.id AND NOT n.withdrawn)
        THEN
            RAISE EXCEPTION 'the public notice is not over, or an objection is open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'application_notice_over';
        END IF;
        RETURN NEW;
    END $$;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0017_found"),
        ("approvals", "0004_routes_guard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(name="objection", options={"ordering": ["-received_on", "-id"]}),
        migrations.AddField(
            model_name="notice",
            name="step",
            field=models.ForeignKey(to="approvals.processstep", **STAFF),
        ),
        migrations.AddField(
            model_name="objection",
            name="source",
            field=models.CharField(
                blank=True,
                choices=[
                    ("in_person", "来访"),
                    ("phone", "来电"),
                    ("letter", "来信"),
                    ("online", "网上反映"),
                ],
                db_default="",
                max_length=12,
                verbose_name="反映方式",
            ),
        ),
        migrations.AlterField(
            model_name="objection",
            name="by",
            field=models.CharField(blank=True, max_length=60, verbose_name="反映人"),
        ),
        migrations.AlterField(
            model_name="objection",
            name="outcome",
            field=models.TextField(blank=True, verbose_name="处理理由"),
        ),
        migrations.AddField(
            model_name="objection",
            name="phone_cipher",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="objection",
            name="phone_mask",
            field=models.CharField(blank=True, db_default="", max_length=24),
        ),
        migrations.AddField(
            model_name="objection",
            name="recorded_by",
            field=models.ForeignKey(to=settings.AUTH_USER_MODEL, **STAFF),
        ),
        migrations.AddField(
            model_name="objection",
            name="recorded",
            field=models.DateTimeField(auto_now_add=True, null=True),
        ),
        migrations.AddField(
            model_name="objection",
            name="settled_by",
            field=models.ForeignKey(to=settings.AUTH_USER_MODEL, **STAFF),
        ),
        migrations.AddField(
            model_name="objection",
            name="finding",
            field=models.CharField(
                blank=True,
                choices=[("upheld", "属实"), ("not_upheld", "不属实"), ("withdrawn", "反映人撤回")],
                db_default="",
                max_length=12,
                verbose_name="核实结论",
            ),
        ),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="objection",
            index=models.Index(
                fields=["notice"], condition=Q(settled_on__isnull=True), name="objection_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=Q(recorded_by__isnull=True)
                | Q(source__in=["in_person", "phone", "letter", "online"]),
                name="objection_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="objection",
            constraint=models.CheckConstraint(
                condition=Q(settled_on__isnull=True, settled_by__isnull=True, finding="")
                | (
                    Q(
                        settled_on__isnull=False,
                        settled_by__isnull=False,
                        finding__in=["upheld", "not_upheld", "withdrawn"],
                    )
                    & ~Q(settled_by=F("recorded_by"))
                )
                | Q(settled_on__isnull=False, settled_by__isnull=True, recorded_by__isnull=True, finding=""),
                name="objection_second_person",
            ),
        ),
        migrations.RemoveConstraint(model_name="notice", name="notice_one_live"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                fields=["application", "step"],
                condition=Q(withdrawn=False),
                nulls_distinct=False,
                name="notice_one_live",
            ),
        ),
        RECORDED,
        SETTLED,
        DECIDED,
    ]
