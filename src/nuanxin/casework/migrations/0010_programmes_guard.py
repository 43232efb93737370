"""Row-level security of what came with programmes, exits and care; it moves with its household.

A task and a pairing are seen from the unit they name as well, the family's file is not.
"""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, secure

#: Tables by the column that leads to the household.
BY_FILE = (
    "casework_filestandard",
    "casework_exit",
    "casework_taper",
    "casework_need",
    "casework_pairing",
)
BY_APPLICATION = ("casework_payee", "casework_overruling")
BY_EXIT = ("casework_guarantee", "casework_recovery")
OTHERS = ("casework_task", "casework_watch")
SHARED = ("casework_task", "casework_pairing")
TABLES = (*BY_FILE, *BY_APPLICATION, *BY_EXIT, *OTHERS)

_APPLICATIONS = "SELECT id FROM casework_application WHERE household_id = NEW.id"
_FILES = "SELECT id FROM casework_file WHERE household_id = NEW.id"
_EXITS = f"SELECT id FROM casework_exit WHERE file_id IN ({_FILES})"
_NEEDS = f"SELECT id FROM casework_need WHERE file_id IN ({_FILES})"


def _follows(table: str, column: str, keys: str) -> str:
    return f"UPDATE {table} SET org_path = NEW.org_path WHERE {column} IN ({keys});"


FOLLOW = "\n".join(
    [
        *[_follows(table, "file_id", _FILES) for table in BY_FILE],
        *[_follows(table, "application_id", _APPLICATIONS) for table in BY_APPLICATION],
        *[_follows(table, "exit_id", _EXITS) for table in BY_EXIT],
        _follows("casework_task", "need_id", _NEEDS),
        "UPDATE casework_watch SET org_path = NEW.org_path WHERE household_id = NEW.id;",
    ]
)

#: After household_moved_casework, whose keys they need; awards stay with the union that gave them.
MOVES = migrations.RunSQL(
    f"""
    CREATE FUNCTION casework_care_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {FOLLOW}
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved_casework_care AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION casework_care_moved();
    """,
    """
    DROP TRIGGER household_moved_casework_care ON registry_household;
    DROP FUNCTION casework_care_moved();
    """,
)

#: Filing is never approved without a notice that is over; other programmes when they have one up.
NOTICE = migrations.RunSQL(
    """
    DROP TRIGGER notice_over ON casework_application;
    CREATE OR REPLACE FUNCTION casework_notice_over() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM casework_notice n WHERE n.application_id = NEW.id AND NOT n.withdrawn
            AND (n.until > (now() AT TIME ZONE 'Asia/Shanghai')::date
                 OR EXISTS (
                    SELECT 1 FROM casework_objection o WHERE o.notice_id = n.id AND o.settled_on IS NULL)))
           OR NEW.programme = 'filing' AND NOT EXISTS (
            SELECT 1 FROM casework_notice n WHERE n.application_id = NEW.id AND NOT n.withdrawn)
        THEN
            RAISE EXCEPTION 'the public notice is not over, or an objection is open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'application_notice_over';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER notice_over BEFORE UPDATE ON casework_application FOR EACH ROW
        WHEN (NEW.state = 'approved' AND OLD.state <> 'approved') EXECUTE FUNCTION casework_notice_over();
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0009_programmes"), ("orgs", "0002_guard")]
    operations = [
        *[secure(table, "org_path", "unit_path") if table in SHARED else secure(table) for table in TABLES],
        *[bind_org(table) for table in TABLES],
        *[bind_org(table, "unit_path") for table in SHARED],
        MOVES,
        NOTICE,
    ]
