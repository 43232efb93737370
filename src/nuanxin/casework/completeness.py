"""What an application still lacks before it can be handed on: by its programme, in the order to mend it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.policy.programmes import Programme
from nuanxin.records import queries as records
from nuanxin.registry.models import Household
from nuanxin.registry.papers import LASTING

from . import answers, payees, programmes, urgency
from .models import FILING, Application, Assessment, Visit

#: A document of this kind is the consent of who belongs to no household.
CONSENT = "consent"


@dataclass(frozen=True)
class Lack:
    """One thing that is missing; `field` names the question, `document` the kind of paper."""

    code: str
    text: Any
    field: str = ""
    document: str = ""

    def refusal(self) -> Refused:
        return Refused(self.text, code=self.code, field=self.field or None)


@dataclass
class Known:
    """What is kept of applications beside themselves, by application, read once for all of them."""

    papers: dict[int, set[str]]
    visited: set[int]
    payable: set[int]
    used: Mapping[int, Mapping[str, Any]]
    limits: dict[tuple[str, str], Lack | Money | None] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Application], by: Mapping[int, Programme]) -> "Known":
        keys = [row.pk for row in rows]
        papers: dict[int, set[str]] = defaultdict(set)
        for pk, category in records.categories_of(Application, keys):
            papers[pk].add(category)
        for pk, category in _lasting(rows):
            papers[pk].add(category)
        visits = Visit.objects.filter(among(keys, "application"))
        visited = set(visits.values_list("application_id", flat=True))
        paid = [row for row in rows if by[row.pk].outcome == "award"]
        return cls(papers, visited, set(payees.accounts_of(paid, by)) if paid else set(), _used(rows, by))

    def limit(self, programme: Programme, place: str) -> Lack | Money | None:
        """The most there is at a place where no pack computes it, or that nobody has set it there."""
        key = (programme.sha256, place)
        if key not in self.limits:
            try:
                self.limits[key] = programmes.most(programme, place)
            except Refused as unset:
                self.limits[key] = Lack(unset.code, unset.message)
        return self.limits[key]


def _lasting(rows: Sequence[Application]) -> Iterator[tuple[int, str]]:
    """What a family's own papers hold for good: it need not be brought again for the family or its head."""
    own = {row.pk: row.household_id or 0 for row in rows if _for_the_head(row)}
    kept: dict[int, set[str]] = defaultdict(set)
    for home, category in records.categories_of(Household, set(own.values())):
        if category in LASTING:
            kept[home].add(category)
    for pk, home in own.items():
        yield from ((pk, category) for category in kept.get(home, ()))


def _for_the_head(row: Application) -> bool:
    return row.household is not None and row.person_id in (None, row.household.head_id)


def papers_of(application: Application) -> set[str]:
    """The kinds of papers an application has, those its family's own hold for good among them."""
    own = {category for _pk, category in records.categories_of(Application, [application.pk])}
    return own | {category for _pk, category in _lasting([application])}


def lacks(application: Application, programme: Programme) -> list[Lack]:
    """Everything that is missing, the first to mend first; empty when it can be submitted."""
    return lacks_of([application], {application.pk: programme})[application.pk]


def lacks_of(rows: Sequence[Application], by: Mapping[int, Programme]) -> dict[int, list[Lack]]:
    """The same of many applications by a fixed number of queries, and one for each limit of a place."""
    known = Known.of(rows, by)
    return {row.pk: list(_lacks(row, by[row.pk], known)) for row in rows}


def _lacks(application: Application, programme: Programme, known: Known) -> Iterator[Lack]:
    held = known.papers.get(application.pk, set())
    yield from _unanswered(application, programme)
    yield from _consent(application, programme, held)
    yield from _contradicted(application, programme, known)
    yield from _determination(application, programme)
    yield from _evidence(application, programme, held, known)
    yield from _money(application, programme, known)


def _unanswered(application: Application, programme: Programme) -> Iterator[Lack]:
    if programme.code == FILING:
        return  # its questions are answered on the signed form, which is uploaded
    for open_one in answers.lacking(programme, application.answers):
        title = open_one.title.in_(get_language() or "zh")
        yield Lack("no_answer", _("请填写“%(title)s”。") % {"title": title}, field=open_one.code)


