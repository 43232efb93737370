"""The file as the paper it replaces (困难职工档案表): what stands in it, and the PDF of it.

Every fact goes through the reader's field groups, so a closed one is "•••" on paper as well; ID numbers,
cards and phones are masked for everybody.
"""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from nuanxin.approvals.models import Vote
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.registry import queries as registry
from nuanxin.registry.groups import FINANCE, HIDDEN, may, shown
from nuanxin.registry.labels import label
from nuanxin.registry.models import Household, Member, Person

from . import queries
from .labels import CATEGORIES
from .models import File
from .printing import render

_HEAD = (
    "name", "sex", "ethnic", "born_on", "id_mask", "political", "marriage", "education", "health",
    "disability_kind", "disability_level", "work_status", "model_worker", "hukou", "phone_mask",
    "contact_mask", "started_work_on", "employer", "contract_term", "monthly_income", "medical_insurance",
)  # fmt: skip
_HOME = (
    "employer_nature", "employer_state", "industry", "hukou_division", "residence", "postcode", "address",
    "housing", "homes", "floor_area",
)  # fmt: skip
_ECONOMY = (
    "people", "annual_income", "other_income", "dibao_certificate", "single_parent", "self_help",
    "zero_employment", "vehicle", "business", "costly_schooling", "disaster_victim", "loss",
)  # fmt: skip
_CAUSES = ("main_cause", "other_causes", "focus_group", "origin")
_ACCOUNT = ("bank", "branch", "card_mask")
#: What stands in a line of the members' table beside name and relation.
_MEMBER = (
    "sex", "born_on", "id_mask", "political", "education", "health", "medical_insurance", "monthly_income"
)  # fmt: skip


def data(file: File) -> dict[str, Any]:
    """What the paper shows, as plain text in the reader's language."""
    household, application = file.household, file.application
    members = list(registry.members_of(household))
    visits = list(queries.visits_of(household))
    return {
        "number": file.number,
        "unit": file.org.local_name,
        "opened_on": file.opened_on.isoformat(),
        "printed_on": timezone.localdate().isoformat(),
        "clazz": str(file.get_clazz_display()),
        "sections": [
            [_("职工情况"), _pairs(household.head, _HEAD)],
            [_("单位、户籍和住房"), _pairs(household, _HOME)],
            [_("家庭经济情况"), [*_pairs(household, _ECONOMY), *_computed(file)]],
            [_("致困原因"), _pairs(household, _CAUSES)],
            [_("发放账户和授权"), [*_pairs(household, _ACCOUNT), *_pairs(household, ("consent_on",))]],
        ],
        "members": [_member_heads(), [_member(member) for member in members]],
        "expenses": [
            [_("年度"), _("种类"), _("金额（元）"), _("票据")],
            [
                [
                    str(row.year),
                    shown(row, "kind"),
                    shown(row, "amount"),
                    _("有") if row.evidenced else _("无"),
                ]
                for row in registry.expenses_of(household)
            ],
        ],
        "papers": [
            [_("材料种类"), _("文件名"), _("上传时间")],
            [
                [str(dict(CATEGORIES).get(row.category, row.category)), row.name, _day(row.created)]
                for row in queries.documents_of(application, file, household, *visits)
            ],
        ],
        "opinions": _opinions(file),
        "recorder": application.officer.local_name,
    }


def pdf(file: File) -> bytes:
    """The paper as a PDF: in Chinese, whatever language the reader's pages are in."""
    with override("zh-hans"):
        return render("file.typ", data(file))


def _pairs(row: Household | Person, names: tuple[str, ...]) -> list[list[str]]:
    return [[str(registry.name_of(type(row), name)), shown(row, name)] for name in names]


def _computed(file: File) -> list[list[str]]:
    """The monthly amount per head the class rests on."""
    basis = file.basis
    known = basis.monthly_per_head if basis else None
    if known is None:
        text = "—"
    else:
        text = format_yuan(Money.yuan(known)) if may(scope.current(), FINANCE) else HIDDEN
    return [[_("月人均（扣除刚性支出）"), text]]


def _member_heads() -> list[str]:
    names = [str(registry.name_of(Person, name)) for name in _MEMBER]
    return [_("姓名"), _("关系"), *names, _("工作或就读"), _("入学"), _("学制")]


def _member(member: Member) -> list[str]:
    person = member.person
    where = "employer" if person.employer else "school" if person.school else "work_status"
    facts = [shown(person, name) for name in (*_MEMBER, where, "school_entered", "school_years")]
    return [shown(person, "name"), label("relation", member.relation), *facts]


def _opinions(file: File) -> list[list[str]]:
    """The three boxes: title, what was said, by whom, on which day."""
    application = file.application
    said = {
        vote.step: vote
        for vote in Vote.objects.filter(process=application.process_id, verdict=Vote.Verdict.PASS)
        .select_related("voter")
        .order_by("pk")
    }
    brought_in = [
        _("基层工会意见"),
        _("经入户调查，提请审核。"),
        application.officer.local_name,
        application.applied_on.isoformat(),
    ]
    return [
        brought_in,
        _opinion(_("审核意见"), _("审核通过，予以公示。"), said.get("review")),
        _opinion(_("审批意见"), _("同意建档。"), said.get("decide")),
    ]


def _opinion(title: str, words: str, vote: Vote | None) -> list[str]:
    if vote is None:
        return [title, "", "", ""]
    return [title, vote.reason or words, vote.voter.local_name, _day(vote.at)]


def _day(moment: Any) -> str:
    return timezone.localtime(moment).date().isoformat()
