"""Row-level security, and the foreign key to the tree that follows a moved node."""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, secure

TABLES = (
    "reporting_return",
    "reporting_cell",
)

#: Figures stand still once the return has gone up; only a moved node's path follows.
FROZEN = migrations.RunSQL(
    """
    CREATE FUNCTION reporting_cell_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE cell reporting_cell := coalesce(NEW, OLD);
    BEGIN
        IF TG_OP = 'UPDATE' AND (to_jsonb(OLD) - 'org_path') = (to_jsonb(NEW) - 'org_path') THEN
            RETURN NEW;
        END IF;
        IF EXISTS (SELECT 1 FROM reporting_return r WHERE r.id = cell.report_id AND r.state <> 'draft') THEN
            RAISE EXCEPTION 'figures of a return that has gone up are not changed' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON reporting_cell
        FOR EACH ROW EXECUTE FUNCTION reporting_cell_frozen();
    """,
    "DROP TRIGGER frozen ON reporting_cell; DROP FUNCTION reporting_cell_frozen();",
)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial"), ("orgs", "0002_guard")]
    operations = [FROZEN] + [operation for table in TABLES for operation in (secure(table), bind_org(table))]
