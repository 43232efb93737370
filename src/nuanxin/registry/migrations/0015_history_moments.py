"""What a transaction wrote is found in the row history by its time: the pages are in its order already."""

from django.db import migrations

TABLES = ("person", "household", "member", "expense")


class Migration(migrations.Migration):
    dependencies = [("registry", "0014_enrolments_guard")]
    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {table}history_moment ON registry_{table}history"
            " USING brin (pgh_created_at) WITH (pages_per_range = 16, autosummarize = on);",
            f"DROP INDEX {table}history_moment;",
        )
        for table in TABLES
    ]