def _consent(application: Application, programme: Programme, held: set[str]) -> Iterator[Lack]:
    if not programme.consent or application.employer_id:
        return
    if application.household is None:
        if CONSENT not in held:
            yield Lack("no_consent", _("请上传本人签字的核查授权书。"), document=CONSENT)
    elif application.household.consent_on is None:
        yield Lack("no_consent", _("缺少家庭授权核查签字日期，请先在家庭信息中补填。"))


def _used(rows: Sequence[Application], by: Mapping[int, Programme]) -> Mapping[int, Mapping[str, Any]]:
    """The facts determinations were made from, where a programme asks for some of them; by determination."""
    keys = [row.assessment_id for row in rows if row.assessment_id and by[row.pk].facts]
    return dict(Assessment.objects.filter(among(keys)).values_list("pk", "facts")) if keys else {}


def _contradicted(application: Application, programme: Programme, known: Known) -> Iterator[Lack]:
    """Answers the registry knows otherwise: it is what counts, so somebody has to put one of them right."""
    used = known.used.get(application.assessment_id or 0, {})
    for question in answers.contradicted(programme, application.answers, used):
        title = question.title.in_(get_language() or "zh")
        text = _("“%(title)s”与家庭信息中登记的不同，请更正其中之一。") % {"title": title}
        yield Lack("differs", text, field=question.code)


def _determination(application: Application, programme: Programme) -> Iterator[Lack]:
    """An award needs something due; a file is decided by people even where the policy says no."""
    assessment = application.assessment
    if not programme.pack:
        return
    if assessment is None:
        yield Lack("no_assessment", _("尚未进行认定，请先认定。"))
    elif programme.code == FILING:
        return
    elif assessment.result == "unknown":
        yield Lack("undecided", _("还缺认定所需的情况，请补齐后再提交。"))
    elif assessment.result == "excluded":
        yield Lack("excluded", _("属于政策规定不予救助的情形。"))
    elif programme.outcome == "award" and not assessment.due:
        yield Lack("nothing_due", _("按政策没有可以发放的金额。"))


def _evidence(application: Application, programme: Programme, held: set[str], known: Known) -> Iterator[Lack]:
    """Visit and papers; where the money comes first they follow, and there is a cap instead."""
    if application.act_first:
        if over := urgency.over_cap(programme, str(application.org_id), application.amount):
            yield Lack(over.code, over.message, field="asked")
        return
    if programme.visit and application.pk not in known.visited:
        yield Lack("no_visit", _("尚无入户调查记录，请先登记入户调查。"))
    yield from _documents(programme, held)


def _documents(programme: Programme, held: set[str]) -> Iterator[Lack]:
    for document in programme.documents:
        if document.required and document.code not in held:
            title = document.title.in_(get_language() or "zh")
            text = _("还没有上传“%(title)s”。") % {"title": title}
            yield Lack("no_document", text, document=document.code)


def _money(application: Application, programme: Programme, known: Known) -> Iterator[Lack]:
    if programme.outcome != "award":
        return
    if not programme.pack and application.asked is None:
        yield Lack("no_amount", _("请填写申请金额。"), field="asked")
    yield from _limit(application, programme, known)
    if application.fund is None:
        yield Lack("no_fund", _("请选择资金。"), field="fund")
    elif not programmes.allows(programme, application.fund):
        yield Lack("fund_use", _("所选资金不能用于该项目，请另选资金。"), field="fund")
    if programme.payee != "none" and application.pk not in known.payable:
        yield Lack("no_card", payees.missing(programme), field="card")


def _limit(application: Application, programme: Programme, known: Known) -> Iterator[Lack]:
    most = known.limit(programme, str(application.org_id))
    if isinstance(most, Lack):
        yield most
    elif most is not None and (application.amount or Money(0)) > most:
        yield Lack("over_limit", _("该项目最多 %(most)s 元。") % {"most": most}, field="asked")
