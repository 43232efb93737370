"""Row-level security, and the foreign key to the tree; what a person chose goes with them to another union."""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, secure

TABLES = ("messaging_message", "messaging_choice", "messaging_recorded")

#: A message stays with the union that wrote it. The trigger also runs below others, as when a household moves.
FOLLOWS = migrations.RunSQL(
    """
    CREATE FUNCTION messaging_person_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE messaging_choice SET org_path = NEW.org_path
        WHERE person_id = NEW.id AND org_path <> NEW.org_path;
        RETURN NULL;
    END $$;
    CREATE TRIGGER person_moved_messaging AFTER UPDATE OF org_path ON registry_person FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path) EXECUTE FUNCTION messaging_person_moved();
    """,
    """
    DROP TRIGGER person_moved_messaging ON registry_person;
    DROP FUNCTION messaging_person_moved();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial"), ("orgs", "0002_guard"), ("registry", "0002_guard")]
    operations = [*(operation for table in TABLES for operation in (secure(table), bind_org(table))), FOLLOWS]
