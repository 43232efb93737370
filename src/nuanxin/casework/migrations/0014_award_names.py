"""Awards carry the name and the day of their list."""

from django.db import migrations, models

#: Awards of lists take the list's name and day, whoever's they are.
NAMES = migrations.RunSQL(
    """
    SELECT set_config('nuanxin.scope_from', '', true), set_config('nuanxin.scope_to', '~', true);
    UPDATE casework_award a SET name = l.title, determined_on = l.as_of
    FROM casework_aidlist l WHERE l.id = a.aid_list_id;
    SET CONSTRAINTS ALL IMMEDIATE;
    """,
    migrations.RunSQL.noop,
)


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0013_double_aid"),
        ("orgs", "0002_guard"),
    ]

    operations = [
        migrations.AddField(
            model_name="award",
            name="determined_on",
            field=models.DateField(null=True),
        ),
        NAMES,
        migrations.AddConstraint(
            model_name="award",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("aid_list__isnull", True), ("determined_on__isnull", False), _connector="OR"
                ),
                name="award_determined_on",
            ),
        ),
    ]
