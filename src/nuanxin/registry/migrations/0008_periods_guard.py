"""Periods are only closed, ended households stand empty, and what belongs to a household moves with it."""

from django.db import migrations

#: A period is closed once, and replaced once; beside that it may follow its organisation or a merged person.
PERIODS = migrations.RunSQL(
    """
    CREATE FUNCTION registry_guard_circumstance() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE'
           OR (OLD.until IS NOT NULL AND NEW.until IS DISTINCT FROM OLD.until)
           OR (OLD.replaced IS NOT NULL AND NEW.replaced IS DISTINCT FROM OLD.replaced)
           OR to_jsonb(OLD) - '{org_path,person_id,until,replaced}'::text[]
           <> to_jsonb(NEW) - '{org_path,person_id,until,replaced}'::text[] THEN
            RAISE EXCEPTION 'a period is only ever closed, or replaced by others'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER only_closed BEFORE UPDATE OR DELETE ON registry_circumstance
        FOR EACH ROW EXECUTE FUNCTION registry_guard_circumstance();
    """,
    """
    DROP TRIGGER only_closed ON registry_circumstance;
    DROP FUNCTION registry_guard_circumstance();
    """,
)

#: Nobody lives in a household that has ended, and none is merged into one that has: so merges run in no ring.
ENDED = migrations.RunSQL(
    """
    CREATE FUNCTION registry_refuse_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM fresh m JOIN registry_household h ON h.id = m.household_id
                   WHERE m.until IS NULL AND h.ended_on IS NOT NULL) THEN
            RAISE EXCEPTION 'nobody lives in a household that has ended'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'member_of_ended';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER member_of_ended_insert AFTER INSERT ON registry_member
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_stay();
    CREATE TRIGGER member_of_ended_update AFTER UPDATE ON registry_member
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_stay();
    CREATE FUNCTION registry_check_ended() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM registry_member m WHERE m.household_id = NEW.id AND m.until IS NULL) THEN
            RAISE EXCEPTION 'somebody still lives in household %', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'household_ended_empty';
        END IF;
        IF EXISTS (SELECT FROM registry_household h
                   WHERE h.id = NEW.merged_into_id AND (h.ended_on IS NOT NULL OR h.id = NEW.id)) THEN
            RAISE EXCEPTION 'a household is merged into a live one'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'household_merged_into_live';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ended BEFORE UPDATE OF ended_on, merged_into_id ON registry_household FOR EACH ROW
        WHEN (NEW.ended_on IS NOT NULL AND (OLD.ended_on IS NULL
              OR NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id))
        EXECUTE FUNCTION registry_check_ended();
    """,
    """
    DROP TRIGGER ended ON registry_household;
    DROP TRIGGER member_of_ended_insert ON registry_member;
    DROP TRIGGER member_of_ended_update ON registry_member;
    DROP FUNCTION registry_check_ended();
    DROP FUNCTION registry_refuse_stay();
    """,
)

#: Only a household moved by itself: when a node moves, every table follows by its own key to the tree.
#: Within a trigger even rows that never change may follow their organisation (kernel.rls.append_only).
FOLLOWS = migrations.RunSQL(
    """
    CREATE FUNCTION registry_person_follows(persons bigint[], path text) RETURNS void
    LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE registry_person SET org_path = path WHERE id = ANY (persons) AND org_path <> path;
        UPDATE registry_personhistory SET org_path = path WHERE pgh_obj_id = ANY (persons);
        UPDATE registry_circumstance SET org_path = path WHERE person_id = ANY (persons);
        UPDATE records_attachment SET org_path = path
            WHERE kind = 'registry.Person' AND subject = ANY (persons);
    END $$;
    CREATE FUNCTION registry_person_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM registry_person_follows(ARRAY[NEW.id], NEW.org_path);
        RETURN NULL;
    END $$;
    CREATE TRIGGER person_moved AFTER UPDATE OF org_path ON registry_person FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION registry_person_moved();
    CREATE FUNCTION registry_household_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE registry_member SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_memberhistory SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_expense SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_expensehistory SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_consent SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_consenthistory SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_circumstance SET org_path = NEW.org_path WHERE household_id = NEW.id;
        UPDATE registry_householdhistory SET org_path = NEW.org_path WHERE pgh_obj_id = NEW.id;
        UPDATE records_attachment SET org_path = NEW.org_path
            WHERE kind = 'registry.Household' AND subject = NEW.id;
        PERFORM registry_person_follows(ARRAY(
            SELECT m.person_id FROM registry_member m JOIN registry_person p ON p.id = m.person_id
            WHERE m.household_id = NEW.id AND (m.until IS NULL OR p.died_on IS NOT NULL)), NEW.org_path);
        RETURN NULL;
    END $$;
    CREATE TRIGGER household_moved AFTER UPDATE OF org_path ON registry_household FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path AND pg_trigger_depth() = 0)
        EXECUTE FUNCTION registry_household_moved();
    """,
    """
    DROP TRIGGER household_moved ON registry_household;
    DROP TRIGGER person_moved ON registry_person;
    DROP FUNCTION registry_household_moved();
    DROP FUNCTION registry_person_moved();
    DROP FUNCTION registry_person_follows(bigint[], text);
    """,
)

#: Asks the county that has an ID number for the person's file. The one who asks learns the county's name and
#: nothing else; the policy for looking past the scope is that of registry_filed_elsewhere. The request lies
#: in the asker's scope, so row-level security checks who asks.
ASK = migrations.RunSQL(
    """
    CREATE FUNCTION registry_ask_transfer(
        hash bytea, asker text, target text, called text, why text, staff bigint)
    RETURNS TABLE (transfer bigint, county text, county_en text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        person bigint;
        home text;
        holder text;
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'person', true);
        SELECT k.id, k.org_path INTO person, home FROM registry_person p
            JOIN registry_person k ON k.id = coalesce(p.merged_into_id, p.id) WHERE p.id_hash = hash;
        PERFORM set_config('nuanxin.lookup', '', true);
        IF person IS NULL OR home >= current_setting('nuanxin.scope_from', true)
                         AND home < current_setting('nuanxin.scope_to', true) THEN
            RETURN;
        END IF;
        SELECT o.path, o.name::text, o.name_en::text INTO holder, county, county_en FROM orgs_node o
            WHERE starts_with(home, o.path) AND (o.kind = 'county' OR o.path = home)
            ORDER BY o.kind = 'county' DESC LIMIT 1;
        INSERT INTO registry_transfer (org_path, other_path, target_path, kind, person_id, name, reason,
            answer, state, staff_id, asked)
        VALUES (asker, holder, target, 'ask', person, called, why, '', 'asked', staff, now())
        RETURNING id INTO transfer;
        RETURN NEXT;
    END $$;
    """,
    "DROP FUNCTION registry_ask_transfer(bytea, text, text, text, text, bigint);",
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0007_periods"), ("records", "0002_guard")]
    operations = [PERIODS, ENDED, FOLLOWS, ASK]
