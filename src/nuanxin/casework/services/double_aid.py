"""Double aid: whether the people of an application were aided already, anywhere in the tree.

A programme's `double` rule says for whom it is given once (a person, a child, a household), in which
period, and which other programmes stand beside it. The database answers with the programme, the year, the
county and how many times, never with the other application; the amount only where the asker may see it.
Each question is recorded. What two people set aside (overruling) no longer stops anything.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money, format_yuan
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sets import among
from nuanxin.policy import queries as policy
from nuanxin.policy.engine.texts import Text
from nuanxin.policy.programmes import Double, Programme
from nuanxin.records import services as records
from nuanxin.registry.models import Member, Person

from .. import programmes
from ..models import AidList, Application, Award, Overruling
from ..relations import Given

#: What an overruling of a finding is called: see models.Overruling.code.
PREFIX = "double."
#: The fact a pack asks for when earlier aid counts as income: what was given in the twelve months before.
AIDED_BEFORE = "aided_before"
#: People who are aided at the same moment wait for one another in so many groups.
_LOCKS = 1024
_LOCK_SPACE = 20_881
#: So many households of a list are told by their files' numbers.
_NAMED = 10
_EVER = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Found:
    """Aid somebody had: of which programme, where, in which year, how many times.

    `pending`: applied for and not decided. `amount` is None where it is not in the asker's scope.
    """

    programme: str
    title: Text
    year: int
    times: int
    pending: bool
    county: Text
    amount: Money | None

    @property
    def code(self) -> str:
        """What an overruling of it is called."""
        return PREFIX + self.programme

    def __str__(self) -> str:
        language = get_language() or "zh"
        said = {
            "year": self.year,
            "county": self.county.in_(language),
            "programme": self.title.in_(language),
            "times": self.times,
        }
        if self.pending:
            return gettext("%(year)s 年%(county)s“%(programme)s”办理中 %(times)s 件") % said
        if self.amount is None:
            return gettext("%(year)s 年%(county)s“%(programme)s”%(times)s 次") % said
        said["amount"] = format_yuan(self.amount)
        return gettext("%(year)s 年%(county)s“%(programme)s”%(times)s 次，共 %(amount)s 元") % said


class DoubleAid(Refused):
    """The people were aided already; `found` says in what, when and where."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = list(found)
        listed = gettext("；").join(str(one) for one in self.found)
        message = _("已享受过同类救助：%(found)s。确需救助的，请写明理由提出例外，由另一人同意。")
        super().__init__(message % {"found": listed}, code="double_aid")


def period(rule: Double, day: date) -> tuple[date, date]:
    """The days that count beside `day`, half-open."""
    if rule.period == "ever":
        return _EVER, date(day.year + 1, 1, 1)
    if rule.period == "year":
        return date(day.year, 1, 1), date(day.year + 1, 1, 1)
    after = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.replace(day=1), after


def aided(application: Application, day: date | None = None) -> list[Found]:
    """What stands beside an application by its programme's rule, decided or under way; recorded."""
    of = {application.pk: programmes.of(application)}
    return find([application], of, day or timezone.localdate(), waiting=True).get(application.pk, [])


def check(application: Application) -> None:
    """Raises DoubleAid for what stands beside the application and was not set aside."""
    if left := without_overruled({application.pk: aided(application)}):
        raise DoubleAid(left[application.pk])


def besides(rows: Sequence[Application], of: Mapping[int, Programme], day: date) -> dict[int, Refused]:
    """Which of the applications cannot be handed in, for aid decided or under way; see `check`.

    Of several among `rows` for the same people the first one is let through.
    """
    people = people_of([row for row in rows if of[row.pk].double], of)
    left = without_overruled(find(rows, of, day, waiting=True, people=people))
    refused: dict[int, Refused] = {pk: DoubleAid(found) for pk, found in left.items()}
    return refused | _among_themselves([row for row in rows if row.pk not in refused], of, people)


def refusals(rows: Sequence[Application], of: Mapping[int, Programme], day: date) -> dict[int, Refused]:
    """Which of the applications cannot be decided, for aid decided before; for the caller's transaction.

    Who aids the same people at the same moment waits here until it is over, and then sees it. Of several
    among `rows` for the same people the first one is let through.
    """
    people = people_of([row for row in rows if of[row.pk].double], of)
    hold(people)
    left = without_overruled(find(rows, of, day, people=people))
    refused: dict[int, Refused] = {pk: DoubleAid(found) for pk, found in left.items()}
    return refused | _among_themselves([row for row in rows if row.pk not in refused], of, people)


