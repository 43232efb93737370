"""Households: created whole, changed under a lock, with their members and expenses."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from nuanxin.kernel import events, scope
from nuanxin.kernel.identity import luhn_ok, mask_card, normalise_card
from nuanxin.kernel.money import Money
from nuanxin.kernel.objects import get_or_out_of_sight
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.sealing import fingerprint, seal
from nuanxin.records import services as records
from nuanxin.records.models import Attachment
from nuanxin.registry.events import HouseholdChanged
from nuanxin.registry.importing.places import keepers
from nuanxin.registry.models import Expense, Household, Member, Person

from .circumstances import change_facts
from .consents import record_consent
from .people import contact_fields, ensure_person, phone_fields, plain

SELF = "0"
#: Facts without periods: remarks, and what is recorded in rows of its own (spending, consents).
UNTIMED = frozenset(["remarks", "expenses_known", "consent_on"])

#: Plain fields of a household that callers may set.
FIELDS = frozenset(
    [
        "address",
        "postcode",
        "hukou_division",
        "hukou_code",
        "residence",
        "people",
        "annual_income",
        "other_income",
        "dibao_certificate",
        "homes",
        "housing",
        "floor_area",
        "vehicle",
        "business",
        "costly_schooling",
        "loss",
        "disaster_victim",
        "expenses_known",
        "single_parent",
        "self_help",
        "zero_employment",
        "main_cause",
        "other_causes",
        "focus_group",
        "origin",
        "declared_class",
        "employer_nature",
        "employer_state",
        "industry",
        "consent_on",
        "remarks",
    ]
)


@transaction.atomic
def create_household(
    *,
    head: Person,
    card: str = "",
    bank: str = "",
    branch: str = "",
    since: date | None = None,
    **fields: Any,
) -> Household:
    """A household at its head's node, the head being its first member.

    Refused when the head lives in, or has headed, another household.
    """
    if Household.objects.live().filter(head=head).exists():
        raise Refused(
            _("%(name)s已是另一户的户主。") % {"name": head.name}, code="heads_already", field="head"
        )
    household = Household.objects.create(
        org_id=head.org_id, head=head, **card_fields(card, bank, branch), **_plain(fields)
    )
    add_member(household=household, person=head, relation=SELF, since=since)
    return household


@transaction.atomic
def open_household(
    *,
    union: str,
    name: str,
    id_number: str,
    phone: str = "",
    contact: str = "",
    card: str = "",
    bank: str = "",
    branch: str = "",
    head: Mapping[str, Any],
    household: Mapping[str, Any],
) -> Household:
    """Enter a household by hand at a union: its head, new or known without a household, with all facts.

    Refused as `create_person`, `create_household` and `add_member` refuse; the day of the consent is
    recorded as the head's consent to the means check.
    """
    if not keepers(scope.current().org_path).filter(path=union).exists():
        raise Refused(_("请选择管理家庭的基层工会。"), code="no_keeper", field="union")
    person = ensure_person(org_path=union, name=name, id_number=id_number, phone=phone)
    facts = dict(household)
    signed = facts.pop("consent_on", None)
    if Member.objects.filter(person=person, until__isnull=True).exists():
        raise Refused(_("此人已在另一户中。"), code="lives_elsewhere", field="id_number")
    if person.org_id != union:
        Person.objects.filter(pk=person.pk).update(org_id=union)
        person.org_id = union
    edit_person(person=person, contact=contact or None, phone=phone or None, **head)
    made = create_household(head=person, card=card, bank=bank, branch=branch, **facts)
    if signed:
        record_consent(household=made, person=person, kind="check", given_on=signed)
        made.refresh_from_db()
    records.note("household.opened", subject=made)
    events.publish(HouseholdChanged(made.pk, made.org_id))
    return made


@transaction.atomic
def add_member(*, household: Household, person: Person, relation: str, since: date | None = None) -> Member:
    """Take a person into the household; Refused, naming where, when the person lives in another one."""
    lives = (
        Member.objects.filter(person=person, until__isnull=True)
        .select_related("household__head", "household__org")
        .first()
    )
    if lives is not None:
        raise Refused(
            _("%(name)s已在%(place)s%(head)s一户中，请先办理转出。")
            % {"name": person.name, "place": lives.household.org, "head": lives.household.head.name},
            code="lives_elsewhere",
            field="person",
        )
    try:
        with transaction.atomic():
            return Member.objects.create(
                org_id=household.org_id,
                household=household,
                person=person,
                relation=relation,
                since=since or timezone.localdate(),
            )
    except IntegrityError as error:
        raise Refused(_("该人员刚刚被登记在另一户中。"), code="lives_elsewhere", field="person") from error


@transaction.atomic
def admit(*, household: Household, name: str, id_number: str, relation: str, phone: str = "") -> Member:
    """Take somebody into the household, entering the person when new; recorded."""
    person = ensure_person(org_path=household.org_id, name=name, id_number=id_number, phone=phone)
    member = add_member(household=household, person=person, relation=relation)
    _save(_locked(household, ""), ["members"])
    return member


@transaction.atomic
def record_expense(
    *,
    household: Household,
    kind: str,
    amount: Money,
    evidenced: bool,
    year: int,
    evidence: Attachment | None = None,
) -> Expense | None:
    """Set what a household spends on a kind in a year, with the bill; nought takes the entry away."""
    if kind not in Expense.Kind.values:
        raise Refused(_("没有这种支出。"), code="unknown_kind", field="kind")
    if amount < Money(0):
        raise Refused(_("金额不能小于 0。"), code="negative", field="amount")
    key = {"household": household, "kind": kind, "year": year}
    if not amount.fen:
        Expense.objects.filter(**key).delete()
        return None
    values: dict[str, Any] = {"amount": amount, "evidenced": evidenced or evidence is not None}
    if evidence is not None:
        values["evidence"] = evidence
    expense, made = Expense.objects.get_or_create(**key, defaults={"org_id": household.org_id, **values})
    if not made and any(getattr(expense, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(expense, name, value)
        expense.save()
    return expense


@transaction.atomic
def record_expenses(
    *,
    household: Household,
    year: int,
    lines: dict[str, tuple[Money, bool]],
    bills: Mapping[str, Attachment] | None = None,
    version: str = "",
) -> None:
    """The whole of a year's rigid spending, by kind (amount, evidenced), with new bills by kind.

    Then the spending is known.
    """
    household = _locked(household, version)
    for kind, (amount, evidenced) in lines.items():
        paper = (bills or {}).get(kind)
        record_expense(
            household=household, kind=kind, amount=amount, evidenced=evidenced, year=year, evidence=paper
        )
    household.expenses_known = True
    _save(household, ["expenses"])


@transaction.atomic
def edit_household(
    *, household: Household, version: str, said: Mapping[str, Any] | None = None, **fields: Any
) -> Household:
    """Change facts of a household; Refused when somebody changed it after `version` was read.

    `said`: since when, by what source and evidence, as `change_facts` takes them.
    """
    household = _locked(household, version)
    values = {name: value for name, value in _plain(fields).items() if getattr(household, name) != value}
    timed = {name: value for name, value in values.items() if name not in UNTIMED}
    changed = change_facts(subject=household, facts=timed, **(said or {})) if timed else []
    for name in sorted(set(values) & UNTIMED):
        setattr(household, name, values[name])
        changed.append(name)
    if changed:
        _save(household, changed)
    return household


@transaction.atomic
def edit_person(
    *,
    person: Person,
    household: Household | None = None,
    version: str = "",
    phone: str | None = None,
    contact: str | None = None,
    said: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Person:
    """Change facts of a person. None for phone or contact keeps it, "" takes it away; `said` as above.

    With a household, Refused when somebody changed that household after `version` was read.
    """
    if household is not None:
        household = _locked(household, version)
    person = get_or_out_of_sight(Person.objects.select_for_update(), pk=person.pk)
    numbers = phone_fields(phone) if phone is not None else {}
    if contact is not None:
        numbers |= contact_fields(contact)
    facts = {name: value for name, value in plain(fields).items() if getattr(person, name) != value}
    changed = change_facts(subject=person, facts=facts, **(said or {})) if facts else []
    renewed = [name for name, value in numbers.items() if getattr(person, name) != value]
    for name in renewed:
        setattr(person, name, numbers[name])
    if renewed:
        person.save(update_fields=renewed)  # the facts were written beside this row
    if changed := changed + renewed:
        records.note(
            "person.edited", subject=person, detail={"fields": [n for n in changed if "cipher" not in n]}
        )
        if household is not None:
            _save(household, [])
    return person


@transaction.atomic
def change_card(
    *, household: Household, card: str, bank: str, branch: str = "", version: str = "", reason: str = ""
) -> Household:
    """Put another bank card of the head's on the household, recorded."""
    household = _locked(household, version)
    for name, value in card_fields(card, bank, branch).items():
        setattr(household, name, value)
    household.save()
    records.note("household.card_changed", subject=household, note=reason)
    events.publish(HouseholdChanged(household.pk, household.org_id))
    return household


