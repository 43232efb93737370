"""A person merged into another answers for nobody: no chains, no second merge, nothing live points there."""

from django.db import migrations

#: The tables that say where a person is, their column of the person, and the one that is empty while it holds.
LIVE = (
    ("registry_member", "person_id", "until"),
    ("registry_household", "head_id", "ended_on"),
    ("registry_membership", "person_id", "left_on"),
)

#: The owner looks past the scope, and only while one of its functions runs (as in 0002_guard): a person may
#: be a union's member in another county, and then the row is not given up here.
LOOKUPS = [
    migrations.RunSQL(
        f"CREATE POLICY lookup ON {table} FOR SELECT TO CURRENT_USER"
        " USING (current_setting('nuanxin.lookup', true) = 'person');",
        f"DROP POLICY lookup ON {table};",
    )
    for table, _person, _end in LIVE
]

#: Checked when a person is merged; taking it back needs no check but that of the service.
MERGED = migrations.RunSQL(
    f"""
    CREATE FUNCTION registry_check_merge() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        chained boolean;
        needed boolean;
    BEGIN
        IF OLD.merged_into_id IS NOT NULL THEN
            RAISE EXCEPTION 'person % was merged before', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'person_merged_once';
        END IF;
        PERFORM set_config('nuanxin.lookup', 'person', true);
        chained := EXISTS (SELECT FROM registry_person p WHERE p.merged_into_id = NEW.id
                           OR (p.id = NEW.merged_into_id AND p.merged_into_id IS NOT NULL));
        needed := {" OR ".join(f"EXISTS (SELECT FROM {t} WHERE {p} = NEW.id AND {e} IS NULL)" for t, p, e in LIVE)};
        PERFORM set_config('nuanxin.lookup', '', true);
        IF chained THEN
            RAISE EXCEPTION 'merges are not chained'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'person_merge_not_chained';
        END IF;
        IF needed THEN
            RAISE EXCEPTION 'person % still lives or works somewhere', NEW.id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'person_merged_needed';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER person_merge BEFORE UPDATE OF merged_into_id ON registry_person FOR EACH ROW
        WHEN (NEW.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
        EXECUTE FUNCTION registry_check_merge();
    CREATE FUNCTION registry_refuse_merged() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        gone boolean;
    BEGIN
        -- Only rows that came to point there; the lock is the one the foreign key takes at the commit, so a
        -- merge under way is waited for.
        EXECUTE format('SELECT bool_or(merged) FROM (SELECT p.merged_into_id IS NOT NULL AS merged'
            ' FROM fresh JOIN registry_person p ON p.id = fresh.%1$I WHERE fresh.%2$I IS NULL'
            || CASE TG_OP WHEN 'UPDATE' THEN ' AND NOT EXISTS (SELECT FROM stale WHERE stale.id = fresh.id'
                ' AND stale.%1$I = fresh.%1$I AND stale.%2$I IS NULL)' ELSE '' END
            || ' FOR KEY SHARE OF p) one', TG_ARGV[0], TG_ARGV[1]) INTO gone;
        IF gone THEN
            RAISE EXCEPTION 'rows of % do not point at a person merged into another', TG_TABLE_NAME
                USING ERRCODE = 'check_violation', CONSTRAINT = 'person_not_merged';
        END IF;
        RETURN NULL;
    END $$;
    """,
    """
    DROP TRIGGER person_merge ON registry_person;
    DROP FUNCTION registry_check_merge();
    DROP FUNCTION registry_refuse_merged();
    """,
)

REFUSALS = [
    migrations.RunSQL(
        f"CREATE TRIGGER person_not_merged_{word} AFTER {word} ON {table} REFERENCING {tables}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION registry_refuse_merged('{person}', '{end}');",
        f"DROP TRIGGER person_not_merged_{word} ON {table};",
    )
    for table, person, end in LIVE
    for word, tables in (
        ("insert", "NEW TABLE AS fresh"),
        ("update", "OLD TABLE AS stale NEW TABLE AS fresh"),
    )
]


class Migration(migrations.Migration):
    dependencies = [("registry", "0004_lifetimes_guard")]
    operations = [*LOOKUPS, MERGED, *REFUSALS]
