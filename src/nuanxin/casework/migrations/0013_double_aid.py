"""Double aid is found anywhere in the tree by two named functions that answer that and nothing else."""

from django.db import migrations

#: What the functions read; the policies hold for the owner alone, so only inside them while they run.
READ = (
    "registry_person",
    "registry_member",
    "casework_application",
    "casework_award",
    "casework_file",
    "casework_aidlist",
)

#: The people asked about, with those merged into them or they into; the households they are or were in;
#: what was decided for them. Aid for a household counts for everybody who was in it on the day. An
#: application is counted once, however many of its people are asked about.
FOUND = """
    keys AS (SELECT DISTINCT t.asked, coalesce(p.merged_into_id, p.id) AS person
             FROM unnest(asked, hashes) AS t (asked, hash) JOIN registry_person p ON p.id_hash = t.hash),
    people AS (SELECT asked, person FROM keys
               UNION SELECT k.asked, o.id FROM keys k JOIN registry_person o ON o.merged_into_id = k.person),
    homes AS (SELECT DISTINCT o.asked, m.household_id, m.until
              FROM people o JOIN registry_member m ON m.person_id = o.person),
    mine AS (SELECT o.asked, a.id FROM people o JOIN casework_application a ON a.person_id = o.person
             UNION
             SELECT h.asked, a.id FROM homes h JOIN casework_application a ON a.household_id = h.household_id
             WHERE a.person_id IS NULL AND (h.until IS NULL OR h.until > coalesce(a.decided_on, a.applied_on))),
    found AS (
        SELECT m.asked, a.programme, a.org_path, a.decided_on AS day,
               (SELECT sum(w.amount)::bigint FROM casework_award w WHERE w.application_id = a.id) AS fen
        FROM mine m JOIN casework_application a ON a.id = m.id
        WHERE a.state = 'approved' AND a.id <> m.asked AND a.decided_on >= since AND a.decided_on < before
        UNION ALL
        SELECT DISTINCT ON (h.asked, w.id) h.asked, w.programme, w.org_path, l.decided_on, w.amount::bigint
        FROM homes h JOIN casework_file f ON f.household_id = h.household_id
        JOIN casework_award w ON w.file_id = f.id JOIN casework_aidlist l ON l.id = w.aid_list_id
        WHERE w.state IN ('approved', 'paid', 'returned') AND l.decided_on >= since AND l.decided_on < before
          AND (h.until IS NULL OR h.until > l.decided_on))
"""

#: In which programmes, years and counties, how many times; an amount only where the asker's scope holds it.
#: With `waiting` also what was handed in and is not decided.
AIDED = f"""
    CREATE FUNCTION casework_aided(
        asked bigint[], hashes bytea[], kinds text[], since date, before date, waiting boolean)
    RETURNS TABLE (asker bigint, kind text, year int, times int, pending boolean, county text,
                   county_en text, fen bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'aid', true);
        RETURN QUERY
        WITH {FOUND},
        told AS (
            SELECT asked, programme, org_path, day, fen, false AS pending FROM found
            UNION ALL
            SELECT m.asked, a.programme, a.org_path, a.applied_on, a.amount::bigint, true
            FROM mine m JOIN casework_application a ON a.id = m.id
            WHERE waiting AND a.state IN ('submitted', 'noticed') AND a.id <> m.asked),
        placed AS (
            SELECT t.*, t.org_path >= current_setting('nuanxin.scope_from', true)
                    AND t.org_path < current_setting('nuanxin.scope_to', true) AS seen, n.name, n.name_en
            FROM told t CROSS JOIN LATERAL (
                SELECT o.name, o.name_en FROM orgs_node o
                WHERE starts_with(t.org_path, o.path) AND (o.kind = 'county' OR o.path = t.org_path)
                ORDER BY o.kind = 'county' DESC LIMIT 1) n
            WHERE t.programme = ANY (kinds))
        SELECT asked, programme::text, extract(year FROM day)::int, count(*)::int, pending, name::text,
               name_en::text, CASE WHEN seen THEN sum(fen)::bigint END
        FROM placed GROUP BY 1, 2, 3, 5, 6, 7, seen ORDER BY 1, 2, 3, 5, 6;
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
"""

#: What the people were given in a period, in fen, in all programmes together: prior aid as income.
BEFORE = f"""
    CREATE FUNCTION casework_aid_before(asked bigint[], hashes bytea[], since date, before date)
    RETURNS TABLE (asker bigint, fen bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    #variable_conflict use_column
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'aid', true);
        RETURN QUERY WITH {FOUND} SELECT asked, coalesce(sum(fen), 0)::bigint FROM found GROUP BY 1;
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0012_steps_done"), ("registry", "0008_periods_guard")]
    operations = [
        *[
            migrations.RunSQL(
                f"CREATE POLICY aided ON {table} FOR SELECT TO CURRENT_USER"
                " USING (current_setting('nuanxin.lookup', true) = 'aid')",
                f"DROP POLICY aided ON {table}",
            )
            for table in READ
        ],
        migrations.RunSQL(
            AIDED, "DROP FUNCTION casework_aided(bigint[], bytea[], text[], date, date, boolean)"
        ),
        migrations.RunSQL(BEFORE, "DROP FUNCTION casework_aid_before(bigint[], bytea[], date, date)"),
    ]
