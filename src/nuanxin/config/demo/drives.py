"""Send-warmth drives: planned, approved, paid, visited."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone

from nuanxin.campaigns import services as campaigns
from nuanxin.campaigns.models import Drive, Recipient
from nuanxin.casework.models import File
from nuanxin.kernel.identity import invent_id
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund

from . import money
from .cast import Cast
from .families import luhn_number
from .machinery import Agenda

#: Mid-Autumn by the Chinese calendar.
MID_AUTUMN = {
    year: date(year, month, day)
    for year, month, day in (
        (2023, 9, 29), (2024, 9, 17), (2025, 10, 6), (2026, 9, 25), (2027, 9, 15), (2028, 10, 3),
        (2029, 9, 22), (2030, 9, 12), (2031, 10, 1), (2032, 9, 19), (2033, 9, 8), (2034, 9, 27),
        (2035, 9, 16), (2036, 10, 4),
    )
}  # fmt: skip
NOTES = (
    "老人身体尚好，家中近况平稳。",
    "孩子已返校，家属表示感谢。",
    "户主正在复查，药费有票据。",
    "家中整洁，收入与申报一致。",
)


def last_mid_autumn(today: date) -> date:
    """The last Mid-Autumn that lies at least four weeks back; a guess beyond the table."""
    known = [day for day in MID_AUTUMN.values() if day <= today - timedelta(days=28)]
    latest = max(known, default=date(today.year - 1, 9, 25))
    return latest if (today - latest).days < 400 else date(today.year - 1, 9, 25)


class Warmth:
    """One county's drives: who plans, decides and pays them."""

    def __init__(
        self, cast: Cast, agenda: Agenda, rng: random.Random, reviewer: str, decider: str, cashier: str
    ) -> None:
        self.cast, self.agenda, self.rng = cast, agenda, rng
        self.reviewer, self.decider, self.cashier = reviewer, decider, cashier

    def autumn(self, day: date, fund: Fund, families: int) -> None:
        """Plan a Mid-Autumn drive that is over: paid, nearly all visited, closed."""
        name = f"{day.year}年中秋慰问"
        start, end = day - timedelta(days=12), day + timedelta(days=8)
        plan = {"name": name, "theme": "月满中秋 情暖职工", "starts_on": start, "ends_on": end, "fund": fund}
        gift = {"cash": Money.yuan(400), "gift": "中秋礼盒", "gift_value": Money.yuan(150)}
        self.agenda.on(start - timedelta(days=8), self._prepare, plan | gift, families, True)
        self.agenda.on(start - timedelta(days=3), self._approve, name)
        self.agenda.on(start + timedelta(days=2), self._pay, name, fund)
        for step in range(4):
            self.agenda.on(day - timedelta(days=4 - 2 * step), self._visit, name, _third)
        self.agenda.on(day + timedelta(days=6), self._visit, name, _all_but_one)
        self.agenda.on(end, self._close, name)

    def visits(self, start: date, fund: Fund, families: int, at: str) -> None:
        """Plan a drive that is under way: half of it visited; some of the union at a path still to do."""
        name = f"{start.year}年困难职工走访慰问"
        end = start + timedelta(days=60)
        plan = {"name": name, "theme": "走基层 送温暖", "starts_on": start, "ends_on": end, "fund": fund}
        gift = {"cash": Money.yuan(500), "gift": "棉被礼包", "gift_value": Money.yuan(300)}
        self.agenda.on(start - timedelta(days=8), self._prepare, plan | gift, families, True, at)
        self.agenda.on(start - timedelta(days=2), self._approve, name)
        self.agenda.on(start + timedelta(days=4), self._visit, name, _half)

    def spring(self, day: date, fund: Fund, families: int) -> None:
        """Plan the drive of the two festivals to come: in preparation, with workers and a group."""
        year = day.year if day.month <= 2 else day.year + 1
        plan = {
            "name": f"{year}年元旦春节送温暖", "theme": "送温暖 迎新春", "starts_on": date(year - 1, 12, 15),
            "ends_on": date(year, 2, 28), "fund": fund, "cash": Money.yuan(800), "gift": "米面油礼包",
            "gift_value": Money.yuan(260),
        }  # fmt: skip
        self.agenda.on(day, self._prepare, plan, families, False)

    def _prepare(self, plan: dict[str, object], families: int, submit: bool, at: str = "") -> None:
        with self.cast.acting(self.reviewer):
            drive = campaigns.create_drive(**plan)  # type: ignore[arg-type]
            here = File.objects.filter(state="open", org=at).order_by("pk") if at else File.objects.none()
            chosen = list(here.values_list("pk", flat=True)[:14])
            rest = File.objects.filter(state="open").exclude(pk__in=chosen).order_by("pk")
            chosen += list(rest.values_list("pk", flat=True)[: families - len(chosen)])
            campaigns.add_files(drive=drive, files=File.objects.filter(pk__in=chosen), target="hardship")
            self._others(drive)
            if submit:
                campaigns.submit_drive(drive=drive)

    def _others(self, drive: Drive) -> None:
        """Two workers without a file and a group."""
        county = self.cast.node(self.reviewer)
        unions = [node for node in self.cast.nodes.values() if node.code.startswith(f"{county.code}-")]
        for place, (name, target) in enumerate((("马骏驰", "new_forms"), ("罗秋实", "frontline"))):
            serial = drive.pk * 10 + place
            campaigns.add_worker(
                drive=drive, org=unions[place + 4], name=name, id_number=_worker_id(county.code, serial),
                target=target, phone=f"1998{county.code[-2:]}{serial:05}", bank="雪山农商银行",
                branch="城关支行", card=luhn_number(f"99000099{county.code[-2:]}{serial:08}"),
            )  # fmt: skip
        campaigns.add_group(
            drive=drive, org=unions[6], name=f"{unions[6].short_name}一线班组", target="frontline", gifts=20,
            headcount=26,
        )  # fmt: skip

    def _approve(self, name: str) -> None:
        with self.cast.acting(self.decider):
            campaigns.approve_drive(drive=Drive.objects.get(org=self._path, name=name))

    def _pay(self, name: str, fund: Fund) -> None:
        made = money.batch(self.cast, self.cashier, fund, name)
        money.settle(self.cast, self.cashier, money.send(self.cast, self.cashier, made))

    def _visit(self, name: str, quota: Callable[[int], int]) -> None:
        """The officers of all unions record visits: of each union's recipients so many as the quota says."""
        with self.cast.acting(self.reviewer):
            rows = Recipient.objects.filter(drive__name=name, drive__org=self._path).order_by("org_id", "pk")
            waiting: dict[str, list[Recipient]] = {}
            for row in rows.filter(state="approved"):
                waiting.setdefault(row.org_id, []).append(row)
        for union, recipients in waiting.items():
            with self.cast.acting(union):
                for recipient in recipients[len(recipients) - quota(len(recipients)) :]:
                    self._record(recipient)

    def _record(self, recipient: Recipient) -> None:
        changed = self.rng.random() < 0.06
        campaigns.record_visit(
            recipient=recipient,
            key=UUID(int=self.rng.getrandbits(128), version=4),
            finding="differs" if changed else "agrees",
            note="户主已重新就业，月收入有增加。" if changed else self.rng.choice(NOTES),
            signed_name="班组长 和志强" if recipient.is_group else recipient.name,
            visited_on=timezone.localdate(),
        )

    def _close(self, name: str) -> None:
        with self.cast.acting(self.reviewer):
            campaigns.close_drive(drive=Drive.objects.get(org=self._path, name=name))

    @property
    def _path(self) -> str:
        return self.cast.node(self.reviewer).path


def _third(number: int) -> int:
    return number // 3


def _half(number: int) -> int:
    return number // 2


def _all_but_one(number: int) -> int:
    return number - 1


def _worker_id(division: str, serial: int) -> str:
    return invent_id(division, date(1986, 1, 1) + timedelta(days=serial % 4000), 31)
