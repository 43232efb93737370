"""Applications for programmes other than a file, brought to any point of their way through the services."""

from typing import Any

from nuanxin.approvals import queries as steps
from nuanxin.approvals import services as approvals
from nuanxin.casework import services
from nuanxin.casework.models import Application
from nuanxin.kernel import scope
from nuanxin.kernel.money import Money
from nuanxin.ledger.models import Fund
from nuanxin.records import services as records

from . import factories as make

NEED = {"need_cause": "illness", "needed": "2500", "what_happened": "突发心梗，急需住院押金。"}
PAPERS = ("application", "identity", "cause_proof")


def fund(at: make.County, yuan: int = 100_000, *uses: str) -> Fund:
    """A fund of the county's own with money in it."""
    money = make.ledger.fund(*(uses or ("temporary-aid", "living-aid", "schooling-aid")))
    make.ledger.give(money, at.node, yuan)
    return money


def temporary(
    at: make.County, state: str = "draft", *, money: Fund | None = None, needed: str = "2500", **fields: Any
) -> Application:
    """Temporary aid for the head of a household with a card, in a state."""
    home = make.household(at, **fields)
    with scope.acting(at.officer):
        row = services.start(programme="temporary-aid", person=home.head)
        if state == "bare":
            return row
        answers = NEED | {"needed": needed}
        row = services.answer(application=row, answers=answers, fund=money or fund(at))
        papers(row)
        if state == "withdrawn":
            return services.withdraw(application=row)
        if state != "draft":
            row = services.submit(application=row)
    return onward(at, row, state)


def papers(row: Application, *kinds: str) -> None:
    """The documents the programme asks for."""
    for kind in kinds or PAPERS:
        records.attach(subject=row, category=kind, upload=make.upload())


def onward(at: make.County, row: Application, state: str) -> Application:
    """From its submission on: returned, checked (at the decision), approved, refused."""
    if state == "returned":
        with scope.acting(at.reviewer):
            return services.return_application(application=row, reason="材料不清")
    if state in ("checked", "approved"):
        with scope.acting(at.reviewer):
            row = services.pass_on(application=row)
    if state == "approved":
        with scope.acting(at.decider):
            services.approve(application=row)
    if state == "refused":
        with scope.acting(at.decider):
            services.refuse(application=row, reason="不符合条件")
    row.refresh_from_db()
    return row


def pass_every_step(at: make.County, row: Application) -> None:
    """Every step of the route passed in the approvals alone: the application itself does not move."""
    row.refresh_from_db()
    people = {"check": at.reviewer, "decide": at.decider}
    while step := steps.step_of(row.process):
        with scope.acting(people.get(step.kind, at.reviewer)):
            if step.kind == "notice":
                approvals.pass_notice(process=row.process)
            else:
                approvals.speak(process=row.process, verdict="pass")
        row.process.refresh_from_db()


def yuan(amount: int | str) -> Money:
    return Money.yuan(amount)
