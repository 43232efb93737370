"""Likely doubles: at entry, by rules, by likelihood; the queue and its pages; traps of names and numbers."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from nuanxin.kernel import scope
from nuanxin.kernel.identity import id_check_digit, invent_id, parse_id
from nuanxin.kernel.refusal import Refused
from nuanxin.kernel.worklist import collect
from nuanxin.records.models import Entry
from nuanxin.registry import queries, services
from nuanxin.registry.doubles.slips import read_id, slips
from nuanxin.registry.models import Likeness, Person
from nuanxin.registry.permissions import EDIT_HOUSEHOLD, MERGE, SEE_CHILDREN
from tests.orgs import factories as orgs
from tests.registry import factories as registry

pytestmark = pytest.mark.django_db
BORN = date(1980, 5, 17)


@pytest.fixture
def union() -> Iterator[Any]:
    made = orgs.node("grassroots")
    with scope.acting(orgs.actor(made.parent.parent)):
        yield made


def number(serial: int = 101, born: date = BORN, division: str = "533422") -> str:
    return invent_id(division, born, serial)


def someone(union: Any, name: str, id_number: str, phone: str = "", **more: Any) -> Person:
    return registry.person(union.path, name, id_number=id_number, phone=phone, **more)


def rules_of(union: Any, **asked: Any) -> list[tuple[int, tuple[str, ...]]]:
    return [(one.person.pk, one.rules) for one in queries.likely(org_path=union.path, **asked)]


# -- at entry ------------------------------------------------------------------------------------------


def test_slips_are_valid_numbers_one_slip_away():
    typed = number()
    found = slips(typed)
    assert typed not in found and len(found) == len(set(found)) > 100
    for other in found:
        assert parse_id(other).number == other
        differing = [at for at in range(17) if typed[at] != other[at]]
        assert len(differing) == 1 or (
            len(differing) == 2
            and differing[1] - differing[0] == 1
            and typed[differing[0]] == other[differing[1]]
            and typed[differing[1]] == other[differing[0]]
        )


def test_a_digit_wrong_and_two_swapped_are_found_by_hash(union):
    right = number(123)
    there = someone(union, "和建国", right)
    body = right[:14] + "132"
    swapped = body + id_check_digit(body)
    assert rules_of(union, name="和建军", id_number=swapped) == [(there.pk, ("id_slip",))]
    one_wrong = number(193)
    assert rules_of(union, name="和建军", id_number=one_wrong) == [(there.pk, ("id_slip",))]
    assert rules_of(union, name="和建军", id_number=number(987)) == []


def test_an_old_number_of_15_digits(union):
    right = number()
    there = someone(union, "和建国", right)
    old = right[:6] + right[8:17]
    assert rules_of(union, name="木建军", id_number=old) == [(there.pk, ("old_id",))]
    no_month = old[:8] + "00" + old[10:]
    assert read_id(no_month) == (None, True)
    assert rules_of(union, name="和建国", id_number=no_month) == []


def test_the_bearer_of_the_very_number_is_no_likeness(union):
    there = someone(union, "和建国", number(), "13987650001")
    assert rules_of(union, name="和建国", id_number=number(), phone="13987650001") == []
    assert rules_of(union, name="和建国", phone="13987650001") == [(there.pk, ("phone_name",))]
    assert queries.likely(org_path=union.path, name="和建国", phone="13987650001", besides=there.pk) == []


def test_name_birth_address_and_sound(union):
    there = someone(union, "和建国", number(), "13987650001")
    registry.household(union.path, head=there, address="升平镇南坪街8号")
    assert rules_of(union, name="和建国", id_number=number(555)) == [(there.pk, ("name_birth",))]
    assert rules_of(union, name="和建国", born_on=BORN) == [(there.pk, ("name_birth",))]
    assert rules_of(union, name="和健国", phone="13987650001") == [(there.pk, ("phone_sound",))]
    assert rules_of(union, name="和建国", address="升平镇南坪街8号") == [(there.pk, ("name_address",))]
    [found] = queries.likely(org_path=union.path, name="和建国", id_number=number(101, date(1981, 5, 17)))
    assert found.rules == ("id_slip", "name_serial") and found.household is not None


def test_homonyms_in_one_village_are_left_alone(union):
    someone(union, "和建国", number(101), "13987650001")
    assert rules_of(union, name="和建国", id_number=number(207, date(1962, 2, 3)), phone="13987650002") == []


def test_the_same_name_and_birth_in_another_county_is_no_likeness(union):
    other = orgs.node(
        "grassroots",
        parent=orgs.node("township", parent=orgs.node("county", parent=union.parent.parent.parent)),
    )
    with scope.acting(orgs.actor(union.parent.parent.parent)):
        someone(other, "和建国", number())
        assert rules_of(union, name="和建国", id_number=number(555)) == []


def test_nobody_out_of_sight_or_merged_is_named(union):
    other = orgs.node("grassroots")
    with scope.acting(orgs.actor(other)):
        someone(other, "和建国", number(), "13987650001")
    assert rules_of(union, name="和建国", phone="13987650001") == []
    kept, gone = someone(union, "和建国", number(201), "13987650002"), someone(union, "和建囯", number(301))
    services.merge_persons(kept=kept, gone=gone, reason="同一人")
    assert [pk for pk, _rules in rules_of(union, name="和建囯", born_on=BORN)] == []


def test_minority_names_and_four_byte_characters(union):
    dotted = someone(union, "阿依古丽·买买提", number(101), "13987650001")
    rare = someone(union, "和𠮷", number(303), "13987650003")
    assert rules_of(union, name="阿依古丽•买买提", phone="13987650001") == [(dotted.pk, ("phone_sound",))]
    assert rules_of(union, name="和𠮷", phone="13987650003") == [(rare.pk, ("phone_name",))]


# -- by the rules, into the queue ----------------------------------------------------------------------


def queue() -> set[tuple[int, int, str]]:
    return set(Likeness.objects.values_list("left", "right", "rule"))


def test_a_person_entered_by_hand_goes_into_the_queue(union):
    there = someone(union, "和建国", number(), "13987650001")
    house = registry.household(union.path, "木兰")
    services.admit(household=house, name="和建国", id_number=number(555), relation="8", phone="13987650001")
    new = Person.objects.latest("pk")
    assert queue() == {(there.pk, new.pk, "phone_name")}
    pair = Likeness.objects.get()
    assert pair.org_id == union.path and {mark["how"] for mark in pair.marks} == {"phone_name", "name_birth"}


def test_a_roster_goes_into_the_queue(union, tmp_path, jobs):
    post = orgs.post(union, "*")
    with scope.acting(post.actor()):
        heads, members = registry.families(2)
        there = someone(union, heads[0]["name"], registry.id_number(), str(heads[0]["mobile"]))
        roster = registry.roster(tmp_path, heads, members, place=union.path)
        jobs()
        roster.refresh_from_db()
        services.commit_roster(roster=roster)
        jobs()
        pair = Likeness.objects.filter(left=there).get()
        assert (pair.rule, pair.right.name) == ("phone_name", heads[0]["name"])


def test_shared_cards_and_judged_pairs(union, jobs):
    one, other = (
        registry.household(union.path, head=someone(union, n, number(s)))
        for n, s in (("甲", 11), ("乙", 902))
    )
    many = [
        registry.household(
            union.path,
            head=someone(union, f"丙{n}", number(n * 37, date(1960 + n, n, 3 * n))),
            card="6217000000000000011",
        )
        for n in range(1, 7)
    ]
    services.find_doubles()
    jobs()
    pair = Likeness.objects.get()
    assert (pair.rule, {pair.left_id, pair.right_id}) == ("card", {one.head_id, other.head_id})
    assert len(many) == 6
    services.judge_distinct(likeness=pair, reason="夫妻共用一卡")
    services.find_doubles()
    jobs()
    pair.refresh_from_db()
    assert (pair.state, pair.reason) == ("distinct", "夫妻共用一卡")
    with pytest.raises(Refused):
        services.judge_distinct(likeness=pair, reason="")


# -- by likelihood -------------------------------------------------------------------------------------


def village(union: Any) -> None:
    """Enough other people for chance agreements to be what they are."""
    for n in range(40):
        born = date(1950 + n, 1 + n % 12, 1 + n % 28)
        head = someone(union, f"李{chr(0x4E2D + 7 * n)}", number(11 + n * 13, born), f"1380000{n:04d}")
        registry.household(union.path, head=head, address=f"升平镇第{n}村", card="")


def test_a_search_finds_slips_and_leaves_twins_and_homonyms(union, jobs):
    village(union)
    real = someone(union, "和建国", number(123), "13987650001")
    registry.household(union.path, head=real, address="升平镇南坪街8号", card="")
    body = number(123)[:14] + "132"
    slip = someone(union, "和健国", body + id_check_digit(body), "13987650001")
    parent = someone(union, "木兰", number(400), "13987650009")
    house = registry.household(union.path, head=parent, address="升平镇北坪街1号", card="")
    for name, serial in (("木建国", 501), ("木建军", 503)):
        twin = someone(union, name, number(serial, date(2012, 8, 1)), "13987650009")
        services.add_member(household=house, person=twin, relation="2")
    someone(union, "和建国", number(207, date(1962, 2, 3)), "13987650002")
    run = services.find_doubles()
    with pytest.raises(Refused) as refusal:
        services.find_doubles()
    assert refusal.value.code == "busy"
    jobs()
    run.refresh_from_db()
    assert (run.state, run.done, run.total) == ("done", 46, 46)
    assert queue() == {(real.pk, slip.pk, "phone_sound")}
    pair = Likeness.objects.get()
    told = {mark["what"]: (mark["how"], mark["bits"]) for mark in pair.marks}
    assert told["name"][0] == "sound" and told["birth"][0] == "same" and told["number"][0] == "slip"
    assert told["phone"][1] > 10 and told["prior"][1] < 0
    assert round(sum(bits for _how, bits in told.values())) == round(pair.weight)
    assert Entry.objects.filter(action="registry.doubles_searched").exists()


def test_a_search_sees_its_own_scope_only(union, jobs):
    elsewhere = orgs.node("grassroots")
    with scope.acting(orgs.actor(elsewhere)):
        someone(elsewhere, "和建国", number(), "13987650001")
    someone(union, "和建国", number(303), "13987650001")
    services.find_doubles()
    jobs()
    assert not queue()


# -- pages ---------------------------------------------------------------------------------------------


def door(at: Any, *permissions: str) -> Client:
    client = Client()
    client.force_login(orgs.post(at, *permissions).staff)
    return client


def pair_of(union: Any) -> Likeness:
    someone(union, "和建国", number(), "13987650001")
    gone = someone(union, "和建囯", number(303), "13987650001", health="diabetes", employer="第三建筑公司")
    services.look_for_doubles([gone.pk])
    return Likeness.objects.get()


def test_the_queue_and_a_pair_by_permission_and_scope(union):
    pair = pair_of(union)
    pages = (reverse("registry:likenesses"), reverse("registry:likeness", args=[pair.pk]))
    county = union.parent.parent
    for page in pages:
        answer = door(county, MERGE, SEE_CHILDREN).get(page, follow=True)
        assert answer.status_code == 200 and "和建囯" in answer.content.decode()
        assert door(county, EDIT_HOUSEHOLD).get(page).status_code == 403
    away = orgs.node("county")
    assert door(away, MERGE).get(pages[1]).status_code == 404
    assert "和建囯" not in door(away, MERGE).get(pages[0], follow=True).content.decode()
    shown = door(county, MERGE).get(pages[1]).content.decode()
    assert "第三建筑公司" in shown and "diabetes" not in shown and "糖尿病" not in shown


def test_filters_of_the_queue(union):
    pair_of(union)
    client, page = door(union.parent.parent, "*"), reverse("registry:likenesses")
    for query, found in (
        ({"q": "和建"}, True), ({"q": "木"}, False), ({"rule": "phone_sound"}, True),
        ({"rule": "card"}, False),
        ({"weight": "5"}, True), ({"weight": "90"}, False), ({"tab": "distinct"}, False),
    ):  # fmt: skip
        assert ("和建囯" in client.get(page, query).content.decode()) is found, query


def test_merging_and_undoing_by_the_page(union):
    pair = pair_of(union)
    client, page = door(union.parent.parent, MERGE), reverse("registry:likeness", args=[pair.pk])
    assert client.post(page, {"keep": pair.left_id, "reason": ""}).status_code == 422
    assert client.post(page, {"keep": pair.left_id, "reason": "身份证原件"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.state, pair.right.merged_into_id) == ("merged", pair.left_id)
    assert "撤销合并" in client.get(page).content.decode()
    undo = reverse("registry:likeness_undo", args=[pair.pk])
    assert client.post(undo, {"undo-reason": "两个人"}).status_code == 302
    pair.refresh_from_db()
    assert (pair.state, Person.objects.filter(merged_into__isnull=False).count()) == ("open", 0)
    assert client.post(undo).status_code == 404
    client.post(reverse("registry:likeness_distinct", args=[pair.pk]), {"distinct-reason": "两个人"})
    pair.refresh_from_db()
    assert pair.state == "distinct"
    client.post(reverse("registry:likeness_reopen", args=[pair.pk]))
    pair.refresh_from_db()
    assert pair.state == "open"
    assert client.post(reverse("registry:likenesses_search")).status_code == 302


def test_the_acts_need_the_permission(union):
    pair = pair_of(union)
    client = door(union.parent.parent, EDIT_HOUSEHOLD)
    for name in ("likeness", "likeness_distinct", "likeness_reopen", "likeness_undo"):
        assert client.post(reverse(f"registry:{name}", args=[pair.pk])).status_code == 403
    assert client.post(reverse("registry:likenesses_search")).status_code == 403
    assert door(union, MERGE).post(reverse("registry:likely")).status_code == 403


def test_the_hint_while_entering(union):
    there = someone(union, "和建国", number(), "13987650001")
    house = registry.household(union.path, head=there)
    away = orgs.node("grassroots")
    with scope.acting(orgs.actor(away)):
        someone(away, "木兰", number(777))
    client, page = door(union, EDIT_HOUSEHOLD), reverse("registry:likely")
    answer = client.post(
        page, {"name": "和建国", "phone": "13987650001", "id_number": number(777)}
    ).content.decode()
    assert reverse("registry:household", args=[house.pk]) in answer and "手机号和姓名相同" in answer
    assert away.parent.parent.name in answer and "木兰" not in answer
    assert client.post(page, {"name": "无此人"}).content.decode().strip() == ""


def test_the_work_list(union):
    pair = pair_of(union)
    actor = orgs.actor(union.parent.parent, MERGE)
    with scope.acting(actor):
        heap = next(heap for heap in collect(actor, "")["heaps"] if heap.key == "doubles")
        assert (heap.count, heap.items[0].url) == (1, reverse("registry:likeness", args=[pair.pk]))
