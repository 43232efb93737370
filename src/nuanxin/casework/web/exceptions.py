"""Exceptions on an application's page: what may be set aside, who has to agree, the papers still to come."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.web.forms import Form
from nuanxin.policy.engine.pack import EXCLUDED
from nuanxin.policy.programmes import Programme

from ..determination import told
from ..models import UNDER_WAY, Application, Overruling
from ..permissions import DECIDE
from ..services.act_first import papers_missing
from ..services.double_aid import PREFIX, title_of
from .explained import say
from .filters import programmes_here


class OverruleForm(Form):
    """Which exclusion is to be set aside, and why."""

    code = forms.ChoiceField(label=_("例外事项"))
    reason = forms.CharField(label=_("理由"), widget=forms.Textarea, max_length=500)

    def __init__(self, *args: Any, against: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = against  # type: ignore[attr-defined]


def overrulable(row: Application, programme: Programme) -> list[tuple[str, str]]:
    """What might be set aside, in words: clauses that exclude the application, the programmes of its rule
    of double aid. Whether there was such aid is asked, and recorded, only when somebody proposes it.
    """
    found = []
    if row.assessment and row.assessment.result == EXCLUDED:
        clauses = told(row.assessment).exclusions
        found = [(clause.code, say(clause.because)) for clause in clauses if clause.holds]
    if rule := programme.double:
        kinds = [programme.code, *(kind for kind in rule.kinds if kind != programme.code)]
        found += [(PREFIX + kind, _double(say(title_of(kind)))) for kind in kinds]
    taken = set(row.overrulings.values_list("code", flat=True))
    return [(code, text) for code, text in found if code not in taken]


def _double(programme: str) -> str:
    return gettext("重复救助：%(programme)s") % {"programme": programme}


def named(row: Overruling, titles: Mapping[str, str]) -> str:
    """The exception in words: double aid by its programme (`titles`), a clause by the reason it gives."""
    if row.code.startswith(PREFIX):
        kind = row.code.removeprefix(PREFIX)
        return _double(titles.get(kind, kind))
    assessment = row.application.assessment
    clauses = told(assessment).exclusions if assessment else ()
    return next((say(clause.because) for clause in clauses if clause.code == row.code), row.code)


def card(row: Application) -> dict[str, Any]:
    """What the page shows of exceptions and of papers that follow the money."""
    actor = scope.current()
    rows = list(row.overrulings.select_related("by", "agreed_by").order_by("pk"))
    for one in rows:
        one.application = row
    titles = dict(programmes_here()) if rows else {}
    awaited = row.papers_due_on is not None and row.papers_done_on is None
    return {
        "overrulings": [(one, named(one, titles)) for one in rows],
        "may_agree": actor.can(DECIDE) and row.state in UNDER_WAY and actor.staff_id != row.officer_id,
        "actor_staff": actor.staff_id,
        "papers_awaited": papers_missing(row) if awaited else None,
        "papers_late": bool(awaited and row.papers_due_on and row.papers_due_on < timezone.localdate()),
    }
