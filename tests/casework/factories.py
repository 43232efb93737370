"""A county with its people, and cases brought to any point of their way through the services."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from nuanxin.casework import services
from nuanxin.casework.models import AidList, Application, File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.workdays import add_working_days
from nuanxin.orgs.models import Node, Post
from nuanxin.payments import services as payments
from nuanxin.payments.models import Batch
from nuanxin.policy import services as policy
from nuanxin.records import services as records
from nuanxin.registry import services as registry_services
from nuanxin.registry.models import Household
from tests.ledger import factories as ledger
from tests.orgs import factories as orgs
from tests.payments import factories as bank
from tests.registry import factories as registry

SEE = "casework.file.see"
OFFICER = (SEE, "casework.application.submit", "casework.care.plan", "registry.household.see")
REVIEWER = (SEE, "casework.application.submit", "casework.application.review", "casework.aid.propose")
DECIDER = (SEE, "casework.application.decide", "casework.aid.decide")
CASHIER = ("payments.batch.see", "payments.batch.pay", "payments.due.reissue")

#: A sound picture of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49"
    "444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)


@dataclass
class County:
    """A county with a grassroots union, its posts, the packs loaded and a line of 620 yuan."""

    node: Node
    union: Node
    officer_post: Post
    reviewer_post: Post
    decider_post: Post
    cashier_post: Post

    @property
    def officer(self) -> Actor:
        return self.officer_post.actor()

    @property
    def reviewer(self) -> Actor:
        return self.reviewer_post.actor()

    @property
    def decider(self) -> Actor:
        return self.decider_post.actor()

    @property
    def cashier(self) -> Actor:
        return self.cashier_post.actor()


def county(line: int = 620, division: str = "") -> County:
    """A county ready to work by the packs every database has; each call makes another one."""
    node = orgs.node("county", supervision_phone="0887-8412351")
    Node.objects.filter(pk=node.pk).update(division=division or f"53{node.pk % 10000:04d}")
    node.refresh_from_db()
    union = orgs.node("grassroots", orgs.node("township", node))
    with scope.acting(system()):
        policy.set_standards(standards=[_line(node, line)])
    return County(
        node,
        union,
        orgs.post(union, *OFFICER),
        orgs.post(node, *REVIEWER),
        orgs.post(node, *DECIDER),
        orgs.post(node, *CASHIER),
    )


def _line(node: Node, yuan: int) -> policy.NewStandard:
    return policy.NewStandard(
        code="dibao",
        name="低保标准",
        name_en="Living-allowance line",
        place=node.path,
        valid_from=date(2020, 1, 1),
        document="测试文件",
        document_en="Test document",
        amount=Money.yuan(Decimal(yuan)),
    )


def household(at: County, **fields: Any) -> Household:
    """A household of one with 800 yuan a month: relative, unless fields say otherwise."""
    with scope.acting(at.officer):
        return registry.household(at.union.path, **({"main_cause": "major_illness"} | fields))


def application(at: County, state: str = "draft", *, over: bool = False, **fields: Any) -> Application:
    """An application in a state, through the services; `over`: its notice has run to the end."""
    with scope.acting(at.officer):
        row = services.start_application(household=household(at, **fields))
        if state == "draft":
            return row
        complete(row)
        if state == "withdrawn":
            return services.withdraw(application=row)
        row = services.submit(application=row)
    return _onward(at, row, state, over)


def _onward(at: County, row: Application, state: str, over: bool) -> Application:
    if state == "returned":
        with scope.acting(at.reviewer):
            return services.return_application(application=row, reason="票据不清，请重新上传。")
    if state in ("noticed", "approved", "refused"):
        publish(at, row, over=over or state == "approved")
        row.refresh_from_db()
    if state == "approved":
        with scope.acting(at.decider):
            services.approve(application=row)
    if state == "refused":
        with scope.acting(at.decider):
            services.refuse(application=row, reason="家庭情况已有好转。")
    row.refresh_from_db()
    return row


#: The papers a file is asked for.
PAPERS = ("application", "identity", "household", "consent", "income_proof")


def complete(row: Application) -> None:
    """What an application needs to be submitted: a visit and the papers."""
    today = timezone.localdate()
    services.record_visit(
        household=row.household,
        application=row,
        visited_on=today,
        visitors="李梅、杨光",
        finding="agrees",
        note="",
        checked=services.as_declared(row.household),
    )
    papers(row, *PAPERS)


def papers(row: Application, *kinds: str) -> None:
    """Documents of these kinds."""
    for kind in kinds:
        records.attach(subject=row, category=kind, upload=upload())


def checklist_typed(at: County, home: Household) -> dict[str, str]:
    """The checklist as the officer's form sends it when everything is as it was declared."""
    with scope.acting(at.officer):
        checked = services.as_declared(home)
    return {"checklist": checked.version} | {f"s_{code}": one.state for code, one in checked.answers.items()}


def upload(name: str = "申请书.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PNG, "image/png")


def publish(at: County, row: Application, *, over: bool = False) -> None:
    """Pass the review; `over` puts the notice so far back that it ended before today."""
    since = add_working_days(timezone.localdate() - timedelta(days=1), -6) if over else None
    with scope.acting(at.reviewer):
        services.pass_to_notice(application=row, phone="0887-8412351", since=since)


def file(at: County, **fields: Any) -> File:
    """An open file, from application to decision."""
    return File.objects.get(application=application(at, "approved", **fields))


def files_at_once(at: County, number: int, **fields: Any) -> list[File]:
    """Many open files written straight into the tables, for lists and figures; not their way there."""
    today = timezone.localdate()
    made = []
    for _ in range(number):
        home = household(at, **fields)
        row = Application.objects.create(
            org_id=home.org_id,
            household=home,
            officer_id=at.officer.staff_id,
            applied_on=today,
        )
        made.append(
            File(
                org_id=home.org_id,
                number=f"{at.node.division}-{today.year}-{home.pk:06d}",
                household=home,
                application=row,
                clazz="deep",
                opened_on=today,
            )
        )
    return File.objects.bulk_create(made)


def aid_list(
    at: County, state: str = "draft", *, fund: Any = None, yuan: int = 1_000_000, **make: Any
) -> AidList:
    """A list of living aid over the county's open files, in a state; the fund has money."""
    money = fund or ledger.fund("living-aid")
    if fund is None:
        ledger.give(money, at.node, yuan)
    today = timezone.localdate()
    values = {"programme": "living-aid", "title": "生活救助", "year": today.year, "as_of": today} | make
    with scope.acting(at.reviewer):
        row = services.make_list(fund=money, **values)
        if state == "dropped":
            return services.drop_list(aid_list=row)
        if state != "draft":
            row = services.submit_list(aid_list=row)
    if state in ("approved", "returned"):
        with scope.acting(at.decider):
            if state == "approved":
                return services.approve_list(aid_list=row)
            return services.return_list(aid_list=row, reason="请核对名单。")
    return row


def now_earns(home: Household, yuan: int) -> None:
    """The household's yearly income is corrected in the registry."""
    home.refresh_from_db()
    registry_services.edit_household(household=home, version="", annual_income=Money.yuan(yuan))


def paid(at: County, aid_list: AidList | Application, failing: Any = ()) -> Batch:
    """The list's dues go to the bank and come back: the lines in `failing` returned, the others paid."""
    with scope.acting(at.cashier):
        batch = payments.make_batch(fund=aid_list.fund).batch
        payments.send(batch=batch, kind="csv")
        file = SimpleUploadedFile("result.xlsx", bank.sample_result(batch, failing))
        payments.book_result(batch=batch, upload=file)
    return batch
