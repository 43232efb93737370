"""Administrative divisions (GB/T 2260)."""

from django.db import models


class Division(models.Model):
    """A division with its six-digit code in one edition of the standard's data."""

    code = models.CharField(max_length=6, primary_key=True)
    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=120, db_collation="C")
    full_name = models.CharField(max_length=120)
    #: The edition the row was last seen in; a division abolished since keeps the last one that had it.
    edition = models.CharField(max_length=24)
    abolished = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.full_name
