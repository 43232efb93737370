"""The command that makes kept determinations again."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from nuanxin.casework.models import Assessment, Award, Omission
from nuanxin.kernel.money import Money

from . import factories as make

pytestmark = pytest.mark.django_db


def reproduce(*args: str, **options: Any) -> str:
    out = StringIO()
    call_command("reproduce", *args, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_each_kind_comes_out_the_same(county):
    file = make.file(county)
    award = make.aid_list(county, "approved", files=[file.pk]).awards.get()
    make.aid_list(county, files=[file.pk], title="第二批")
    assert "1 made again: all the same" in reproduce("assessment", str(file.application.assessment_id))
    assert "all the same" in reproduce("award", str(award.pk))
    assert "all the same" in reproduce("omission", all=True)
    assert (Award.objects.count(), Omission.objects.count()) == (1, 1)
    many = Assessment.objects.count()
    assert f"{many} made again" in reproduce("assessment", all=True)
    assert "0 made again" in reproduce("assessment", all=True, since="2999-01-01")


@pytest.mark.parametrize("language, words", [("zh", "月人均收入"), ("en", "a head and month")])
def test_the_explanation_is_printed(county, language, words):
    row = make.application(county, annual_income=Money.yuan(3_000)).assessment
    told = reproduce("assessment", str(row.pk), language=language)
    assert words in told and "620.00" in told and "✓" in told and "✗" in told


def test_what_differs_is_named_and_the_command_fails(county):
    row = Award.objects.get(pk=make.aid_list(county, files=[make.file(county).pk]).awards.get().pk)
    row.outcome["values"]["months"] = "11"
    row.save(update_fields=["outcome"])
    out = StringIO()
    with pytest.raises(CommandError, match="1 of 1"):
        call_command("reproduce", "award", str(row.pk), stderr=out, stdout=out)
    assert f"award {row.pk}: values.months: kept 11, made again 10" in out.getvalue()


def test_a_pack_that_was_never_loaded_is_a_difference(county):
    row = Award.objects.get(pk=make.aid_list(county, files=[make.file(county).pk]).awards.get().pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE casework_award SET pack_hash = %s WHERE id = %s", ["0" * 64, row.pk])
    with pytest.raises(CommandError, match="1 of 1"):
        reproduce("award", str(row.pk))


def test_it_says_what_it_wants(county):
    with pytest.raises(CommandError, match="name the records"):
        reproduce("assessment")
    with pytest.raises(CommandError, match="do not exist"):
        reproduce("assessment", "999999999")
