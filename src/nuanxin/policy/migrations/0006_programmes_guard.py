"""Programmes by two people, as packs: proposals are frozen when submitted, versions never change."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from nuanxin.kernel.rls import append_only, bind_org, secure

FROM_ABOVE = """
    CREATE POLICY from_above ON policy_programmeproposal FOR SELECT USING (
        state = 'in_force' AND starts_with(current_setting('nuanxin.scope_from', true), org_path)
    );
    CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON policy_programmeproposal
        FOR EACH ROW EXECUTE FUNCTION policy_freeze('policy.ProgrammeProposal');
"""

#: A person's version comes from a proposal in force with this very text, for a place of its federation.
FROM_TWO = """
    CREATE FUNCTION policy_programme_from_two() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.proposal_id IS NULL AND coalesce(current_setting('nuanxin.staff', true), '') = '' THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM policy_programmeproposal p
            WHERE p.id = NEW.proposal_id AND p.state = 'in_force' AND p.sha256 = NEW.sha256
              AND p.code = NEW.code AND p.version = NEW.version
              AND NEW.org_path IS NOT NULL AND starts_with(NEW.org_path, p.org_path)
        ) THEN
            RAISE EXCEPTION 'a programme comes into force by a proposal that two people agreed on'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER from_two BEFORE INSERT ON policy_programmeversion
        FOR EACH ROW EXECUTE FUNCTION policy_programme_from_two();
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0005_programmes")]
    operations = [
        append_only("policy_programmeversion"),
        bind_org("policy_programmeversion"),
        secure("policy_programmeproposal"),
        bind_org("policy_programmeproposal"),
        RunSQL(
            FROM_ABOVE,
            "DROP TRIGGER frozen ON policy_programmeproposal;"
            " DROP POLICY from_above ON policy_programmeproposal;",
        ),
        RunSQL(
            FROM_TWO,
            "DROP TRIGGER from_two ON policy_programmeversion; DROP FUNCTION policy_programme_from_two();",
        ),
    ]
