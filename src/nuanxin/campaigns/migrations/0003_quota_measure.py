"""What drives gave counts under the same measure as what was applied for: one person, one yearly cap."""

from django.db import migrations

_RENAME = """
    SELECT set_config('nuanxin.lookup', 'quota', true);
    INSERT INTO ledger_quota (measure, key, year, used, cap)
    SELECT '{new}', key, year, used, cap FROM ledger_quota WHERE measure = '{old}'
    ON CONFLICT (measure, key, year) DO UPDATE SET
        used = ledger_quota.used + EXCLUDED.used,
        cap = greatest(ledger_quota.cap, EXCLUDED.cap, ledger_quota.used + EXCLUDED.used);
    DELETE FROM ledger_quota WHERE measure = '{old}';
    SELECT set_config('nuanxin.lookup', '', true);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_guard"),
        ("ledger", "0002_guard"),
    ]

    operations = [
        migrations.RunSQL(
            _RENAME.format(old="send-warmth", new="aid.send-warmth"),
            _RENAME.format(old="aid.send-warmth", new="send-warmth"),
        )
    ]
