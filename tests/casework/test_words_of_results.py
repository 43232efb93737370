"""What the lists call the outcome of a determination: in the words of the programme's own pack."""

import pytest
from django.test import Client
from django.urls import reverse

from . import applying
from . import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def reviewer(county: make.County) -> Client:
    client = Client()
    client.force_login(county.reviewer_post.staff)
    return client


def test_the_list_and_the_home_page_name_programme_and_outcome(county, reviewer):
    row = applying.temporary(county, "submitted")
    assert row.assessment.result == "give"
    listed = reviewer.get(reverse("casework:applications")).content.decode()
    assert "先行救助" in listed and ">give<" not in listed
    (work,) = [work for work in reviewer.get("/").context["items"] if work.url.endswith(f"/{row.pk}/")]
    assert (work.what, work.chip) == ("临时救助", "先行救助")


def test_a_file_keeps_the_words_of_the_classes(county, reviewer):
    row = make.application(county, "submitted")
    (work,) = [work for work in reviewer.get("/").context["items"] if work.url.endswith(f"/{row.pk}/")]
    assert work.chip == row.assessment.get_result_display()
