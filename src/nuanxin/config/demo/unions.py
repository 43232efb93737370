"""Employers and their unions' members, and what the registry's queues and records have to show."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import count

from django.utils import timezone

from nuanxin.casework.models import File
from nuanxin.casework.services.officers import assign_officer
from nuanxin.kernel.identity import CREDIT_ALPHABET, invent_id
from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node, Staff
from nuanxin.registry import services as registry
from nuanxin.registry.doubles import finding
from nuanxin.registry.models import Consent, Employer, Household, Member, Membership, Person
from nuanxin.registry.services.employers import create_employer, link_workers
from nuanxin.registry.services.enrolling import Receipt, Row, enrol_many
from nuanxin.registry.services.memberships import leave_union, transfer_member
from nuanxin.registry.services.people import ensure_person

from . import names
from .cast import Cast
from .families import Family
from .names import MAN, WOMAN
from .tree import County

Form, Left = Membership.Form, Membership.Left
#: What a union of a place or trade is called, and the form of employment of those who join it.
JOINT = (
    ("快递外卖", Form.RIDER),
    ("物流园", Form.TRUCKER),
    ("家政", Form.FLEXIBLE),
    ("餐饮", Form.FLEXIBLE),
    ("市场", Form.FLEXIBLE),
    ("景区", Form.DRIVER),
)
#: Employers of a county whose workers have no union yet: name, industry, workers.
UNORGANISED = (
    ("{county}鑫源建材有限公司", "C", 46),
    ("{county}云上民宿", "H", 12),
    ("{county}顺达装卸服务部", "G", 23),
)
NEWCOMERS = 14
PURPOSES = ("verify", "contact", "contact", "complaint")
#: Of the serial numbers of ID numbers on a day, the pair from which on no family of the rosters has one.
SERIALS = 300


def credit_code(division: str, serial: int) -> str:
    """A well-formed code of an invented employer."""
    body = f"91{division}MA9X{serial:05}"
    total = sum(CREDIT_ALPHABET.index(sign) * pow(3, place, 31) for place, sign in enumerate(body))
    return body + CREDIT_ALPHABET[-total % 31]


class Unions:
    """One county's employers and members, kept by the county's reviewer."""

    def __init__(
        self, cast: Cast, rng: random.Random, county: County, reviewer: str, families: Sequence[Family]
    ) -> None:
        self.cast, self.rng, self.county, self.reviewer = cast, rng, county, reviewer
        self.families = families
        self._serials, self._phones = count(SERIALS), count(1)

    def found(self) -> None:
        """Enter the employers, link who works there, and take the workers in difficulty in as members."""
        with self.cast.acting(self.reviewer):
            for number, union in enumerate(self.county.unions, start=1):
                node = self._node(number)
                form = next((form for word, form in JOINT if word in union.name), Form.EMPLOYED)
                employer = self._employer(number, node) if form == Form.EMPLOYED else None
                heads = [family.head for family in self.families if family.head["union"] == union.name]
                rows = [Row(n, head["name"], head["id_number"]) for n, head in enumerate(heads, start=1)]
                self._enrol(node, rows, "困难职工会员实名登记", form, employer)
            for number, (name, industry, workers) in enumerate(UNORGANISED, start=50):
                create_employer(
                    name=name.format(county=self.county.name), industry=industry, headcount=workers,
                    credit_code=credit_code(self.county.code, number), nature="民营企业", state="正常",
                )  # fmt: skip
            link_workers()

    def newcomers(self) -> None:
        """This spring's drive: couriers, riders and drivers join the joint unions, a slip in each list."""
        with self.cast.acting(self.reviewer):
            for number, union in enumerate(self.county.unions, start=1):
                form = next((form for word, form in JOINT if word in union.name), None)
                if form:
                    rows = [self._row(line) for line in range(1, NEWCOMERS + 1)]
                    rows.append(Row(NEWCOMERS + 1, rows[0].name, rows[0].id_number))
                    self._enrol(self._node(number), rows, "新就业形态劳动者集中入会", form, None)

    def moves(self) -> None:
        """Three members move to another union of the county, one retires, one gives it up."""
        today = timezone.localdate()
        with self.cast.acting(self.reviewer):
            live = Membership.objects.filter(left_on__isnull=True, form=Form.EMPLOYED).order_by("pk")
            moving = list(live.select_related("person")[:5])
            target = self._node(5)
            employer = Employer.objects.get(union=target)
            for membership in moving[:3]:
                transfer_member(membership=membership, union=target.path, on=today, employer=employer)
            for membership, why in zip(moving[3:], (Left.RETIRED, Left.RESIGNED), strict=True):
                leave_union(membership=membership, left_on=today, because=why)

    def loose_ends(self) -> None:
        """What the standing queues show: consents withdrawn, ID cards running out, a person entered twice."""
        today = timezone.localdate()
        with self.cast.acting(self.reviewer):
            free = Household.objects.filter(applications__isnull=True, consent_on__isnull=False)
            some = list(free.order_by("pk").values_list("pk", flat=True)[:4])
            for consent in Consent.objects.filter(household__in=some, withdrawn_on__isnull=True):
                registry.withdraw_consent(consent=consent, reason="家庭暂不愿意接受核查")
            heads = Member.objects.filter(until__isnull=True, relation="0").select_related(
                "person", "household"
            )
            for place, member in enumerate(heads.order_by("-pk")[:5]):
                registry.edit_person(
                    person=member.person,
                    household=member.household,
                    version=registry.version_of(member.household),
                    id_expires_on=today + timedelta(days=20 * place - 25),
                )
            for member in heads.order_by("pk")[6:9]:
                self._enter_again(member.person)
            finding.by_rules()

    def incomes(self) -> None:
        """Facts that changed with time: what a visit showed and what the department's data said."""
        said = (("visited", "走访时核对了工资条。"), ("department", "社保部门比对结果。"))
        with self.cast.acting(self.reviewer):
            earning = Member.objects.filter(until__isnull=True, person__monthly_income__isnull=False)
            for place, member in enumerate(earning.select_related("person").order_by("pk")[:6]):
                (source, note), earned = said[place % 2], member.person.monthly_income or Money(0)
                facts = {"monthly_income": earned + Money.yuan(50 * (place + 1))}
                registry.change_facts(subject=member.person, facts=facts, source=source, note=note)

    def officers(self, who: str) -> None:
        """The first union's files get its officer; those of the other unions wait for one."""
        with self.cast.acting(self.reviewer):
            files = File.objects.filter(state="open", org=self._node(1))
            assign_officer(files=files, officer=Staff.objects.get(username=who))

    def looks(self, who: str) -> None:
        """Full numbers somebody looked at, each for a purpose."""
        with self.cast.acting(who):
            people = Person.objects.filter(phone_cipher__isnull=False).order_by("pk")
            for person, purpose in zip(people, PURPOSES, strict=False):
                what = "id" if purpose == "verify" else "phone"
                registry.reveal(subject=person, what=what, purpose=purpose)

    def _enter_again(self, person: Person) -> None:
        """The same name and day of birth under another number, as after a slip of the pen."""
        number = invent_id(self.county.code, person.born_on, self._serial(person.sex))
        ensure_person(org_path=person.org_id, name=person.name, id_number=number)

    def _serial(self, sex: str) -> int:
        return 2 * next(self._serials) + (sex == MAN)

    def _node(self, number: int) -> Node:
        return self.cast.nodes[f"{self.county.code}-{number:02}"]

    def _employer(self, number: int, node: Node) -> Employer:
        union, rng = self.county.unions[number - 1], self.rng
        contact = names.person(rng, rng.choice((MAN, WOMAN)))[0]
        with self.cast.acting(node.path):
            return create_employer(
                name=union.name.removesuffix("工会"), union=node.path,
                credit_code=credit_code(self.county.code, number),
                nature=rng.choice(["国有企业", "集体企业", "民营企业", "事业单位"]), state="正常",
                industry=union.industry, headcount=rng.randrange(30, 900), contact=contact,
                telephone=f"1990088{self.county.code[-2:]}{number:02}",
                address=f"{self.county.townships[union.township][0]}工业路{number}号",
            )  # fmt: skip

    def _enrol(
        self, node: Node, rows: list[Row], title: str, form: str, employer: Employer | None
    ) -> Receipt | None:
        if not rows:
            return None
        return enrol_many(
            union=node.path,
            rows=rows,
            title=title,
            held_on=timezone.localdate(),
            form=form,
            employer=employer,
        )

    def _row(self, line: int) -> Row:
        sex = self.rng.choice((MAN, WOMAN))
        born = date(timezone.localdate().year - self.rng.randrange(20, 45), 1, 1)
        born += timedelta(days=self.rng.randrange(365))
        number = invent_id(self.county.code, born, self._serial(sex))
        phone = f"1998{self.county.code[-2:]}{next(self._phones):05}"
        return Row(line, names.person(self.rng, sex)[0], number, phone)
