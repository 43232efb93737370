"""To which account the money of applications goes: the head's card, or the account named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from nuanxin.kernel.sets import among
from nuanxin.policy.programmes import Programme
from nuanxin.registry.models import Household, Person

from .models import Application, Payee


@dataclass(frozen=True)
class Account:
    """An account with the name it is in; the number sealed (purpose "card"), as a hash and masked."""

    name: str
    bank: str
    branch: str
    card_cipher: bytes
    card_hash: bytes
    card_mask: str


def accounts_of(rows: Sequence[Application], of: Mapping[int, Programme]) -> dict[int, Account]:
    """By application the account its money goes to; those without one are missing.

    A programme that pays the head uses the household's card. One that pays the person uses the account
    named, else the card of a household the person heads; the others the account named.
    """
    named = {payee.application_id: _account(payee.name, payee) for payee in _named(rows)}
    homes = {home.pk: home for home in _homes(rows)}
    people = Person.objects.filter(among({home.head_id for home in homes.values()}))
    heads = dict(people.values_list("pk", "name"))
    found = {}
    for row in rows:
        payee, home = of[row.pk].payee, homes.get(row.household_id or 0)
        if payee != "head" and row.pk in named:
            found[row.pk] = named[row.pk]
        elif home and (payee == "head" or (payee == "person" and row.person_id == home.head_id)):
            found[row.pk] = _account(heads[home.head_id], home)
    return found


def _named(rows: Sequence[Application]) -> Any:
    return Payee.objects.filter(among([row.pk for row in rows], "application"))


def _homes(rows: Sequence[Application]) -> Any:
    wanted = Household.objects.filter(among([row.household_id for row in rows if row.household_id]))
    return wanted.filter(card_hash__isnull=False)


def _account(name: str, of: Household | Payee) -> Account:
    return Account(
        name, of.bank, of.branch, bytes(of.card_cipher or b""), bytes(of.card_hash or b""), of.card_mask
    )


def missing(programme: Programme) -> Any:
    """In words, that nobody can be paid yet."""
    if programme.payee == "head":
        return _("该户没有登记本人银行卡，请先补登。")
    return _("还没有登记收款账户，请先填写。")
