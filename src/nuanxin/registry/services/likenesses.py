"""The queue of likely doubles: searched for, judged, and merged from."""

from collections.abc import Collection

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.records.jobs import Progress
from nuanxin.records.models import JobRun
from nuanxin.registry import flow
from nuanxin.registry.doubles import finding
from nuanxin.registry.doubles.slips import read_id
from nuanxin.registry.importing.checks import filed_elsewhere
from nuanxin.registry.models import Likeness, Person
from nuanxin.registry.permissions import MERGE

TASK = "registry.find_doubles"
BY_RULES = "registry.find_doubles_by_rules"


@transaction.atomic
def find_doubles() -> JobRun:
    """Queue a search through all persons of the actor's scope; Refused while one is under way."""
    actor = scope.current()
    actor.require(MERGE)
    if search_under_way():
        raise Refused(_("正在查找，请等这次查找结束。"), code="busy")
    persons = Person.objects.filter(merged_into__isnull=True).count()
    return jobs.start(
        TASK, title=str(_("查找疑似重复")), total=persons, result_url=reverse("registry:likenesses")
    )


def search_under_way() -> JobRun | None:
    """The search through the actor's scope that waits or runs."""
    busy = [JobRun.State.WAITING, JobRun.State.RUNNING]
    return JobRun.objects.filter(task=TASK, org_id=scope.current().org_path, state__in=busy).first()


def find_all(actor: Actor, progress: Progress) -> int:
    """Search the actor's scope by the rules, then by likelihood; how many pairs are new or changed."""
    from nuanxin.registry.doubles.everybody import everybody  # heavy, and of no use to a web process

    with scope.acting(actor):
        found = finding.by_rules()
    for pairs in everybody(progress, lambda: scope.acting(actor)):
        with scope.acting(actor):
            found += finding.keep_scored(pairs)
        progress(progress.values["done"])
    with scope.acting(actor):
        records.note("registry.doubles_searched", org_path=actor.org_path, detail={"found": found})
    return found


def look_for_doubles(persons: Collection[int]) -> int:
    """Put those who may be one of these persons into the queue, by the rules; how many pairs are new."""
    return finding.by_rules_of("SELECT unnest(%s::bigint[])", [list(persons)]) if persons else 0


def look_for_doubles_soon() -> JobRun:
    """Queue a search by the rules alone through the persons of the actor's scope."""
    return jobs.start(BY_RULES, title=str(_("查找疑似重复")))


def find_by_rules(actor: Actor) -> int:
    """The work of that search: how many pairs are new or changed."""
    with scope.acting(actor):
        return finding.by_rules()


@transaction.atomic
def judge_distinct(*, likeness: Likeness, reason: str) -> Likeness:
    """These are two persons: the pair leaves the queue for good. Refused without a reason."""
    if not reason.strip():
        raise Refused(_("请填写判断不是同一人的依据。"), code="no_reason", field="reason")
    staff = scope.current().staff_id
    return flow.LIKENESS.fire(
        likeness, "part", note=reason.strip(), reason=reason.strip()[:200], staff_id=staff
    )


@transaction.atomic
def look_again(*, likeness: Likeness) -> Likeness:
    """Put a pair judged to be two persons back into the queue; a merged one by undoing the merge."""
    if likeness.state == "merged":
        raise Refused(_("这两条记录已合并，请撤销合并。"), code="merged")
    return flow.LIKENESS.fire(likeness, "reopen", reason="")


def filed_elsewhere_by_number(id_number: str) -> str:
    """The county outside the actor's scope that has a person of this ID number, if any. Recorded."""
    identity, _old = read_id(id_number)
    if identity is None:
        return ""
    digest = fingerprint(identity.number, "id_number")
    return filed_elsewhere([digest]).get(digest, "")
