"""What the database holds of routes, steps, votes and of who may not vote."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from nuanxin.kernel.rls import append_only, bind_org, check_at_once, secure

#: The unit that acts for a place at a level: of that level (an industry union stands as a county), or
#: the nearest above it.
PLACE = RunSQL(
    """
    CREATE FUNCTION approvals_rank(kind text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
        SELECT array_position('{grassroots,township,county,prefecture,province,national}'::text[],
            CASE kind WHEN 'industry' THEN 'county' WHEN 'partner' THEN 'grassroots' ELSE kind END)
    $$;
    CREATE FUNCTION approvals_place(home text, level text) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT n.path FROM orgs_node n
        WHERE n.path IN (
            SELECT array_to_string(parts[1:i], '/') || '/'
            FROM (SELECT string_to_array(rtrim(home, '/'), '/') AS parts) AS split,
                 generate_series(1, cardinality(parts)) AS i)
          AND approvals_rank(n.kind) >= approvals_rank(level)
        ORDER BY approvals_rank(n.kind), n.kind = level DESC, length(n.path) DESC LIMIT 1
    $$;
    """,
    "DROP FUNCTION approvals_place(text, text); DROP FUNCTION approvals_rank(text);",
)

#: A route in force does not change, but for its end; it decides somewhere whatever the matter. A person's
#: own comes into force by somebody else's act, one without a maker by the program itself.
ROUTES = RunSQL(
    """
    CREATE FUNCTION approvals_route_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := CASE WHEN OLD.state = 'submitted'
            THEN '{state,activated_by_id,activated,returned_because,valid,org_path}'
            ELSE '{valid,org_path}' END;
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'a route is withdrawn or ended, not deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.state NOT IN ('draft', 'returned')
           AND ((to_jsonb(OLD) - free) IS DISTINCT FROM (to_jsonb(NEW) - free)
                OR OLD.state <> 'submitted' AND lower(NEW.valid) IS DISTINCT FROM lower(OLD.valid)) THEN
            RAISE EXCEPTION 'a route that was submitted does not change' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.state = 'in_force' AND OLD.state <> 'in_force' THEN
            IF NEW.made_by_id IS NULL AND coalesce(current_setting('nuanxin.staff', true), '') <> '' THEN
                RAISE EXCEPTION 'a person''s route is made by one and activated by another'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF NOT EXISTS (
                SELECT 1 FROM approvals_routestep s WHERE s.route_id = NEW.id AND s.kind = 'decide'
                  AND s."over" IS NULL AND s.classes = '{}' AND s.when_missing = 'up'
            ) OR coalesce((
                SELECT s.kind FROM approvals_routestep s WHERE s.route_id = NEW.id
                ORDER BY s.position DESC LIMIT 1), '') <> 'decide' THEN
                RAISE EXCEPTION 'a route decides at its end, whatever the matter'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'route_decides';
            END IF;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE UPDATE OR DELETE ON approvals_route
        FOR EACH ROW EXECUTE FUNCTION approvals_route_guard();

    CREATE FUNCTION approvals_routestep_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT 1 FROM approvals_route r WHERE r.state NOT IN ('draft', 'returned')
              AND r.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.route_id ELSE NEW.route_id END
        ) OR (TG_OP = 'UPDATE' AND NEW.route_id <> OLD.route_id) THEN
            RAISE EXCEPTION 'the steps of a route that was submitted do not change'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END $$;
    CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON approvals_routestep
        FOR EACH ROW EXECUTE FUNCTION approvals_routestep_guard();
    """,
    """
    DROP TRIGGER guarded ON approvals_route;
    DROP TRIGGER guarded ON approvals_routestep;
    DROP FUNCTION approvals_route_guard();
    DROP FUNCTION approvals_routestep_guard();
    """,
)

#: A process goes forward over passed steps only, and back only to the maker with a new round.
PROCESSES = RunSQL(
    """
    CREATE FUNCTION approvals_process_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF (OLD.kind, OLD.subject, OLD.maker_id) IS DISTINCT FROM (NEW.kind, NEW.subject, NEW.maker_id)
           OR NEW.round < OLD.round
           OR OLD.route_id IS NOT NULL AND NEW.route_id IS DISTINCT FROM OLD.route_id THEN
            RAISE EXCEPTION 'a process stays what it is' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.closed IS NOT NULL AND (NEW.closed, NEW.outcome, NEW.round, NEW.position)
           IS DISTINCT FROM (OLD.closed, OLD.outcome, OLD.round, OLD.position) THEN
            RAISE EXCEPTION 'a closed process stays closed'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'process_closed';
        END IF;
        IF NEW.position < OLD.position AND NEW.position <> 0
           OR NEW.round > OLD.round AND NEW.position <> 0 THEN
            RAISE EXCEPTION 'a process goes back by a new round' USING ERRCODE = 'restrict_violation';
        END IF;
        IF NEW.route_id IS NOT NULL
           AND (NEW.position > OLD.position OR NEW.outcome = 'passed' AND OLD.outcome <> 'passed')
           AND (NOT EXISTS (
                    SELECT 1 FROM approvals_processstep s WHERE s.process_id = NEW.id AND s.round = NEW.round)
                OR EXISTS (
                    SELECT 1 FROM approvals_processstep s
                    WHERE s.process_id = NEW.id AND s.round = NEW.round AND s.result <> 'pass'
                      AND (s.position < NEW.position OR NEW.outcome = 'passed'))) THEN
            RAISE EXCEPTION 'a step of the process has not been passed'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'process_in_order';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE UPDATE ON approvals_process
        FOR EACH ROW EXECUTE FUNCTION approvals_process_guard();

    CREATE FUNCTION approvals_process_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE approvals_barred SET org_path = NEW.org_path
        WHERE process_id = NEW.id AND org_path <> NEW.org_path;
        UPDATE approvals_processstep SET home_path = NEW.org_path,
            org_path = CASE WHEN done IS NULL THEN approvals_place(NEW.org_path, level) ELSE org_path END
        WHERE process_id = NEW.id AND home_path <> NEW.org_path;
        RETURN NULL;
    END $$;
    CREATE TRIGGER moved AFTER UPDATE OF org_path ON approvals_process FOR EACH ROW
        WHEN (OLD.org_path IS DISTINCT FROM NEW.org_path) EXECUTE FUNCTION approvals_process_moved();
    """,
    """
    DROP TRIGGER moved ON approvals_process;
    DROP TRIGGER guarded ON approvals_process;
    DROP FUNCTION approvals_process_moved();
    DROP FUNCTION approvals_process_guard();
    """,
)

#: A step is copied while the process is with its maker, and passed only with the votes it needs.
STEPS = RunSQL(
    """
    CREATE FUNCTION approvals_step_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'the steps of a process are not deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        IF TG_OP = 'INSERT' THEN
            IF NOT EXISTS (
                SELECT 1 FROM approvals_process p WHERE p.id = NEW.process_id AND p.closed IS NULL
                  AND p.round = NEW.round AND p.position = 0 AND p.route_id IS NOT NULL
            ) OR NEW.done IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM approvals_processstep c WHERE c.id = NEW.carried_id
                  AND c.process_id = NEW.process_id AND c.position = NEW.position AND c.round < NEW.round
                  AND c.result = 'pass' AND c.carried_id IS NULL AND c.needed = NEW.needed
            ) THEN
                RAISE EXCEPTION 'steps are copied when a matter is submitted, none of them passed'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF (OLD.process_id, OLD.round, OLD.position, OLD.code, OLD.kind, OLD.level, OLD.permission, OLD.needed,
            OLD.days, OLD.escalate, OLD.carried_id)
           IS DISTINCT FROM
           (NEW.process_id, NEW.round, NEW.position, NEW.code, NEW.kind, NEW.level, NEW.permission, NEW.needed,
            NEW.days, NEW.escalate, NEW.carried_id)
           OR (NEW.org_path, NEW.home_path) IS DISTINCT FROM (OLD.org_path, OLD.home_path)
              AND pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'a step stays as it was copied' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.done IS NOT NULL AND (NEW.done, NEW.result, NEW.entered, NEW.due_on)
           IS DISTINCT FROM (OLD.done, OLD.result, OLD.entered, OLD.due_on) THEN
            RAISE EXCEPTION 'a step that is done stays done' USING ERRCODE = 'restrict_violation';
        END IF;
        IF OLD.entered IS NOT NULL AND (NEW.entered IS DISTINCT FROM OLD.entered
           OR OLD.due_on IS NOT NULL AND (NEW.due_on IS NULL OR NEW.due_on < OLD.due_on)) THEN
            RAISE EXCEPTION 'the time for a running step is never shortened'
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'step_time';
        END IF;
        IF NEW.result = 'pass' AND OLD.result <> 'pass' AND (
            OLD.entered IS NULL
            OR (SELECT count(*) FROM approvals_vote v
                WHERE v.process_step_id = NEW.id AND v.verdict = 'pass') < NEW.needed) THEN
            RAISE EXCEPTION 'the step lacks votes'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'step_votes';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON approvals_processstep
        FOR EACH ROW EXECUTE FUNCTION approvals_step_guard();
    """,
    "DROP TRIGGER guarded ON approvals_processstep; DROP FUNCTION approvals_step_guard();",
)

#: A vote counts in the running round at the step the process stands at, of somebody who is not barred
#: (nor has declared kin since) and whose earlier vote does not stand for another step. The process is
#: locked for it.
VOTES = RunSQL(
    """
    CREATE FUNCTION approvals_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        p approvals_process;
        s approvals_processstep;
    BEGIN
        SELECT * INTO p FROM approvals_process WHERE id = NEW.process_id FOR UPDATE;
        IF p.id IS NULL OR p.closed IS NOT NULL OR NEW.round <> p.round THEN
            RAISE EXCEPTION 'the process takes no vote'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'vote_open';
        END IF;
        IF EXISTS (SELECT 1 FROM approvals_barred b WHERE b.process_id = p.id
                   AND b.staff_id IN (NEW.voter_id, NEW.stands_for_id))
           OR EXISTS (SELECT 1 FROM approvals_kin k WHERE k.staff_id = NEW.voter_id
                      AND k.withdrawn IS NULL AND k.id_hash = ANY (p.persons)) THEN
            RAISE EXCEPTION 'the voter is barred from the process'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'vote_barred';
        END IF;
        IF p.route_id IS NULL THEN
            RETURN NEW;
        END IF;
        SELECT * INTO s FROM approvals_processstep WHERE id = NEW.process_step_id;
        IF s.id IS NULL OR s.process_id <> p.id OR s.round <> p.round OR s.position <> p.position
           OR s.entered IS NULL OR s.done IS NOT NULL OR s.kind = 'notice' AND NEW.verdict = 'pass' THEN
            RAISE EXCEPTION 'a vote is given at the step the process stands at'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'vote_at_step';
        END IF;
        IF p.round > 1 AND EXISTS (
            SELECT 1 FROM approvals_processstep c JOIN approvals_vote v ON v.process_step_id = c.carried_id
            WHERE c.process_id = p.id AND c.round = p.round
              AND (v.voter_id IN (NEW.voter_id, NEW.stands_for_id)
                   OR v.stands_for_id IN (NEW.voter_id, NEW.stands_for_id))
        ) THEN
            RAISE EXCEPTION 'the voter''s word already stands for another step'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'vote_once';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE INSERT ON approvals_vote
        FOR EACH ROW EXECUTE FUNCTION approvals_vote_guard();
    """,
    "DROP TRIGGER guarded ON approvals_vote; DROP FUNCTION approvals_vote_guard();",
)

#: What a member of staff declares is theirs alone to read. A submission learns who among the staff of the
#: whole tree is kin to the people concerned: the policy for it holds inside the function only.
KIN = RunSQL(
    """
    ALTER TABLE approvals_kin ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY own ON approvals_kin
        USING (staff_id::text = current_setting('nuanxin.staff', true));
    CREATE POLICY lookup ON approvals_kin FOR SELECT TO CURRENT_USER
        USING (current_setting('nuanxin.lookup', true) = 'kin');
    CREATE FUNCTION approvals_kin_of(hashes bytea[]) RETURNS TABLE (hash bytea, staff bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'kin', true);
        RETURN QUERY SELECT k.id_hash, k.staff_id FROM approvals_kin k
            WHERE k.id_hash = ANY (hashes) AND k.withdrawn IS NULL;
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
    CREATE FUNCTION approvals_kin_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - 'withdrawn') <> (to_jsonb(NEW) - 'withdrawn')
           OR OLD.withdrawn IS NOT NULL THEN
            RAISE EXCEPTION 'what was declared is withdrawn, not changed'
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE UPDATE OR DELETE ON approvals_kin
        FOR EACH ROW EXECUTE FUNCTION approvals_kin_guard();
    """,
    """
    DROP TRIGGER guarded ON approvals_kin;
    DROP FUNCTION approvals_kin_guard();
    DROP FUNCTION approvals_kin_of(bytea[]);
    DROP POLICY lookup ON approvals_kin;
    DROP POLICY own ON approvals_kin;
    ALTER TABLE approvals_kin NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;
    """,
)

#: A deputy has a post like the holder's, which may not itself be a deputy's; only its end is written later.
DEPUTIES = RunSQL(
    """
    CREATE FUNCTION approvals_deputy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' THEN
            IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - 'ended') <> (to_jsonb(NEW) - 'ended')
               OR OLD.ended IS NOT NULL THEN
                RAISE EXCEPTION 'a deputy is ended, not changed' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM orgs_post h JOIN orgs_post d ON (d.node_id, d.role_id) = (h.node_id, h.role_id)
            WHERE h.id = NEW.holder_id AND d.id = NEW.post_id AND d.staff_id = NEW.staff_id
              AND h.staff_id <> d.staff_id AND d.until IS NOT NULL
        ) OR EXISTS (SELECT 1 FROM approvals_deputy x WHERE x.post_id = NEW.holder_id) THEN
            RAISE EXCEPTION 'a deputy stands in for the holder of a post of their own, in the same role'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'deputy_same_post';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER guarded BEFORE INSERT OR UPDATE OR DELETE ON approvals_deputy
        FOR EACH ROW EXECUTE FUNCTION approvals_deputy_guard();
    """,
    "DROP TRIGGER guarded ON approvals_deputy; DROP FUNCTION approvals_deputy_guard();",
)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0003_routes"), ("orgs", "0002_guard")]
    operations = [
        secure("approvals_processstep", "org_path", "home_path"),
        bind_org("approvals_processstep"),
        bind_org("approvals_processstep", "home_path"),
        secure("approvals_barred"),
        bind_org("approvals_barred"),
        append_only("approvals_barred"),
        bind_org("approvals_route"),
        PLACE,
        ROUTES,
        PROCESSES,
        STEPS,
        VOTES,
        KIN,
        DEPUTIES,
        check_at_once("approvals_vote"),
        check_at_once("approvals_processstep"),
    ]
