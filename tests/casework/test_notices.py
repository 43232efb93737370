"""Public notices: their end is fixed when they are put up."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from nuanxin.casework import printing
from nuanxin.casework.models import Application, Notice
from nuanxin.kernel import scope

from . import factories as make

pytestmark = pytest.mark.django_db


def changed(notice, **fields):
    with transaction.atomic():
        return Notice.objects.filter(pk=notice.pk).update(**fields)


def test_the_end_of_a_notice_is_never_earlier_than_when_it_was_put_up(county):
    notice = make.application(county, "noticed").notices.get()
    day = timedelta(days=1)
    with scope.acting(county.officer):
        for fields in ({"until": notice.until - day}, {"since": notice.since - day}):
            with pytest.raises(IntegrityError, match="never shortened"):
                changed(notice, **fields)
        assert changed(notice, until=notice.until + day) == 1


def test_a_notice_taken_down_never_counts_again(county):
    notice = make.application(county, "noticed").notices.get()
    with scope.acting(county.officer):
        assert changed(notice, withdrawn=True) == 1
        with pytest.raises(IntegrityError, match="put up again"):
            changed(notice, withdrawn=False)


def test_the_paper_names_the_programme_and_masks_a_child(county):
    notice = make.application(county, "noticed").notices.get()
    paper = printing.notice_data(notice)
    told = dict(paper["rows"])
    assert paper["title"] == "困难职工建档公示" and told["困难类别"] == "相对困难"
    assert told["姓名"] == notice.application.home.head.name
    child = Application(
        org=notice.org,
        programme="schooling-aid",
        programme_version="",
        applied_on=notice.since,
        person=notice.application.home.head,
    )
    paper = printing.notice_data(Notice(**_as(notice), application=child))
    told = dict(paper["rows"])
    assert paper["title"] == "助学救助公示" and told["姓名"].endswith("*") and "困难类别" not in told
    assert printing.notice_pdf(notice).startswith(b"%PDF")


def _as(notice):
    """The fields of a notice for another of the same days."""
    names = ("org", "since", "until", "working_days", "phone", "place")
    return {name: getattr(notice, name) for name in names}
