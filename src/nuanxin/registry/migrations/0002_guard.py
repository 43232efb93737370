"""Row-level security, the foreign key to the tree that follows a moved node, and the one look across."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

TABLES = (
    "registry_person",
    "registry_personhistory",
    "registry_household",
    "registry_householdhistory",
    "registry_member",
    "registry_memberhistory",
    "registry_expense",
    "registry_expensehistory",
    "registry_roster",
    "registry_rosterrow",
)

#: One live real-name file per household in the whole tree: whoever registers a person must learn that
#: another county has them, and nothing else about them. The policy holds for the owner alone, so only
#: inside the function, and only while it runs: the owner is bound by row-level security otherwise.
FILED_ELSEWHERE = migrations.RunSQL(
    """
    CREATE POLICY lookup ON registry_person FOR SELECT TO CURRENT_USER
        USING (current_setting('nuanxin.lookup', true) = 'person');
    CREATE FUNCTION registry_filed_elsewhere(hashes bytea[])
    RETURNS TABLE (known_hash bytea, county text, county_en text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'person', true);
        RETURN QUERY
        SELECT p.id_hash, n.name::text, n.name_en::text
        FROM unnest(hashes) AS u (hash) JOIN registry_person p ON p.id_hash = u.hash
        CROSS JOIN LATERAL (
            SELECT o.name, o.name_en FROM orgs_node o
            WHERE starts_with(p.org_path, o.path) AND (o.kind = 'county' OR o.path = p.org_path)
            ORDER BY o.kind = 'county' DESC LIMIT 1) n
        WHERE NOT (p.org_path >= current_setting('nuanxin.scope_from', true)
               AND p.org_path < current_setting('nuanxin.scope_to', true));
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
    """,
    """
    DROP FUNCTION registry_filed_elsewhere(bytea[]);
    DROP POLICY lookup ON registry_person;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        *[append_only(table) for table in TABLES if table.endswith("history")],
        bind_org("registry_roster", "place_path"),
        FILED_ELSEWHERE,
    ]
