"""What home visits find, item by item: seen with the family, written once, moving with it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import nuanxin.orgs.models
from nuanxin.kernel.rls import bind_org, secure

TABLE = "casework_found"

#: Taken over once, by somebody, on a day; else only its place follows.
ONCE = migrations.RunSQL(
    """
    CREATE FUNCTION casework_found_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE'
           AND to_jsonb(NEW) - ARRAY['org_path', 'taken_on', 'taken_by_id']
               = to_jsonb(OLD) - ARRAY['org_path', 'taken_on', 'taken_by_id']
           AND (OLD.taken_on IS NULL
                OR (NEW.taken_on = OLD.taken_on AND NEW.taken_by_id = OLD.taken_by_id))
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'what a visit found is written once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'found_written_once';
    END $$;
    CREATE TRIGGER found_once BEFORE UPDATE OR DELETE ON casework_found FOR EACH ROW
        EXECUTE FUNCTION casework_found_once();
    """,
    "DROP TRIGGER found_once ON casework_found; DROP FUNCTION casework_found_once();",
)

#: After household_moved_casework, which moves the visits.
MOVES = migrations.RunSQL(
    """
    CREATE FUNCTION casework_found_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE casework_found SET org_path = NEW.org_path WHERE visit_id IN (
            SELECT id FROM casework_visit WHERE household_id = NEW.id);
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_casework_found AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_found_moved();
    """,
    """
    DROP TRIGGER household_moved_casework_found ON registry_household;
    DROP FUNCTION casework_found_moved();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0016_care"),
        ("orgs", "0002_guard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="checklist",
            field=models.CharField(blank=True, db_default="", max_length=48),
        ),
        migrations.CreateModel(
            name="Found",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("item", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=120)),
                ("title_en", models.CharField(max_length=160)),
                ("unit", models.CharField(blank=True, max_length=20)),
                ("unit_en", models.CharField(blank=True, max_length=20)),
                ("kind", models.CharField(max_length=8)),
                ("fact", models.CharField(blank=True, max_length=48)),
                ("groups", models.CharField(blank=True, max_length=48)),
                ("declared", models.JSONField(null=True)),
                ("found", models.JSONField(null=True)),
                ("agrees", models.BooleanField(null=True)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("taken_on", models.DateField(null=True)),
                (
                    "org",
                    nuanxin.orgs.models.OrgField(
                        db_column="org_path", db_index=False, related_name="+", verbose_name="单位"
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="found", to="casework.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["visit", "position"],
                "constraints": [
                    models.UniqueConstraint(fields=("visit", "item"), name="found_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agrees__isnull", True), ("declared__isnull", True), ("fact", "")),
                            models.Q(
                                models.Q(("fact", ""), _negated=True),
                                ("agrees__isnull", True),
                                ("found__isnull", True),
                            ),
                            models.Q(
                                models.Q(("fact", ""), _negated=True),
                                ("agrees__isnull", False),
                                ("found__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="found_compared",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("taken_by__isnull", True), ("taken_on__isnull", True)),
                            models.Q(
                                ("agrees", False), ("taken_by__isnull", False), ("taken_on__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="found_taken",
                    ),
                ],
            },
        ),
        secure(TABLE),
        bind_org(TABLE),
        ONCE,
        MOVES,
    ]
