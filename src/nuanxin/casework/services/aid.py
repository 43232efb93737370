"""Making a list of awards: over all open files in scope or ticked ones, computed by the programme's pack."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.ledger.models import Fund
from nuanxin.policy import queries as policy
from nuanxin.policy.queries import Pack
from nuanxin.records import jobs
from nuanxin.records import services as records
from nuanxin.registry.models import Household

from .. import determination, keeping, relations, stated
from ..flow import AID_LIST, AWARD
from ..models import KEPT, AidList, Award, File, Omission
from ..permissions import PROPOSE_AID
from ..queries.leaving import tapers_due
from .assessments import AT_ONCE, CHUNK, chunks
from .common import open_round


@transaction.atomic
def make_list(
    *, programme: str, title: str, year: int, as_of: date, fund: Fund, files: Iterable[int] | None = None
) -> AidList:
    """A draft list of a programme's awards over these files, or over all open files in scope.

    Up to 200 files are computed now, more in a job whose progress the list shows. Refused when the
    fund may not be used for the programme or no file is open.
    """
    actor = scope.current()
    actor.require(PROPOSE_AID)
    if programme not in fund.uses:
        raise Refused(_("所选资金不能用于该项目，请另选资金。"), code="fund_use", field="fund")
    if as_of.year != year:
        raise Refused(_("认定基准日应在救助年度之内。"), code="wrong_year", field="as_of")
    pks = _tapering(as_of, files) if programme == determination.TAPER else _open_files(files)
    if not pks:
        raise Refused(_("管辖范围内没有在档家庭，无法编制名单。"), code="no_files")
    aid_list = AidList.objects.create(
        org_id=actor.org_path,
        programme=programme,
        title=title.strip(),
        year=year,
        as_of=as_of,
        fund=fund,
        maker_id=actor.staff_id,
    )
    records.note("aid_list.made", subject=aid_list, note=aid_list.title, detail={"files": len(pks)})
    if len(pks) <= AT_ONCE:
        fill(aid_list=aid_list, files=pks)
    else:
        label = gettext("计算“%(title)s”") % {"title": aid_list.title}
        aid_list.job = jobs.start(
            "casework.fill_list", title=label, total=len(pks), aid_list=aid_list.pk, files=pks
        )
        aid_list.save(update_fields=["job"])
    return aid_list


def _open_files(files: Iterable[int] | None) -> list[int]:
    rows = File.objects.filter(state="open").order_by("pk")
    return list((rows if files is None else rows.filter(pk__in=files)).values_list("pk", flat=True))


def _tapering(day: date, files: Iterable[int] | None) -> list[int]:
    """The closed files whose taper has a month due on the day."""
    due = tapers_due(day).values_list("file_id", flat=True)
    return sorted(set(due) if files is None else set(due) & set(files))


def fill(*, aid_list: AidList, files: Sequence[int]) -> None:
    """Compute the awards of these files and write them; those that get nothing are kept with the reason.

    Idempotent: a file already on the list, or already left out of it, is passed over.
    """
    for chunk in chunks(files, CHUNK):
        _fill_chunk(aid_list, chunk)


@transaction.atomic
def _fill_chunk(aid_list: AidList, files: Sequence[int]) -> None:
    """One statement for each pack in force among the files: awards, and omissions with their result."""
    day, programme = aid_list.as_of, aid_list.programme
    rows = File.objects.filter(among(files))
    tapers = programme == determination.TAPER
    given = stated.of_tapers(rows, day) if tapers else relations.of_files(rows, programme, day)
    found = policy.records_sql(programme, given.subjects, given.lists, day, carried=["file"])
    for pack, statement in found:
        due = keeping.due(pack)
        award = keeping.insert(Award, _award(pack), f"FROM made WHERE {due} > 0", _ONCE)
        omission = keeping.insert(Omission, _omission(), f"FROM made WHERE coalesce({due}, 0) = 0", _ONCE)
        keeping.run(statement, f", awarded AS ({award}) {omission}", _values(aid_list, pack))


_ONCE = "ON CONFLICT DO NOTHING RETURNING id"


def _kept() -> dict[str, str]:
    """What an award and an omission have in common."""
    return {
        "org_path": "made.place",
        "aid_list_id": "%(aid_list)s::bigint",
        "file_id": "made.file",
        "pack_hash": "%(sha256)s",
        **{name: f"made.{name}" for name in KEPT},
    }


def _award(pack: Pack) -> dict[str, str]:
    """The amount, and the most the household may have in the year where the pack names a limit."""
    return _kept() | {
        "programme": "%(programme)s",
        "name": "%(title)s",
        "determined_on": "%(as_of)s::date",
        "year": "%(year)s::smallint",
        "amount": keeping.due(pack),
        "cap": f"(round({keeping.figure(pack, 'yearly_limit')}, 2) * 100)::bigint",
        "state": "%(state)s",
    }


def _omission() -> dict[str, str]:
    return _kept() | {"result": "made.result"}


def _values(aid_list: AidList, pack: Pack) -> dict[str, Any]:
    return {
        "aid_list": aid_list.pk,
        "programme": aid_list.programme,
        "title": aid_list.title,
        "as_of": aid_list.as_of,
        "year": aid_list.year,
        "state": AWARD.initial,
        "sha256": pack.sha256,
    }


@transaction.atomic
def remove_awards(*, aid_list: AidList, awards: QuerySet[Award]) -> int:
    """Take awards off a list that is still being made; how many were."""
    row = _being_made(aid_list)
    chosen = awards.filter(aid_list=row)
    return len(AWARD.fire_many(chosen, "remove", org_path=row.org_id))


def _being_made(aid_list: AidList) -> AidList:
    """The list, locked; Refused unless it is a draft or returned, and computed to the end."""
    row = AidList.objects.select_for_update(of=("self",)).select_related("job").get(pk=aid_list.pk)
    if row.state not in ("draft", "returned"):
        raise Refused(_("名单已提交或已办结，不能再改动。"), code="wrong_state")
    if row.job and row.job.state != "done":
        raise Refused(_("名单还在计算中，请等计算完成。"), code="still_filling")
    return row


@transaction.atomic
def submit_list(*, aid_list: AidList) -> AidList:
    """Hand the list to the decision maker; refused when it is empty or a payee has no card."""
    row = _being_made(aid_list)
    awards = Award.objects.filter(aid_list=row, state="proposed")
    if not awards.exists():
        raise Refused(_("名单上没有救助对象，不能提交。"), code="empty_list")
    refuse_without_card(awards)
    return AID_LIST.fire(row, "submit", process=open_round(row), returned_because="")


#: So many names are written out in a refusal; the rest are counted.
NAMED = 10


def refuse_without_card(awards: QuerySet[Award]) -> None:
    """Refused, naming the families, when money could not reach a card in the head's own name."""
    files = File.objects.filter(among(awards.order_by().values_list("file_id", flat=True)))
    numbers = dict(files.values_list("household_id", "number"))
    without = Household.objects.filter(among(numbers), card_hash__isnull=True).order_by("pk")
    homes = list(without.prefetch_related("head")[:NAMED])
    if not homes:
        return
    listed = "、".join(f"{home.head.name}（{numbers[home.pk]}）" for home in homes)
    count = without.count()
    rest = gettext("等 %(count)s 户") % {"count": count} if count > NAMED else ""
    message = _("以下家庭没有登记本人银行卡：%(names)s%(rest)s。请补登银行卡，或先移出名单。")
    raise Refused(message % {"names": listed, "rest": rest}, code="no_card")


@transaction.atomic
def drop_list(*, aid_list: AidList) -> AidList:
    """Give up a list that was never approved; its awards leave with it."""
    row = AID_LIST.fire(aid_list, "drop")
    AWARD.fire_many(Award.objects.filter(aid_list=row), "remove", org_path=row.org_id)
    return row