def card_fields(card: str, bank: str, branch: str = "") -> dict[str, Any]:
    """The stored forms of a bank card; all empty for "". Refused without a bank or 10 to 30 digits.

    A number that fails the Luhn check is taken: account books need not follow it (`card_doubtful`).
    """
    number = normalise_card(card)
    if not number:
        return {"card_cipher": None, "card_hash": None, "card_mask": "", "bank": bank, "branch": branch}
    if not (number.isascii() and number.isdigit() and 10 <= len(number) <= 30):
        raise Refused(_("银行卡号应为 10 到 30 位数字。"), code="card", field="card")
    if not bank.strip():
        raise Refused(_("请填写开户银行，否则无法发放。"), code="no_bank", field="bank")
    return {
        "card_cipher": seal(number, "card"),
        "card_hash": fingerprint(number, "card"),
        "card_mask": mask_card(number),
        "bank": bank.strip(),
        "branch": branch.strip(),
    }


def card_doubtful(card: str) -> bool:
    """Whether a card number is worth a second look: it fails the Luhn check."""
    return bool(card) and not luhn_ok(card)


def version_of(household: Household) -> str:
    """What a form keeps to notice that somebody else was quicker."""
    return household.changed.isoformat()


def _locked(household: Household, version: str) -> Household:
    row = get_or_out_of_sight(Household.objects.select_for_update(), pk=household.pk)
    if version and version_of(row) != version:
        raise Refused(
            _("打开此页之后，该户信息已被他人修改。您填写的内容仍在，请对照最新信息后再保存。"), code="stale"
        )
    return row


def _save(household: Household, changed: list[str]) -> None:
    household.save()
    records.note("household.edited", subject=household, detail={"fields": changed})
    events.publish(HouseholdChanged(household.pk, household.org_id))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - FIELDS:
        raise TypeError(f"no fields of a household: {sorted(unknown)}")
    return fields
