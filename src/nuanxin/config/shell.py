"""The frame around every page: navigation by what one does, the organisation path, the posts."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import Actor
from nuanxin.orgs import queries as orgs
from nuanxin.records import queries as records


@dataclass(frozen=True)
class Item:
    """A navigation entry, shown to those who hold one of `permissions` (none: everyone).

    Sections stand apart: files and visits, people and employers, aid and money, rules and watch.
    """

    label: Any
    view: str
    icon: str
    permissions: tuple[str, ...] = ()
    phone: bool = False
    section: int = 0


ITEMS = (
    Item(_("待办"), "home", "inbox", phone=True),
    Item(_("职工档案"), "casework:files", "folder", ("casework.file.see",), phone=True),
    Item(_("申请审批"), "casework:applications", "stamp", ("casework.file.see",)),
    Item(_("先行救助"), "casework:acted_first", "clock", ("casework.file.see",)),
    Item(_("例外事项"), "casework:overrulings", "alert", ("casework.file.see",)),
    Item(_("待跟进档案"), "casework:file_queues", "list", ("casework.file.see",)),
    Item(_("摸底排查"), "casework:surveys", "search", ("casework.file.see",)),
    Item(_("团队办理"), "casework:team", "people", ("casework.team.see",)),
    Item(_("入户走访"), "casework:visits", "home", ("casework.application.submit",), phone=True),
    Item(_("我的结对家庭"), "casework:families", "person", ("casework.family.visit",), phone=True),
    Item(
        _("帮扶任务"),
        "casework:tasks",
        "list",
        ("casework.file.see", "casework.care.plan", "casework.task.answer"),
    ),
    Item(_("结对帮扶"), "casework:pairings", "people", ("casework.file.see",)),
    Item(_("短信和信函"), "messaging:messages", "bell", ("messaging.message.see",)),
    Item(_("慰问走访"), "campaigns:visits", "walk", ("campaigns.visit.record",), phone=True),
    Item(_("家庭信息"), "registry:households", "people", ("registry.household.see",), section=1),
    Item(_("待完善信息"), "registry:queues", "list", ("registry.household.see",), section=1),
    Item(_("用人单位"), "registry:employers", "building", ("registry.employer.see",), section=1),
    Item(_("工会和会员"), "registry:unions", "people", ("registry.employer.see",), section=1),
    Item(_("花名册导入"), "registry:rosters", "upload", ("registry.roster.import",), section=1),
    Item(_("疑似重复"), "registry:likenesses", "people", ("registry.person.merge",), section=1),
    Item(_("转入转出"), "registry:transfers", "exchange", ("registry.household.transfer",), section=1),
    Item(_("救助名单"), "casework:aid_lists", "list", ("casework.file.see",), section=2),
    Item(_("送温暖活动"), "campaigns:drives", "gift", ("campaigns.drive.see",), section=2),
    Item(_("资金发放"), "payments:batches", "card", ("payments.batch.see",), section=2),
    Item(_("资金账户"), "ledger:funds", "coins", ("ledger.fund.see",), section=2),
    Item(_("统计报表"), "reporting:returns", "chart", ("reporting.return.see",), section=3),
    Item(_("批量复核"), "reviews:reviews", "list", ("reviews.review.see",), section=3),
    Item(_("政策测算"), "simulation:scenarios", "chart", ("simulation.run",), section=3),
    Item(_("政策标准"), "policy:packs", "book", (), section=3),
    Item(_("审批流程"), "approvals:routes", "list", ("approvals.route.see",), section=3),
    Item(_("访问记录"), "registry:looks", "shield", ("registry.looks.see",), section=3),
    Item(_("审计记录"), "records:audit", "shield", ("records.audit.see",), section=3),
)


#: Everybody's own pages, under their name.
ACCOUNT = (Item(_("代办和回避"), "approvals:mine", "people"),)


def _address(view: str) -> str:
    try:
        return reverse(view)
    except NoReverseMatch:
        return ""


def _nav(request: HttpRequest, actor: Actor) -> list[dict[str, Any]]:
    shown = [i for i in ITEMS if (not i.permissions or actor.can_any(i.permissions)) and _address(i.view)]
    home = reverse("home")
    rows = [
        {"label": i.label, "url": reverse(i.view), "icon": i.icon, "phone": i.phone, "section": i.section}
        for i in shown
    ]
    begun = [row["url"] for row in rows if row["url"] != home and request.path.startswith(row["url"])]
    here = home if request.path == home else max(begun, key=len, default="")
    for row in rows:
        row["active"] = row["url"] == here
    return rows


def _jobs(actor: Actor) -> list[dict[str, str]]:
    """The running jobs of this person, for their progress bars; ended ones are told once by their page."""
    return [{"url": reverse("records:job", args=[pk])} for pk in records.running_jobs(actor.staff_id)]


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context for base.html; empty when nobody acts."""
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None:
        return {"shell": None}
    nav = _nav(request, actor)
    return {
        "actor": actor,
        "shell": {
            "nav": nav,
            "account": [{"label": i.label, "url": reverse(i.view), "icon": i.icon} for i in ACCOUNT],
            "phone_nav": [row for row in nav if row["phone"]][:4],
            "path": SimpleLazyObject(lambda: orgs.chain_to(actor.org_path)),
            "jobs": SimpleLazyObject(lambda: _jobs(actor)),
            "post": request.post,  # type: ignore[attr-defined]
            "posts": request.posts,  # type: ignore[attr-defined]
            "person": request.post.staff,  # type: ignore[attr-defined]
        },
    }