def _among_themselves(
    rows: Sequence[Application], of: Mapping[int, Programme], people: Mapping[int, list[bytes]]
) -> dict[int, Refused]:
    """Those of one decision that stand beside an earlier one of it."""
    taken: set[tuple[str, bytes]] = set()
    refused: dict[int, Refused] = {}
    asides = _asides([row.pk for row in rows])
    for row in rows:
        programme, mine = of[row.pk], people.get(row.pk, [])
        kinds = _kinds(programme) - asides.get(row.pk, set())
        if any((kind, one) in taken for kind in kinds for one in mine):
            message = _("同一批中已有同一对象的同类救助。")
            refused[row.pk] = Refused(message, code="double_aid")
        else:
            taken |= {(programme.code, one) for one in mine}
    return refused


def _kinds(programme: Programme) -> set[str]:
    """The programmes that exclude it, itself among them; none without a rule."""
    return {programme.code, *programme.double.kinds} if programme.double else set()


def find(
    rows: Iterable[Application],
    of: Mapping[int, Programme],
    day: date,
    *,
    waiting: bool = False,
    people: Mapping[int, list[bytes]] | None = None,
) -> dict[int, list[Found]]:
    """By application what its people had in the period of its rule, by one question a rule; recorded.

    Applications of programmes without a rule are passed over, and those that had nothing are missing.
    """
    by_rule: dict[tuple[Double, frozenset[str]], list[Application]] = defaultdict(list)
    for row in rows:
        if rule := of[row.pk].double:
            by_rule[rule, frozenset(_kinds(of[row.pk]))].append(row)
    found: dict[int, list[Found]] = {}
    for (rule, kinds), mine in by_rule.items():
        known = people if people is not None else people_of(mine, of)
        found |= _asked({row.pk: known.get(row.pk, []) for row in mine}, kinds, period(rule, day), waiting)
        _record(mine, found)
    return found


def _asked(
    people: Mapping[int, list[bytes]], kinds: frozenset[str], days: tuple[date, date], waiting: bool
) -> dict[int, list[Found]]:
    pairs = [(pk, one) for pk, hashes in people.items() for one in hashes]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT asker, kind, year, times, pending, county, county_en, fen"
            " FROM casework_aided(%s::bigint[], %s::bytea[], %s::text[], %s, %s, %s)",
            [[pk for pk, _h in pairs], [one for _pk, one in pairs], sorted(kinds), *days, waiting],
        )
        answers = cursor.fetchall()
    found: dict[int, list[Found]] = defaultdict(list)
    titles = {kind: title_of(kind) for kind in {row[1] for row in answers}}
    for pk, kind, year, times, pending, county, county_en, fen in answers:
        amount = None if fen is None else Money(fen)
        place = Text(county, county_en or county)
        found[pk].append(Found(kind, titles[kind], year, times, pending, place, amount))
    return dict(found)


def title_of(programme: str) -> Text:
    """What a programme is called where the actor sits; its code where it is not in force there."""
    known = policy.programme_in_force(programme, scope.current().org_path, timezone.localdate())
    return known.title if known else Text(programme, programme)


def _record(rows: Sequence[Application], found: Mapping[int, list[Found]]) -> None:
    """One line for the question: about which applications it was, and for which it found something."""
    if len(rows) == 1:
        detail = {"found": [f"{one.code} {one.year}" for one in found.get(rows[0].pk, [])]}
        records.note("double_aid.asked", subject=rows[0], detail=detail)
    elif rows:
        kind, pks = Application._meta.label, tuple(row.pk for row in rows)
        records.note_many("double_aid.asked", kind=kind, pks=pks, org_path=scope.current().org_path)


def people_of(rows: Sequence[Application], of: Mapping[int, Programme]) -> dict[int, list[bytes]]:
    """By application the hashes of the ID numbers its rule counts: the person's, or the household's."""
    single = [row for row in rows if row.person_id and _counts_one(of[row.pk])]
    found = _persons_of(single)
    return found | household_of([row for row in rows if row.pk not in found])


def _counts_one(programme: Programme) -> bool:
    return programme.double is not None and programme.double.who != "household"


def _persons_of(rows: Sequence[Application]) -> dict[int, list[bytes]]:
    """By application its person; where they have left the actor's scope, those it was handed in for."""
    people = Person.objects.filter(among({row.person_id for row in rows if row.person_id}))
    hashes = {pk: bytes(one) for pk, one in people.values_list("pk", "id_hash")}
    return {
        row.pk: [hashes[row.person_id]] if row.person_id in hashes else _handed_in_for(row) for row in rows
    }


