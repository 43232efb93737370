"""Row-level security for enrolments, whose rows never change."""

from django.db import migrations

from nuanxin.kernel.rls import append_only, bind_org, secure


class Migration(migrations.Migration):
    dependencies = [("registry", "0013_enrolments")]
    operations = [
        secure("registry_enrolment"),
        bind_org("registry_enrolment"),
        append_only("registry_enrolment"),
    ]
