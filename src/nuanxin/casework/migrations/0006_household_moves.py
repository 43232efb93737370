"""What casework keeps of a household moves with it to another union: see registry 0008_periods_guard."""

from django.db import migrations

_APPLICATIONS = "SELECT id FROM casework_application WHERE household_id = NEW.id"
_FILES = "SELECT id FROM casework_file WHERE household_id = NEW.id"
_PROCESSES = (
    f"SELECT id FROM approvals_process WHERE kind = 'casework.Application' AND subject IN ({_APPLICATIONS})"
)

#: Awards stay with the union that gave them, for the money is in its books.
FOLLOWS = migrations.RunSQL(
    f"""
    CREATE FUNCTION casework_household_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE casework_assessment SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_application SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_applicationhistory SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_file SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_filehistory SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_visit SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE casework_notice SET org_path = NEW.org_path WHERE application_id IN ({_APPLICATIONS});
        UPDATE casework_objection SET org_path = NEW.org_path WHERE notice_id IN (
            SELECT id FROM casework_notice WHERE application_id IN ({_APPLICATIONS}));
        UPDATE approvals_vote SET org_path = NEW.org_path WHERE process_id IN ({_PROCESSES});
        UPDATE approvals_process SET org_path = NEW.org_path WHERE id IN ({_PROCESSES});
        UPDATE records_attachment SET org_path = NEW.org_path WHERE
            (kind = 'casework.Application' AND subject IN ({_APPLICATIONS}))
            OR (kind = 'casework.File' AND subject IN ({_FILES}));
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_casework AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_household_moved();
    """,
    """
    DROP TRIGGER household_moved_casework ON registry_household;
    DROP FUNCTION casework_household_moved();
    """,
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0005_visits_from_phones"),
        ("registry", "0008_periods_guard"),
        ("approvals", "0002_guard"),
    ]
    operations = [FOLLOWS]