def _handed_in_for(row: Application) -> list[bytes]:
    return [bytes(one) for one in row.process.persons] if row.process else []


def household_of(rows: Sequence[Application]) -> dict[int, list[bytes]]:
    """By application the hashes of everybody in its household; of the person alone who is in none."""
    found = _persons_of([row for row in rows if row.person_id and not row.household_id])
    homes: dict[int, list[int]] = defaultdict(list)
    for row in rows:
        if row.household_id:
            homes[row.household_id].append(row.pk)
    members = Member.objects.filter(among(homes, "household"), until__isnull=True)
    for home, one in members.values_list("household", "person__id_hash"):
        for pk in homes[home]:
            found.setdefault(pk, []).append(bytes(one))
    return found


def hold(people: Mapping[int, list[bytes]]) -> None:
    """Wait, until the end of the transaction, for whoever decides about the same people."""
    groups = sorted({int.from_bytes(one[:4]) % _LOCKS for hashes in people.values() for one in hashes})
    if groups:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_advisory_xact_lock(%s, g)) FROM unnest(%s::int[]) AS t (g)",
                [_LOCK_SPACE, groups],
            )


def without_overruled(found: Mapping[int, list[Found]]) -> dict[int, list[Found]]:
    """What was found and no two people set aside."""
    asides = _asides(found)
    left = {
        pk: [one for one in mine if one.programme not in asides.get(pk, set())] for pk, mine in found.items()
    }
    return {pk: mine for pk, mine in left.items() if mine}


def _asides(applications: Iterable[int]) -> dict[int, set[str]]:
    """By application the programmes whose findings two people set aside."""
    rows = Overruling.objects.filter(among(applications, "application"), agreed__isnull=False)
    found: dict[int, set[str]] = defaultdict(set)
    for pk, code in rows.filter(code__startswith=PREFIX).values_list("application", "code"):
        found[pk].add(code.removeprefix(PREFIX))
    return found


def refuse_doubled(aid_list: AidList, awards: QuerySet[Award]) -> None:
    """Refused when households on a list had, in the rule's period, what excludes the list's programme.

    What the list's own programme gives them is bounded by their file and the yearly cap. Nothing on a
    list is set aside: such a household is taken off it.
    """
    place, day = str(aid_list.org_id), timezone.localdate()
    programme = policy.programme_in_force(aid_list.programme, place, day)
    if programme is None or programme.double is None or not programme.double.kinds:
        return
    rows = awards.values_list("pk", "file__household", "file__number")
    homes = {home: (-pk, number) for pk, home, number in rows}  # no application has a negative key
    people: dict[int, list[bytes]] = defaultdict(list)
    members = Member.objects.filter(among(homes, "household"), until__isnull=True)
    for home, one in members.values_list("household", "person__id_hash"):
        people[homes[home][0]].append(bytes(one))
    hold(people)
    found = _asked(people, frozenset(programme.double.kinds), period(programme.double, day), False)
    records.note("double_aid.asked", subject=aid_list, detail={"found": len(found)})
    if found:
        told = [f"{number}（{found[key][0]}）" for key, number in homes.values() if key in found]
        message = _("以下 %(count)s 户已享受过同类救助：%(names)s。请退回名单，移出后再审批。")
        named = {"count": len(told), "names": gettext("；").join(told[:_NAMED])}
        raise Refused(message % named, code="double_aid")


def with_aided_before(given: Given, rows: Sequence[Application], day: date) -> Given:
    """The facts with `aided_before`: what the people of each application's household were given in the
    twelve months before the day, in all programmes, anywhere in the tree (whole fen).
    """
    pairs = [(pk, one) for pk, hashes in household_of(rows).items() for one in hashes]
    try:
        since = day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        since = date(day.year - 1, 3, 1)
    sql = (
        f"SELECT g.*, coalesce(b.fen, 0) AS {AIDED_BEFORE} FROM ({given.subjects.sql}) g"
        " LEFT JOIN casework_aid_before(%s::bigint[], %s::bytea[], %s, %s) b ON b.asker = g.subject"
    )
    params = [*given.subjects.params, [pk for pk, _h in pairs], [one for _pk, one in pairs], since, day]
    return Given(policy.Relation(sql, params, given.subjects.columns | {AIDED_BEFORE}), given.lists)
