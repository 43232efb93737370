"""Row-level security, and the foreign key to the tree that follows a moved node."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

TABLES = (
    "casework_assessment",
    "casework_application",
    "casework_applicationhistory",
    "casework_visit",
    "casework_notice",
    "casework_objection",
    "casework_file",
    "casework_filehistory",
    "casework_aidlist",
    "casework_award",
)


class Migration(migrations.Migration):
    dependencies = [("casework", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        *[append_only(table) for table in TABLES if table.endswith("history")],
    ]
