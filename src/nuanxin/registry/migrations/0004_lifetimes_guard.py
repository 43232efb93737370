"""Row-level security and the keys to the tree for what is kept of times, employers, doubles and moves."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

TABLES = (
    "registry_circumstance",
    "registry_columnmapping",
    "registry_consent",
    "registry_consenthistory",
    "registry_employer",
    "registry_employerhistory",
    "registry_likeness",
    "registry_membership",
    "registry_membershiphistory",
    "registry_merge",
)

#: As kernel.rls.REFUSE_CHANGE, and the union of an employer follows a moved node like its organisation.
FOLLOWING = migrations.RunSQL(
    """
    CREATE OR REPLACE FUNCTION nuanxin_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
           AND (to_jsonb(OLD) - '{org_path,debit_path,credit_path,union_path}'::text[])
             = (to_jsonb(NEW) - '{org_path,debit_path,credit_path,union_path}'::text[]) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0003_lifetimes")]
    operations = [
        FOLLOWING,
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        *[append_only(table) for table in TABLES if table.endswith("history")],
        *[bind_org(table, "union_path") for table in ("registry_employer", "registry_employerhistory")],
        # Both unions see a request; either may write it, the flow says who does what.
        secure("registry_transfer", "org_path", "other_path"),
        *[bind_org("registry_transfer", column) for column in ("org_path", "other_path", "target_path")],
    ]
