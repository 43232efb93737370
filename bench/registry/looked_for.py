"""A family somewhere in a scope, and the texts by which the search box finds it."""

import os
from dataclasses import dataclass

import psycopg

from bench import people
from bench.policy.generate import KEYS
from nuanxin.casework.models import File
from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.sealing import fingerprint
from nuanxin.orgs.models import Node
from nuanxin.registry.models import Employer, Person


@dataclass(frozen=True)
class LookedFor:
    """The file and household that are opened, and what is typed, by what it is."""

    file: int
    household: int
    texts: dict[str, str]


def within(node: Node) -> LookedFor:
    """A family with an open file in the middle of the node's."""
    with scope.acting(system(node.path)):
        files = File.objects.filter(state="open").select_related("household__head").order_by("pk")
        file = files[files.count() // 2]
        firm = Employer.objects.order_by("pk")[0]
    head = file.household.head
    number, phone = _numbered(head)
    address = file.household.address
    street = address[address.index("镇") + 1 : address.index("号") + 1]
    texts = {
        "name": head.name,
        "commonest surname": "王",
        "pinyin without a space": head.pinyin.replace(" ", ""),
        "commonest pinyin": "wang",
        "initials": head.initials,
        "two initials": "wj",
        "street and number": street,
        "address found everywhere": "单元",
        "text found nowhere": "查无此处",
        "employer": firm.name,
        "kind of employer": "纺织",
        "ID number": number,
        "mobile number": phone,
        "file number": file.number,
    }
    return LookedFor(file.pk, file.household_id, texts)


def _numbered(person: Person) -> tuple[str, str]:
    """Give a person, whose sealed columns hold noise, an ID number and a phone to be found by."""
    invented = people.person(person.pk // KEYS)
    hashes = [fingerprint(invented.id_number, "id_number"), fingerprint(invented.phone, "phone"), person.pk]
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], user="postgres", autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE registry_person SET id_hash = %s, phone_hash = %s WHERE id = %s", hashes)
    return invented.id_number, invented.phone
