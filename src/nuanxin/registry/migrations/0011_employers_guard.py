"""The look across for employers: a credit code is answered with the county that has it, and nothing else."""

from django.db import migrations

#: As 0002_guard.FILED_ELSEWHERE, for one credit code. The policy holds for the owner inside the function.
EMPLOYER_ELSEWHERE = migrations.RunSQL(
    """
    CREATE POLICY lookup ON registry_employer FOR SELECT TO CURRENT_USER
        USING (current_setting('nuanxin.lookup', true) = 'employer');
    CREATE FUNCTION registry_employer_elsewhere(code text)
    RETURNS TABLE (county text, county_en text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM set_config('nuanxin.lookup', 'employer', true);
        RETURN QUERY
        SELECT n.name::text, n.name_en::text
        FROM registry_employer e
        CROSS JOIN LATERAL (
            SELECT o.name, o.name_en FROM orgs_node o
            WHERE starts_with(e.org_path, o.path) AND (o.kind = 'county' OR o.path = e.org_path)
            ORDER BY o.kind = 'county' DESC LIMIT 1) n
        WHERE e.credit_code = code
          AND NOT (e.org_path >= current_setting('nuanxin.scope_from', true)
               AND e.org_path < current_setting('nuanxin.scope_to', true));
        PERFORM set_config('nuanxin.lookup', '', true);
    END $$;
    """,
    """
    DROP FUNCTION registry_employer_elsewhere(text);
    DROP POLICY lookup ON registry_employer;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0010_queues")]
    operations = [EMPLOYER_ELSEWHERE]
