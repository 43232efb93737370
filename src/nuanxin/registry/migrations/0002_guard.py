"""Row-level security, and the foreign key to the tree that follows a moved node."""

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


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        *[append_only(table) for table in TABLES if table.endswith("history")],
    ]
