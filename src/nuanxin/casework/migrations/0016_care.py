"""Tasks carry what their unit must know and how they were answered; a leader stays behind when a family moves."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

#: Like the officer of a file: whose posts are not above the family's new union is paired with it no longer.
LEADER_STAYS = migrations.RunSQL(
    """
    CREATE FUNCTION casework_leader_left_behind() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        today date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
    BEGIN
        UPDATE casework_pairing p SET until = greatest(p.since, today), ended_because = '家庭转到其他工会'
        WHERE p.file_id IN (SELECT id FROM casework_file WHERE household_id = NEW.id)
          AND p.until IS NULL AND p.leader_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM orgs_post o JOIN orgs_node n ON n.id = o.node_id
            WHERE o.staff_id = p.leader_id AND o.since <= today
              AND (o.until IS NULL OR o.until > today) AND starts_with(NEW.org_path, n.path));
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_leader AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_leader_left_behind();
    """,
    """
    DROP TRIGGER household_moved_leader ON registry_household;
    DROP FUNCTION casework_leader_left_behind();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0015_notice_fixed"),
        ("orgs", "0002_guard"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="task",
            name="care_task_flow",
        ),
        migrations.AddField(
            model_name="task",
            name="answered_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="kind",
            field=models.CharField(
                choices=[
                    ("living", "生活"),
                    ("medical", "医疗"),
                    ("schooling", "就学"),
                    ("work", "就业"),
                    ("training", "培训"),
                    ("legal", "法律"),
                    ("housing", "住房"),
                    ("counselling", "心理"),
                ],
                default="living",
                max_length=12,
                verbose_name="需求",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="task",
            name="result",
            field=models.CharField(
                blank=True,
                choices=[("done", "已办理"), ("cannot", "无法办理")],
                max_length=8,
                verbose_name="答复结果",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="returned_because",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="task",
            name="told",
            field=models.TextField(blank=True, verbose_name="提供给承办方的情况"),
        ),
        migrations.AlterField(
            model_name="task",
            name="answered_on",
            field=models.DateField(null=True, verbose_name="答复日期"),
        ),
        migrations.AddIndex(
            model_name="pairing",
            index=models.Index(fields=["unit", "until"], name="pairing_unit"),
        ),
        migrations.AddIndex(
            model_name="pairing",
            index=models.Index(fields=["org", "-id"], name="pairing_org"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("state", "open")), fields=["staff", "due_on"], name="task_staff"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="task",
            trigger=pgtrigger.compiler.Trigger(
                name="care_task_flow",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{answered:done,answered:dropped,answered:open,open:answered,open:dropped}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="987bca1f505760d931c7f142a11bb817710b3725",
                    operation="UPDATE",
                    pgid="pgtrigger_care_task_flow_14009",
                    table="casework_task",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "dropped"]),
                    models.Q(
                        ("answered_by__isnull", False),
                        ("result__in", ["done", "cannot"]),
                        ("state", "answered"),
                    ),
                    models.Q(("answered_by__isnull", False), ("result", "done"), ("state", "done")),
                    _connector="OR",
                ),
                name="task_result",
            ),
        ),
        LEADER_STAYS,
    ]
