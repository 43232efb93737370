"""Packs never change; standards are never deleted; both follow a node that moves."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org

KEEP = migrations.RunSQL(
    """
    CREATE FUNCTION policy_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a standard is ended, not deleted: decisions rest on it'
            USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER keep BEFORE DELETE ON policy_parameter
        FOR EACH ROW EXECUTE FUNCTION policy_refuse_delete();
    """,
    "DROP TRIGGER keep ON policy_parameter; DROP FUNCTION policy_refuse_delete();",
)


class Migration(migrations.Migration):
    dependencies = [("policy", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        KEEP,
        append_only("policy_pack"),
        append_only("policy_parameterhistory"),
        bind_org("policy_pack"),
        bind_org("policy_parameter"),
        bind_org("policy_parameterhistory"),
    ]
