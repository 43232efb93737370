"""Row-level security, the foreign keys to the tree, and keys checked by each statement."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from nuanxin.kernel.rls import bind_org, check_at_once, secure

TABLES = ("reviews_review", "reviews_difference", "reviews_tally", "reviews_effect")

#: A union works through the reviews of the federations above it, so it reads those that are computed; it
#: cannot change them, and of their lists it sees its own households alone.
FROM_BELOW = RunSQL(
    """
    CREATE POLICY from_below ON reviews_review FOR SELECT USING (
        state IN ('open', 'closed')
        AND starts_with(current_setting('nuanxin.scope_from', true), org_path)
    );
    """,
    "DROP POLICY from_below ON reviews_review;",
)


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *(operation for table in TABLES for operation in (secure(table), bind_org(table))),
        FROM_BELOW,
        check_at_once("reviews_difference"),
    ]
