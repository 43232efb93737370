"""Row-level security, and the foreign key to the tree that follows a moved node."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from nuanxin.kernel.rls import bind_org, secure

TABLES = (
    "campaigns_drive",
    "campaigns_recipient",
)

#: A union visits for the drives of the federations above it, so it reads those that are decided; it
#: cannot change them, and it sees none but its own recipients.
FROM_BELOW = RunSQL(
    """
    CREATE POLICY from_below ON campaigns_drive FOR SELECT USING (
        state IN ('approved', 'closed')
        AND starts_with(current_setting('nuanxin.scope_from', true), org_path)
    );
    """,
    "DROP POLICY from_below ON campaigns_drive;",
)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *(operation for table in TABLES for operation in (secure(table), bind_org(table))),
        FROM_BELOW,
    ]
