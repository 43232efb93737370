"""The standards a file is kept at, over time; and where a file stands in the year."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import Exit, File, FileStandard
from nuanxin.casework.services.standards import renew_standards
from nuanxin.kernel import scope
from nuanxin.policy import programmes

from . import factories as make
from .test_pages import browser

pytestmark = pytest.mark.django_db

ALL = {"national", "provincial", "city", "county", "grassroots"}


def held(file):
    return set(FileStandard.objects.filter(file=file, until__isnull=True).values_list("standard", flat=True))


def told_by(monkeypatch, *standards):
    """The programme of filing names these standards."""
    found = programmes.Filed
    filed = tuple(found(*given) for given in standards)

    class Programme:
        standards = filed

    monkeypatch.setattr(
        "nuanxin.casework.services.standards.policy.programme_in_force", lambda *args: Programme
    )


def test_a_new_file_is_kept_at_every_standard_of_its_place(county):
    file = make.file(county)
    assert held(file) == ALL
    one = FileStandard.objects.filter(file=file).first()
    assert (one.org_id, one.assessment_id, one.since) == (file.org_id, file.basis.pk, timezone.localdate())


def test_a_standard_that_names_an_expression_is_met_where_it_holds(county, monkeypatch):
    file = make.file(county)
    basis = file.basis
    values = basis.outcome["values"]
    assert values, "the pack tells figures"
    told_by(monkeypatch, ("national", "meets_national"), ("county", ""))
    with scope.acting(county.reviewer):
        renew_standards(files=[file.pk], because="复核")
    assert held(file) == {"county"}


def test_standards_end_where_they_are_no_longer_met_and_begin_again(county, monkeypatch):
    file = make.file(county)
    before = timezone.localdate() - timedelta(days=30)
    FileStandard.objects.filter(file=file).update(since=before)
    told_by(monkeypatch, ("county", ""))
    with scope.acting(county.reviewer):
        assert renew_standards(files=[file.pk], because="复核") == 4
        assert renew_standards(files=[file.pk], because="复核") == 0
    ended = FileStandard.objects.filter(file=file, until__isnull=False)
    assert {row.standard for row in ended} == ALL - {"county"}
    assert {(row.since, row.until) for row in ended} == {(before, timezone.localdate())}


def test_a_file_that_is_left_meets_none(county):
    file = make.file(county)
    FileStandard.objects.filter(file=file).update(since=timezone.localdate() - timedelta(days=1))
    with scope.acting(county.officer):
        row = services.propose_exit(file=file, kind=Exit.Kind.MOVED, reason="全家迁往外省")
        services.submit_exit(exit=row)
    with scope.acting(county.decider):
        services.approve_exit(exit=row)
    assert held(file) == set()


def test_stock_new_and_returned_by_the_year(county):
    file = make.file(county)
    year = timezone.localdate().year
    assert (file.origin(year), file.origin(year + 1)) == ("new", "stock")
    client = browser(county.reviewer_post)
    url = reverse("casework:files")

    def found(**query):
        return client.get(url, query | {"tab": "open"}).context["total"].number

    assert (found(origin="new"), found(origin="stock"), found(standard="city")) == (1, 0, 1)
    File.objects.filter(pk=file.pk).update(reopened=True)
    assert (found(origin="new"), found(origin="returned")) == (0, 1)
    page = client.get(reverse("casework:file", args=[file.pk])).content.decode()
    assert "返困" in page and "国家级、省级" in page
