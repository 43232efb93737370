"""A household that moves to another union leaves the officer behind who has no post above its new one."""

from django.db import migrations

OFFICER_STAYS = migrations.RunSQL(
    """
    CREATE FUNCTION casework_officer_left_behind() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE casework_file f SET officer_id = NULL
        WHERE f.household_id = NEW.id AND f.officer_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM orgs_post p JOIN orgs_node n ON n.id = p.node_id
            WHERE p.staff_id = f.officer_id AND p.since <= current_date
              AND (p.until IS NULL OR p.until > current_date) AND starts_with(NEW.org_path, n.path));
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_officer AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_officer_left_behind();
    """,
    """
    DROP TRIGGER household_moved_officer ON registry_household;
    DROP FUNCTION casework_officer_left_behind();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0007_officer"), ("orgs", "0002_guard")]
    operations = [OFFICER_STAYS]
