"""Row-level security, and the foreign key to the tree that follows a moved node."""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, check_at_once, secure

TABLES = (
    "payments_batch",
    "payments_due",
    "payments_resultfile",
)


class Migration(migrations.Migration):
    dependencies = [("payments", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *(operation for table in TABLES for operation in (secure(table), bind_org(table))),
        check_at_once("payments_due"),
    ]
