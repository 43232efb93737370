"""Packs and standards by two people: what is submitted is frozen, and nobody puts anything in force alone."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from nuanxin.kernel.rls import bind_org, secure

TABLES = ("policy_packproposal", "policy_standardschange")

#: A federation reads what those above it have put in force.
FROM_ABOVE = """
    CREATE POLICY from_above ON {table} FOR SELECT USING (
        state = 'in_force' AND starts_with(current_setting('nuanxin.scope_from', true), org_path)
    );
"""

#: Only a draft or a returned one may be changed; afterwards nothing but the way it goes, and at its end
#: nothing at all. In force it comes by the vote of somebody else in its process.
FREEZE = """
    CREATE FUNCTION policy_freeze() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := CASE WHEN OLD.state = 'submitted'
            THEN '{state,process_id,approver_id,returned_because,decided_at,before,org_path}'
            ELSE '{org_path}' END;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a proposal is withdrawn, not deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.state NOT IN ('draft', 'returned')
           AND (to_jsonb(OLD) - free) IS DISTINCT FROM (to_jsonb(NEW) - free) THEN
            RAISE EXCEPTION 'what was submitted does not change' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.org_path <> OLD.org_path AND pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'a proposal stays with its federation' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = 'in_force' AND OLD.state <> 'in_force' AND NOT EXISTS (
            SELECT 1 FROM approvals_vote v JOIN approvals_process p ON p.id = v.process_id AND p.round = v.round
            WHERE p.id = NEW.process_id AND p.kind = TG_ARGV[0] AND p.subject = NEW.id
              AND v.verdict = 'pass' AND v.voter_id = NEW.approver_id
        ) THEN
            RAISE EXCEPTION 'nothing comes into force without the vote of a second person'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON policy_packproposal
        FOR EACH ROW EXECUTE FUNCTION policy_freeze('policy.PackProposal');
    CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON policy_standardschange
        FOR EACH ROW EXECUTE FUNCTION policy_freeze('policy.StandardsChange');
"""

#: A person's pack comes from a proposal in force with this very text, a person's standard from a change
#: in force; without one only the program itself writes them (set-up, files delivered with it).
FROM_TWO = """
    CREATE FUNCTION policy_pack_from_two() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.proposal_id IS NULL AND coalesce(current_setting('nuanxin.staff', true), '') = '' THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM policy_packproposal p
            WHERE p.id = NEW.proposal_id AND p.state = 'in_force' AND p.sha256 = NEW.sha256
              AND NEW.org_path IS NOT NULL AND starts_with(NEW.org_path, p.org_path)
        ) THEN
            RAISE EXCEPTION 'a pack comes into force by a proposal that two people agreed on'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER from_two BEFORE INSERT ON policy_pack
        FOR EACH ROW EXECUTE FUNCTION policy_pack_from_two();

    CREATE FUNCTION policy_standard_from_two() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.change_id IS NULL AND coalesce(current_setting('nuanxin.staff', true), '') = '' THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM policy_standardschange c
            WHERE c.id = NEW.change_id AND c.state = 'in_force' AND c.code = NEW.code
              AND c.valid_from = lower(NEW.valid)
              AND NEW.org_path IS NOT NULL AND starts_with(NEW.org_path, c.org_path)
        ) THEN
            RAISE EXCEPTION 'a standard is set by a change that two people agreed on'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER from_two BEFORE INSERT ON policy_parameter
        FOR EACH ROW EXECUTE FUNCTION policy_standard_from_two();
"""

#: A standard's key refers to its value for ever: only its end moves, and a correction in force strikes it.
CONSTANT = """
    CREATE FUNCTION policy_standard_constant() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := '{valid,struck_by_id,org_path}';
    BEGIN
        IF (to_jsonb(OLD) - free) IS DISTINCT FROM (to_jsonb(NEW) - free)
           OR lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid)
           OR (NEW.org_path IS DISTINCT FROM OLD.org_path AND pg_trigger_depth() < 2)
           OR (OLD.struck_by_id IS NOT NULL
               AND (NEW.struck_by_id IS DISTINCT FROM OLD.struck_by_id OR NEW.valid <> OLD.valid)) THEN
            RAISE EXCEPTION 'a standard that was set does not change: decisions rest on it'
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.struck_by_id IS NOT NULL AND OLD.struck_by_id IS NULL AND NOT EXISTS (
            SELECT 1 FROM policy_standardschange c
            WHERE c.id = NEW.struck_by_id AND c.state = 'in_force' AND c.correction AND c.code = NEW.code
              AND c.valid_from = lower(NEW.valid) AND starts_with(NEW.org_path, c.org_path)
        ) THEN
            RAISE EXCEPTION 'only a correction that two people agreed on strikes a standard'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER constant BEFORE UPDATE ON policy_parameter
        FOR EACH ROW EXECUTE FUNCTION policy_standard_constant();
"""


class Migration(migrations.Migration):
    dependencies = [("policy", "0003_proposals"), ("orgs", "0002_guard"), ("approvals", "0002_guard")]
    operations = [
        *(operation for table in TABLES for operation in (secure(table), bind_org(table))),
        *(RunSQL(FROM_ABOVE.format(table=table), f"DROP POLICY from_above ON {table};") for table in TABLES),
        RunSQL(
            FREEZE,
            "DROP TRIGGER frozen ON policy_packproposal; DROP TRIGGER frozen ON policy_standardschange;"
            " DROP FUNCTION policy_freeze();",
        ),
        RunSQL(
            FROM_TWO,
            "DROP TRIGGER from_two ON policy_pack; DROP TRIGGER from_two ON policy_parameter;"
            " DROP FUNCTION policy_pack_from_two(); DROP FUNCTION policy_standard_from_two();",
        ),
        RunSQL(
            CONSTANT,
            "DROP TRIGGER constant ON policy_parameter; DROP FUNCTION policy_standard_constant();",
        ),
    ]
