"""Row-level security, rows that never change, and no decision before the notice is over."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

TABLES = (
    "casework_assessment",
    "casework_application",
    "casework_applicationhistory",
    "casework_visit",
    "casework_notice",
    "casework_objection",
    "casework_file",
    "casework_filehistory",
    "casework_aidlist",
    "casework_award",
    "casework_omission",
)

#: An application is approved only when its notice has run to the end without an open objection; the
#: day is the database's own, in the time zone the notice was put up in.
NOTICE = migrations.RunSQL(
    """
    CREATE FUNCTION casework_notice_over() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT 1 FROM casework_notice n WHERE n.application_id = NEW.id AND NOT n.withdrawn
            AND n.until <= (now() AT TIME ZONE 'Asia/Shanghai')::date
            AND NOT EXISTS (
                SELECT 1 FROM casework_objection o WHERE o.notice_id = n.id AND o.settled_on IS NULL)
        ) THEN
            RAISE EXCEPTION 'the public notice is not over, or an objection is open'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'application_notice_over';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER notice_over BEFORE UPDATE ON casework_application FOR EACH ROW
        WHEN (NEW.state = 'approved' AND OLD.state <> 'approved') EXECUTE FUNCTION casework_notice_over();
    """,
    "DROP TRIGGER notice_over ON casework_application; DROP FUNCTION casework_notice_over();",
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        *[append_only(table) for table in TABLES if table.endswith(("history", "_assessment"))],
        NOTICE,
    ]
