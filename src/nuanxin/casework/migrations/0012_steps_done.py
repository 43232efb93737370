"""No application is approved while a step of its process is not done."""

from django.db import migrations

#: The steps of the round the process is in: those of earlier rounds ended with their return.
STEPS = migrations.RunSQL(
    """
    CREATE FUNCTION casework_steps_done() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM approvals_processstep s JOIN approvals_process p ON p.id = s.process_id
            WHERE p.id = NEW.process_id AND s.round = p.round AND (s.done IS NULL OR s.result <> 'pass'))
        THEN
            RAISE EXCEPTION 'a step of the route is not done'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'application_steps_done';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER steps_done BEFORE UPDATE ON casework_application FOR EACH ROW
        WHEN (NEW.state = 'approved' AND OLD.state <> 'approved') EXECUTE FUNCTION casework_steps_done();
    """,
    "DROP TRIGGER steps_done ON casework_application; DROP FUNCTION casework_steps_done();",
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0011_routed"), ("approvals", "0004_routes_guard")]
    operations = [STEPS]
