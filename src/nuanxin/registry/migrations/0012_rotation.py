"""Append-only tables let a key rotation through: the same row, a cipher under another key."""

from django.db import migrations

#: As before for a node that moves. While a rotation says so (kernel.rotation), a row may also change in its
#: ciphers alone, none may come or go, and each that changes must name another key or another cipher.
LET_CIPHERS_THROUGH = migrations.RunSQL(
    """
    CREATE FUNCTION nuanxin_only_resealed(before jsonb, after jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE AS $$
        SELECT coalesce(bool_and(
            b.value IS NOT DISTINCT FROM a.value
            OR b.key ~ '_cipher$' AND b.value IS NOT NULL AND a.value IS NOT NULL
               AND length(b.value) = length(a.value) AND substr(b.value, 1, 6) <> substr(a.value, 1, 6)), false)
        FROM jsonb_each_text(before) b JOIN jsonb_each_text(after) a USING (key)
    $$;
    CREATE OR REPLACE FUNCTION nuanxin_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
           AND (to_jsonb(OLD) - '{org_path,debit_path,credit_path,union_path}'::text[])
             = (to_jsonb(NEW) - '{org_path,debit_path,credit_path,union_path}'::text[]) THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'UPDATE' AND current_setting('nuanxin.rotating', true) = 'on'
           AND nuanxin_only_resealed(to_jsonb(OLD), to_jsonb(NEW)) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$;
    """,
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
    DROP FUNCTION nuanxin_only_resealed(jsonb, jsonb);
    """,
)


class Migration(migrations.Migration):
    dependencies = [("registry", "0011_employers_guard")]
    operations = [LET_CIPHERS_THROUGH]
