"""The two database roles, what each may do, and the refusal of a runtime role that may more.

`nuanxin_owner` owns the schema and runs migrations; `nuanxin` runs the program: it owns nothing and
row-level security binds it. Both are bound by it, for the tables force it on their owner as well.
"""

from typing import Any

import psycopg
from psycopg.sql import SQL, Composable, Identifier

SUPERUSER = "postgres"  # of the embedded cluster only
OWNER = "nuanxin_owner"
RUNTIME = "nuanxin"
EXTENSIONS = ("ltree", "btree_gist", "pg_trgm", "citext")
ATTRIBUTES = SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")

Connection = psycopg.Connection[Any]

_LOCK = SQL("SELECT pg_advisory_lock(hashtext('nuanxin roles and databases'))")
_UNLOCK = SQL("SELECT pg_advisory_unlock(hashtext('nuanxin roles and databases'))")

_POWERS = """
    SELECT CASE WHEN r.rolsuper THEN 'is a superuser'
                WHEN r.rolbypassrls THEN 'may bypass row-level security'
                ELSE 'may create roles' END || CASE WHEN r.rolname = current_user THEN ''
                                                    ELSE ' through the role ' || r.rolname END
      FROM pg_roles r
     WHERE (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole) AND pg_has_role(current_user, r.oid, 'MEMBER')
     UNION ALL
    SELECT format('owns %s tables, among them %s', count(*), min(c.oid::regclass::text))
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^(pg_|information_schema$)'
       AND pg_has_role(current_user, c.relowner, 'MEMBER')
    HAVING count(*) > 0
"""


def ensure_roles(connection: Connection) -> None:
    """Make both roles, and take from them whatever attribute they should not have."""
    connection.execute(_LOCK)
    for role in (OWNER, RUNTIME):
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
            connection.execute(SQL("CREATE ROLE {}").format(Identifier(role)))
        connection.execute(SQL("ALTER ROLE {} {}").format(Identifier(role), ATTRIBUTES))
    connection.execute(_UNLOCK)


def ensure_database(connection: Connection, name: str) -> None:
    """Make the database `name`, owned by the owner role, when it is missing."""
    connection.execute(_LOCK)
    if not has_database(connection, name):
        statement = SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'")
        connection.execute(statement.format(Identifier(name), Identifier(OWNER)))
    connection.execute(_UNLOCK)


def has_database(connection: Connection, name: str) -> bool:
    """Whether the database `name` exists."""
    return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def drop_database(connection: Connection, name: str) -> None:
    """Drop the database `name` when it exists, throwing out its sessions."""
    connection.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


def prepare_database(connection: Connection, owner: str = OWNER, runtime: str = RUNTIME) -> None:
    """Extensions and grants in the connected database, as a superuser or as its owner; safe to repeat.

    Only default privileges are given, for tables to come: what a migration takes back from the runtime
    role (UPDATE on an append-only table) is not given again.
    """
    names: dict[str, Composable] = {"owner": Identifier(owner), "runtime": Identifier(runtime)}
    statements = [
        *(f"CREATE EXTENSION IF NOT EXISTS {name}" for name in EXTENSIONS),
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {runtime}",
        "GRANT CREATE, USAGE ON SCHEMA public TO {owner}",
    ]
    for privileges in ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES"):
        statements.append(f"ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} GRANT {privileges} TO {{runtime}}")
    statements.append("ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT EXECUTE ON FUNCTIONS TO {runtime}")
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('nuanxin roles and databases'))")
        for statement in statements:
            connection.execute(SQL(statement).format(**names))


def excess_powers(connection: Connection) -> list[str]:
    """What the connected role may that a runtime role must not; empty when it is fit to run the program.

    A power held through membership counts: SET ROLE would be enough to use it.
    """
    return [row[0] for row in connection.execute(_POWERS)]
