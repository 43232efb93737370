"""Row-level security, and the foreign key to the tree that follows a moved node."""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, secure

TABLES = (
    "reporting_return",
    "reporting_cell",
)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0001_initial"), ("orgs", "0002_guard")]
    operations = [operation for table in TABLES for operation in (secure(table), bind_org(table))]
