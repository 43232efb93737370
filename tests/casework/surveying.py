"""Surveys and their rows in any state, through the services."""

from typing import Any

from nuanxin.casework import services
from nuanxin.casework.models import Survey, Surveyed
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Post
from nuanxin.registry.models import Household
from tests.orgs import factories as orgs

from . import factories as make

SURVEY = "casework.survey.make"
#: Months a year.
YEAR = 12


def maker(at: make.County) -> Post:
    """A post in the county that makes surveys."""
    return orgs.post(at.node, *make.REVIEWER, SURVEY, "registry.finance.see", "registry.household.see")


def earning(at: make.County, yuan: int | None, **fields: Any) -> Household:
    """A household of one with so much a month: under the line of 620, under twice it, or near that."""
    income = None if yuan is None else Money.yuan(yuan * YEAR)
    return make.household(at, annual_income=income, **fields)


def survey(at: make.County, **fields: Any) -> Survey:
    """A survey of the county over the households there are."""
    with scope.acting(maker(at).actor()):
        return services.make_survey(**({"title": "摸底排查"} | fields))


def row(at: make.County, state: str = "open") -> Surveyed:
    """A household that qualifies, on a list of its own, in a state."""
    home = earning(at, 500)
    with scope.acting(maker(at).actor()):
        listed = services.make_survey(title="摸底排查").households.get(household=home)
        if state == "lapsed":
            rows = Surveyed.objects.filter(pk=listed.pk)
            services.lapse_surveyed(survey=listed.survey, rows=rows, reason="重复列入。")
    with scope.acting(at.officer):
        if state == "applied":
            services.file_surveyed(row=listed)
        action = {"declined": "decline", "clear": "clear", "absent": "lose"}.get(state)
        if action:
            services.settle_surveyed(row=listed, action=action, reason="已入户核实。")
    listed.refresh_from_db()
    return listed
