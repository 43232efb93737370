"""For whom an application is: the choice checked, the key its yearly caps are counted by, the kin."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint
from nuanxin.kernel.sets import among
from nuanxin.ledger import services as ledger
from nuanxin.policy.programmes import Programme
from nuanxin.registry.models import Employer, Household, Member, Person

from .models import Application, File

#: Sons, daughters and grandchildren (GB/T 4761); and who is not of age yet (Civil Code, article 17).
CHILDREN = ("2", "3", "4")
OF_AGE = 18
#: What the amounts of a programme are counted under against yearly caps: see ledger.take_quota.
MEASURE = "aid.{}"
#: Who is not a person is counted by a fingerprint of this purpose.
_UNIT = "quota.unit"


@dataclass(frozen=True)
class Subject:
    """Whom an application is for, and where that belongs."""

    org_path: str
    household: Household | None = None
    person: Person | None = None
    employer: Employer | None = None


def chosen(
    programme: Programme, household: Household | None, person: Person | None, employer: Employer | None
) -> Subject:
    """The subject a programme takes, from what was chosen; Refused when it does not fit.

    A person's household is the one they live in; a child must live in the household named.
    """
    return _CHOICES[programme.subject](household, person, employer)


def _household(household: Household | None, person: Person | None, employer: Employer | None) -> Subject:
    if household is None or employer is not None or (person and person.pk != household.head_id):
        raise Refused(_("该项目由家庭申请，请选择家庭。"), code="wrong_subject", field="household")
    home = _live(household)
    return Subject(str(home.org_id), home)


def _person(household: Household | None, person: Person | None, employer: Employer | None) -> Subject:
    if person is None or employer is not None:
        raise Refused(_("该项目由职工本人申请，请选择职工。"), code="wrong_subject", field="person")
    _alive(person)
    lives = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    home = lives.household if lives else None
    if household is not None and household != home:
        raise Refused(_("此人不是该户的家庭成员。"), code="not_a_member", field="person")
    return Subject(str(home.org_id if home else person.org_id), home and _live(home), person)


def _child(household: Household | None, person: Person | None, employer: Employer | None) -> Subject:
    if person is None or employer is not None:
        raise Refused(_("请选择为哪一个子女申请。"), code="wrong_subject", field="person")
    _alive(person)
    lives = Member.objects.filter(person=person, until__isnull=True).select_related("household").first()
    if lives is None or (household is not None and lives.household_id != household.pk):
        raise Refused(_("此人不是该户的家庭成员。"), code="not_a_member", field="person")
    if not is_child(lives, timezone.localdate()):
        raise Refused(
            _("该项目资助子女，所选成员不是户主的子女，也不是未成年人。"), code="not_a_child", field="person"
        )
    home = _live(lives.household)
    return Subject(str(home.org_id), home, person)


def _employer(household: Household | None, person: Person | None, employer: Employer | None) -> Subject:
    if employer is None or household is not None or person is not None:
        raise Refused(_("该项目由用人单位申请，请选择单位。"), code="wrong_subject", field="employer")
    if employer.closed_on is not None:
        raise Refused(_("该单位已注销，不能再申请。"), code="employer_closed", field="employer")
    return Subject(str(employer.org_id), employer=employer)


def _organisation(household: Household | None, person: Person | None, employer: Employer | None) -> Subject:
    if household is not None or person is not None or employer is not None:
        raise Refused(_("该项目由工会自己申请。"), code="wrong_subject")
    return Subject(scope.current().org_path)


_CHOICES = {
    "household": _household,
    "person": _person,
    "child": _child,
    "employer": _employer,
    "organisation": _organisation,
}


def _live(household: Household) -> Household:
    """The household, locked; Refused when it has ended."""
    row = Household.objects.live().select_for_update(of=("self",)).filter(pk=household.pk).first()
    if row is None:
        raise Refused(_("该户已销户，不能再申请。"), code="household_ended", field="household")
    return row


def _alive(person: Person) -> None:
    if person.died_on is not None or person.merged_into_id is not None:
        raise Refused(_("此人已去世或已并入他人，不能申请。"), code="person_gone", field="person")


def is_child(member: Member, day: date) -> bool:
    """Whether a member is a child of the house: by relation to the head, or not of age on the day."""
    born = member.person.born_on
    age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return member.relation in CHILDREN or age < OF_AGE


def file_behind(programme: Programme, household: Household | None) -> File | None:
    """The open file an application rests on; Refused where the programme needs one and there is none."""
    if programme.needs_file == "no" or household is None:
        return None
    file = File.objects.filter(household=household, state="open").first()
    if file is None and programme.needs_file == "yes":
        message = _("该项目只面向在档困难职工家庭，请先建档。")
        raise Refused(message, code="no_file", field="household")
    return file


def keys(applications: Iterable[int]) -> dict[int, bytes]:
    """By application the key its amounts are counted under: of the person, the head, the unit."""
    rows = Application.objects.filter(among(applications)).order_by()
    values = rows.values_list(
        "pk", "person__id_hash", "household__head__id_hash", "employer__credit_code", "employer_id", "org_id"
    )
    found = {}
    for pk, person, head, code, employer, org in values:
        known = person or head
        unit = f"employer {code or employer}" if employer else f"organisation {org}"
        found[pk] = bytes(known) if known else fingerprint(unit, _UNIT)
    return found


def had_anywhere(programme: Programme, year: int, by: Mapping[int, bytes]) -> dict[int, int]:
    """In fen, what the subjects of applications had of a programme in a year anywhere in the tree, as far
    as a yearly cap counts it; those that had nothing are missing.
    """
    takes = [(key, Money(0)) for key in set(by.values())]
    used = ledger.over_quota(measure=MEASURE.format(programme.code), year=year, takes=takes, cap=Money(0))
    return {pk: used[key][0].fen for pk, key in by.items() if key in used}


def kin(application: Application) -> list[bytes]:
    """The hashes of the ID numbers of the applicant and of everybody in the household."""
    return kin_of([application])[application.pk]


def kin_of(applications: Sequence[Application]) -> dict[int, list[bytes]]:
    """The same by application, in one query for all households."""
    members = Member.objects.filter(
        among({row.household_id for row in applications if row.household_id}, "household"),
        until__isnull=True,
    )
    homes: dict[int | None, set[bytes]] = defaultdict(set)
    for home, key in members.values_list("household", "person__id_hash"):
        homes[home].add(bytes(key))
    own = {row.pk: {bytes(row.person.id_hash)} if row.person else set() for row in applications}
    return {row.pk: sorted(own[row.pk] | homes[row.household_id]) for row in applications}
