"""A notice's end is fixed when it is put up: no later change of calendar or policy shortens it."""

from django.db import migrations

#: It may be lengthened and taken down, and follows its household (org_path); it never comes up again.
FIXED = migrations.RunSQL(
    """
    CREATE FUNCTION casework_notice_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.until < OLD.until OR NEW.since <> OLD.since OR NEW.application_id <> OLD.application_id
           OR (OLD.withdrawn AND NOT NEW.withdrawn)
        THEN
            RAISE EXCEPTION 'a public notice is never shortened, moved or put up again'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'notice_fixed';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER notice_fixed BEFORE UPDATE ON casework_notice FOR EACH ROW
        EXECUTE FUNCTION casework_notice_fixed();
    """,
    "DROP TRIGGER notice_fixed ON casework_notice; DROP FUNCTION casework_notice_fixed();",
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0014_award_names")]
    operations = [FIXED]
