"""Finding households by part of their address, and persons by part of their employer's name.

What is asked for is a part of a text, mostly of two Chinese characters: too short for trigrams, and no
operator that a GIN index serves is leakproof, so under row-level security PostgreSQL would read every row in
scope. So the addresses stand once more in a narrow table of the owner's, which the program itself may not
read, indexed by pairs of characters; one function answers from it and applies the scope itself.
"""

from typing import Any

from django.db import migrations, models

from nuanxin.kernel.rls import in_scope

PAIRS = migrations.RunSQL(
    """
    -- A text as it is compared: one form of each character, small letters, no spaces.
    CREATE FUNCTION registry_plain(words text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN lower(regexp_replace(normalize(words, NFKC), '\\s', '', 'g'));

    -- The pairs of neighbouring characters, each below its branch of the tree: what other provinces have
    -- need not be read, however common it is there.
    CREATE FUNCTION registry_pairs(branch text, words text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
    DECLARE found text[] := '{}';
    BEGIN
        FOR place IN 1 .. length(words) - 1 LOOP
            found := found || (branch || ':' || substr(words, place, 2));
        END LOOP;
        RETURN found;
    END $$;
    """,
    "DROP FUNCTION registry_pairs(text, text); DROP FUNCTION registry_plain(text);",
)

#: Row-level security is not forced: the owner's functions pass it, and the program's role has no grant.
TABLE = migrations.RunSQL(
    f"""
    CREATE TABLE registry_address (
        org_path text COLLATE "C" NOT NULL,
        household_id bigint NOT NULL,
        words text NOT NULL,
        PRIMARY KEY (org_path, household_id)
    );
    ALTER TABLE registry_address ENABLE ROW LEVEL SECURITY;
    CREATE POLICY scope ON registry_address USING {in_scope("org_path")};
    DO $$ DECLARE grantee text; BEGIN
        FOR grantee IN SELECT DISTINCT g.grantee FROM information_schema.role_table_grants g
            WHERE g.table_name = 'registry_address' AND g.grantee <> current_user
        LOOP EXECUTE format('REVOKE ALL ON registry_address FROM %I', grantee); END LOOP;
    END $$;
    CREATE INDEX registry_address_pairs ON registry_address
        USING gin (registry_pairs(split_part(org_path, '/', 2), words));
    """,
    "DROP TABLE registry_address;",
)

#: The addresses follow the households: new ones by statement, changes row by row and only where they touch
#: what is kept. Joins of transition tables would keep the plan of the first, small statement of a session.
FOLLOWING = migrations.RunSQL(
    """
    CREATE FUNCTION registry_add_addresses() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO registry_address SELECT org_path, id, registry_plain(address) FROM fresh
        WHERE address <> '' AND ended_on IS NULL;
        RETURN NULL;
    END $$;
    CREATE FUNCTION registry_change_address() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        DELETE FROM registry_address WHERE org_path = OLD.org_path AND household_id = OLD.id;
        IF TG_OP = 'UPDATE' AND NEW.address <> '' AND NEW.ended_on IS NULL THEN
            INSERT INTO registry_address VALUES (NEW.org_path, NEW.id, registry_plain(NEW.address));
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER address_added AFTER INSERT ON registry_household
        REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION registry_add_addresses();
    CREATE TRIGGER address_changed AFTER UPDATE ON registry_household FOR EACH ROW
        WHEN ((OLD.org_path, OLD.address, OLD.ended_on) IS DISTINCT FROM
              (NEW.org_path, NEW.address, NEW.ended_on))
        EXECUTE FUNCTION registry_change_address();
    CREATE TRIGGER address_gone AFTER DELETE ON registry_household
        FOR EACH ROW EXECUTE FUNCTION registry_change_address();

    -- What is there already; the owner is bound by the scope as well.
    SELECT set_config('nuanxin.scope_from', '', true), set_config('nuanxin.scope_to', ':', true);
    INSERT INTO registry_address SELECT org_path, id, registry_plain(address) FROM registry_household
    WHERE address <> '' AND ended_on IS NULL;
    SELECT set_config('nuanxin.scope_from', '', true), set_config('nuanxin.scope_to', '', true);
    """,
    """
    DROP TRIGGER address_added ON registry_household;
    DROP TRIGGER address_changed ON registry_household;
    DROP TRIGGER address_gone ON registry_household;
    DROP FUNCTION registry_add_addresses();
    DROP FUNCTION registry_change_address();
    """,
)

#: Planned anew for each call, with the scope and the text known: a county's addresses are read through by
#: the key, a province's found by the pairs.
FINDING = migrations.RunSQL(
    """
    CREATE FUNCTION registry_homes_at(part text, most int) RETURNS SETOF bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        low text COLLATE "C" := current_setting('nuanxin.scope_from', true);
        high text COLLATE "C" := current_setting('nuanxin.scope_to', true);
        wanted text := registry_plain(part);
        branch text;
        so_far int := 0;
        here int;
    BEGIN
        IF length(wanted) < 2 OR coalesce(high, '') = '' THEN
            RETURN;
        END IF;
        FOR branch IN
            SELECT split_part(low, '/', 2) WHERE split_part(low, '/', 2) <> ''
            UNION ALL
            SELECT split_part(n.path, '/', 2) FROM orgs_node n
            WHERE split_part(low, '/', 2) = '' AND n.path >= low AND n.path < high
              AND (n.parent_id IS NULL OR n.parent_id IN (SELECT id FROM orgs_node WHERE parent_id IS NULL))
        LOOP
            RETURN QUERY EXECUTE
                'SELECT household_id FROM registry_address WHERE org_path >= $1 AND org_path < $2'
                ' AND registry_pairs(split_part(org_path, ''/'', 2), words) @> $3'
                ' AND strpos(words, $4) > 0 LIMIT $5'
                USING low, high, registry_pairs(branch, wanted), wanted, most - so_far;
            GET DIAGNOSTICS here = ROW_COUNT;
            so_far := so_far + here;
            EXIT WHEN so_far >= most;
        END LOOP;
    END $$;
    """,
    "DROP FUNCTION registry_homes_at(text, int);",
)


def _index(name: str, *fields: str, **options: Any) -> migrations.AddIndex:
    return migrations.AddIndex("person", models.Index(fields=fields, name=name, **options))


class Migration(migrations.Migration):
    dependencies = [("registry", "0005_merges_guard")]
    operations = [
        *[migrations.RemoveIndex("person", f"person_{name}") for name in ("name", "pinyin", "initials")],
        *[_index(f"person_{name}", name, "org") for name in ("name", "pinyin", "initials")],
        _index("person_employer", "org", "employer", condition=~models.Q(employer="")),
        PAIRS,
        TABLE,
        FOLLOWING,
        FINDING,
    ]
