"""What a run has to do: which packs rule which part of the scope, and the households in pieces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.actor import subtree
from nuanxin.kernel.refusal import Refused
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.pack import OUTCOMES
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.models import Pack as StoredPack
from nuanxin.registry.models import Household

from .models import Scenario
from .rules import Rules

FILING = "filing"
#: Programmes of households with a file; what their packs ask, the registry and the class answer.
AIDS = ("living-aid", "medical-aid", "accident-aid")
#: Households determined together: large enough for sets to pay, small enough for progress and a stop.
PIECE = 100_000

_PIECES = """
    SELECT min(id), max(id), count(*)
    FROM (SELECT id, (row_number() OVER (ORDER BY id) - 1) / %s AS piece FROM ({households}) h) numbered
    GROUP BY piece ORDER BY piece
"""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the scope that one set of packs rules: at or below `path`, less the parts in `without`.

    `packs` names the stored pack of each programme that has one there.
    """

    path: str
    without: tuple[str, ...]
    packs: Mapping[str, int]

    def households(self) -> QuerySet[Household]:
        rows = Household.objects.live().filter(_below(self.path))
        for path in self.without:
            rows = rows.exclude(_below(path))
        return rows


@dataclass(frozen=True, slots=True)
class Piece:
    """The households of a region with keys from `low` to `high`, both included."""

    region: Region
    low: int
    high: int
    count: int

    def households(self) -> QuerySet[Household]:
        return self.region.households().filter(pk__gte=self.low, pk__lte=self.high)

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> "Piece":
        region = Region(plain["region"]["path"], tuple(plain["region"]["without"]), plain["region"]["packs"])
        return cls(region, plain["low"], plain["high"], plain["count"])


def _below(path: str) -> Q:
    low, high = subtree(path)
    return Q(org__gte=low, org__lt=high)


def regions(place: str, day: date) -> list[Region]:
    """The scope by the packs in force there; Refused where no filing pack is."""
    held = [pack for programme in (FILING, *AIDS) for pack in policy.packs_in_force(day, programme)]
    own = sorted({place, *(pack.org_id for pack in held if pack.org_id and pack.org_id.startswith(place))})
    return [
        Region(
            path,
            tuple(_next(path, own)),
            {pack.programme: pack.pk for pack in sorted(held, key=_depth) if _rules(pack, path)},
        )
        for path in own
    ]


def _depth(pack: StoredPack) -> int:
    return len(pack.org_id or "")


def _rules(pack: StoredPack, path: str) -> bool:
    return path.startswith(pack.org_id or "")


def _next(path: str, paths: Iterable[str]) -> list[str]:
    """The paths below `path` that lie below no other of them."""
    below = [other for other in paths if other.startswith(path) and other != path]
    return [one for one in below if not any(one.startswith(other) and one != other for other in below)]


def packs(place: str, day: date) -> list[StoredPack]:
    """The packs that rule some part of a scope on a day, by programme."""
    found = regions(place, day)
    keys = {pk for region in found for pk in region.packs.values()}
    rows = StoredPack.objects.filter(pk__in=keys).select_related("org")
    return sorted(rows, key=lambda pack: ((FILING, *AIDS).index(pack.programme), pack.org_id or ""))


def check(found: Sequence[Region], day: date, scenarios: Iterable[Scenario]) -> None:
    """Refused when a part of the scope has no filing pack, or a scenario changes one that rules nowhere."""
    if any(FILING not in region.packs for region in found):
        message = _("%(day)s 测算范围内有地区没有生效的建档标准，请换一个基准日。")
        raise Refused(message % {"day": day.isoformat()}, code="no_policy", field="day")
    ruling = {pk for region in found for pk in region.packs.values()}
    for scenario in scenarios:
        for changed in scenario.packs.select_related("base"):
            if changed.base_id not in ruling:
                message = _("方案“%(name)s”所改的 %(pack)s，在该日该范围内没有生效。")
                raise Refused(message % {"name": scenario.name, "pack": str(changed.base)}, code="not_ruling")


def pieces(found: Iterable[Region]) -> list[Piece]:
    """All households of the scope, in pieces."""
    made = []
    for region in found:
        sql, params = region.households().order_by().values("id").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(_PIECES.format(households=sql), [PIECE, *params])
            made += [Piece(region, low, high, count) for low, high, count in cursor.fetchall()]
    return made


def words(rules: Rules, found: Iterable[Region]) -> dict[str, list[list[str]]]:
    """What the packs of a run call their results, benefits, facts and standards: [name, Chinese, English],
    in the order of the packs."""
    said: dict[str, dict[str, Text]] = {"results": {}, "benefits": {}, "inputs": {}}
    bases = {pk for region in found for pk in region.packs.values()}
    for pack in (rules.pack(variant, base) for variant in rules.run.variants for base in sorted(bases)):
        titles = {name: pack.title_of(name) for name in pack.inputs}
        benefits = {f"{pack.programme}/{item.code}": item.title for item in pack.benefits}
        results = pack.results if pack.programme == FILING else {}
        for kind, texts in (("inputs", titles), ("benefits", benefits), ("results", results)):
            said[kind] |= {name: text for name, text in texts.items() if name not in said[kind]}
    said["results"] |= OUTCOMES
    return {kind: [[name, text.zh, text.en] for name, text in texts.items()] for kind, texts in said.items()}
