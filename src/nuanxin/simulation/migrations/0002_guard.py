"""Row-level security of scenarios, runs and what they came to."""

from django.db import migrations

from nuanxin.kernel.rls import bind_org, secure

TABLES = (
    "simulation_scenario",
    "simulation_changedpack",
    "simulation_standardchange",
    "simulation_run",
    "simulation_cell",
    "simulation_tally",
    "simulation_difference",
)


class Migration(migrations.Migration):
    dependencies = [("simulation", "0001_initial"), ("orgs", "0002_guard")]
    operations = [
        *[operation for table in TABLES for operation in (secure(table), bind_org(table))],
        bind_org("simulation_standardchange", "place_path"),
        bind_org("simulation_run", "place_path"),
    ]
