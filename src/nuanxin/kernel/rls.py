"""Row-level security: migration operations and the register of tables without it.

A scoped table carries `org_path`; the policy is a range on it, so an index that leads with the
path serves both the list and the policy. FORCE makes it hold for the owner as well.
"""

from django.db.migrations.operations import RunSQL

#: The range test on a path column; the settings are put on the transaction by kernel.scope.
IN_SCOPE = (
    "({c} >= current_setting('nuanxin.scope_from', true) AND {c} < current_setting('nuanxin.scope_to', true))"
)

_without: dict[str, str] = {}


def in_scope(*columns: str) -> str:
    """SQL that is true when any of the path columns lies in the actor's subtree."""
    return "(" + " OR ".join(IN_SCOPE.format(c=column) for column in columns) + ")"


def unscoped(label: str, reason: str) -> None:
    """Say why a model ("app.Model") has no policy; the house test asks for it."""
    _without[label.lower()] = reason


def unscoped_models() -> dict[str, str]:
    return dict(_without)


def secure(table: str, *columns: str, write: str | None = None) -> RunSQL:
    """Enable and force row-level security on a table; rows are seen when any column is in scope.

    `write` is the SQL test for new and changed rows; by default the same as for reading.
    """
    columns = columns or ("org_path",)
    using = in_scope(*columns)
    return RunSQL(
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;'
        f'CREATE POLICY scope ON "{table}" USING {using} WITH CHECK {write or using};',
        f'DROP POLICY scope ON "{table}"; ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY,'
        f" DISABLE ROW LEVEL SECURITY;",
    )


def bind_org(table: str, column: str = "org_path") -> RunSQL:
    """The foreign key to the tree that follows when a node moves (Django has no ON UPDATE)."""
    name = f"{table}_{column}_fk"[:63]
    return RunSQL(
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" FOREIGN KEY ("{column}")'
        f" REFERENCES orgs_node (path) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;",
        f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}";',
    )


def append_only(table: str) -> RunSQL:
    """No row of the table is ever changed or deleted; only a moved node's path follows."""
    return RunSQL(
        f'CREATE TRIGGER append_only_row BEFORE UPDATE OR DELETE ON "{table}"'
        f" FOR EACH ROW EXECUTE FUNCTION nuanxin_refuse_change();"
        f'CREATE TRIGGER append_only_all BEFORE TRUNCATE ON "{table}"'
        f" FOR EACH STATEMENT EXECUTE FUNCTION nuanxin_refuse_change();",
        f'DROP TRIGGER append_only_row ON "{table}"; DROP TRIGGER append_only_all ON "{table}";',
    )


#: Used by `append_only`; created by the first migration of orgs. An UPDATE passes only when
#: nothing but path columns differ, which is how a moved node reaches the rows below it.
REFUSE_CHANGE = RunSQL(
    """
    CREATE FUNCTION nuanxin_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
           AND (to_jsonb(OLD) - '{org_path,debit_path,credit_path}'::text[])
             = (to_jsonb(NEW) - '{org_path,debit_path,credit_path}'::text[]) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END $$;
    """,
    "DROP FUNCTION nuanxin_refuse_change();",
)


def check_at_once(table: str) -> RunSQL:
    """Foreign keys of the table are checked by each statement, not kept for the commit.

    For tables written ten thousand rows at a time: while so many checks wait, every trigger that runs a
    statement of its own (each row's state machine) takes a quarter of a millisecond instead of ten
    microseconds.
    """
    sql = (
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT conname FROM pg_constraint"
        f" WHERE conrelid = '\"{table}\"'::regclass AND contype = 'f' LOOP"
        f" EXECUTE format('ALTER TABLE \"{table}\" ALTER CONSTRAINT %I DEFERRABLE INITIALLY {{}}', name);"
        " END LOOP; END $$;"
    )
    return RunSQL(sql.format("IMMEDIATE"), sql.format("DEFERRED"))
