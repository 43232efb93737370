from django.db import migrations, models

LOOKS = (
    "identity.revealed",
    "attachment.seen",
    "list.exported",
    "payments.cards_revealed",
    "registry.looked_up",
)


class Migration(migrations.Migration):
    dependencies = [("records", "0003_removed")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["-id"],
                include=["action", "org"],
                name="entry_looks",
                condition=models.Q(action__in=LOOKS),
            ),
        ),
    ]
