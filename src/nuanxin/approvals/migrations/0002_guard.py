"""Row-level security; a vote carries its process's maker, and is never changed."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure

MAKER = migrations.RunSQL(
    "ALTER TABLE approvals_vote ADD CONSTRAINT vote_process_maker FOREIGN KEY (process_id, maker_id)"
    " REFERENCES approvals_process (id, maker_id);",
    "ALTER TABLE approvals_vote DROP CONSTRAINT vote_process_maker;",
)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        MAKER,
        append_only("approvals_vote"),
        *[
            operation
            for table in ("approvals_process", "approvals_vote")
            for operation in (secure(table), bind_org(table))
        ],
    ]
