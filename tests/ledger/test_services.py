"""Money moves exactly once, downward only, never more than there is."""

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from nuanxin.kernel import scope
from nuanxin.kernel.actor import Denied, system
from nuanxin.kernel.money import Money
from nuanxin.kernel.refusal import OutOfSight, Refused
from nuanxin.ledger import queries, services
from nuanxin.ledger.models import Account, Transfer
from nuanxin.orgs.models import Node
from nuanxin.records.models import Entry
from tests.orgs.factories import actor, node

from .factories import fund, give, hold

pytestmark = pytest.mark.django_db
DAY = date(2026, 1, 20)


def yuan(amount: int | str) -> Money:
    return Money.yuan(amount)


def standing(at: Node, money) -> tuple[Money, ...]:
    row = next(r for r in queries.standings(at.path) if r.org_path == at.path and r.fund_id == money.pk)
    return row.received, row.given, row.paid, row.held, row.free


def chain() -> tuple[Node, Node, Node]:
    county = node("county")
    return Node.objects.get(pk=county.parent.parent_id), Node.objects.get(pk=county.parent_id), county


def appropriate(money, giver: Node, taker: Node, amount: int | str, key: str) -> Transfer:
    return services.appropriate(
        fund=money,
        from_org_path=giver.path,
        to_org_path=taker.path,
        amount=yuan(amount),
        memo="拨款",
        key=key,
    )


def test_money_goes_down_the_tree():
    province, prefecture, county = chain()
    money = fund()
    with scope.acting(actor(province)):
        services.appropriate(fund=money, to_org_path=province.path, amount=yuan(1000), memo="", key="in")
        appropriate(money, province, prefecture, 600, "a")
        appropriate(money, prefecture, county, "250.50", "b")
        assert standing(province, money) == (yuan(1000), yuan(600), yuan(0), yuan(0), yuan(400))
        assert standing(prefecture, money) == (yuan(600), yuan("250.50"), yuan(0), yuan(0), yuan("349.50"))
        assert standing(county, money) == (yuan("250.50"), yuan(0), yuan(0), yuan(0), yuan("250.50"))
        assert list(Entry.objects.filter(action="ledger.appropriate").values_list("org", flat=True)) == [
            province.path,
            province.path,
            prefecture.path,
        ]


def test_the_same_key_is_one_transfer_and_another_input_is_refused():
    province, prefecture, _county = chain()
    money = fund()
    give(money, province, 1000)
    with scope.acting(actor(province)):
        first = appropriate(money, province, prefecture, 100, "once")
        assert appropriate(money, province, prefecture, 100, "once") == first
        with pytest.raises(Refused) as refusal:
            appropriate(money, province, prefecture, 101, "once")
        assert refusal.value.code == "key_reused"
        assert standing(prefecture, money)[0] == yuan(100)


def test_a_key_used_out_of_sight_is_refused_like_any_other():
    here, there = node("county"), node("county")
    money = fund()
    with scope.acting(actor(there)):
        services.appropriate(fund=money, to_org_path=there.path, amount=yuan(5), memo="", key="same")
    with scope.acting(actor(here)), pytest.raises(Refused) as refusal:
        services.appropriate(fund=money, to_org_path=here.path, amount=yuan(5), memo="", key="same")
    assert refusal.value.code == "key_reused"


def test_what_is_not_there_cannot_be_given():
    province, prefecture, _county = chain()
    money = fund()
    give(money, province, "99.99")
    with scope.acting(actor(province)):
        with pytest.raises(services.Overspent) as refusal:
            appropriate(money, province, prefecture, 100, "x")
        assert (refusal.value.free, refusal.value.asked) == (yuan("99.99"), yuan(100))
        assert "0.01" in str(refusal.value)
        assert standing(province, money)[4] == yuan("99.99")


@pytest.mark.parametrize("amount", [0, -1])
def test_an_amount_is_positive(amount: int):
    county = node("county")
    with scope.acting(actor(county)), pytest.raises(Refused) as refusal:
        services.appropriate(fund=fund(), to_org_path=county.path, amount=yuan(amount), memo="", key="k")
    assert refusal.value.code == "no_amount"


def test_money_goes_neither_up_nor_sideways_nor_in_circles():
    _province, prefecture, county = chain()
    sister = node("county", prefecture)
    money = fund()
    give(money, county, 100)
    with scope.acting(actor(prefecture)):
        for taker in (prefecture, sister, county):
            with pytest.raises(Refused) as refusal:
                appropriate(money, county, taker, 1, f"to{taker.pk}")
            assert refusal.value.code == "not_below"


def test_appropriating_needs_the_permission_and_sight():
    province, prefecture, county = chain()
    money = fund()
    give(money, prefecture, 100)
    with scope.acting(actor(prefecture, "ledger.fund.see")), pytest.raises(Denied):
        appropriate(money, prefecture, county, 1, "p")
    with scope.acting(actor(county)), pytest.raises(OutOfSight):
        appropriate(money, prefecture, county, 1, "p")
    with scope.acting(actor(prefecture)), pytest.raises(OutOfSight):
        appropriate(money, province, prefecture, 1, "p")


def test_a_reversal_takes_everything_back_and_happens_once():
    province, prefecture, _county = chain()
    money = fund()
    give(money, province, 1000)
    with scope.acting(actor(province)):
        wrong = appropriate(money, province, prefecture, 300, "w")
        with pytest.raises(Refused) as refusal:
            services.reverse(transfer=wrong, memo=" ")
        assert refusal.value.code == "no_reason"
        services.reverse(transfer=wrong, memo="金额填错")
        assert standing(province, money) == (yuan(1000), yuan(0), yuan(0), yuan(0), yuan(1000))
        assert standing(prefecture, money) == (yuan(0), yuan(0), yuan(0), yuan(0), yuan(0))
        with pytest.raises(Refused) as refusal:
            services.reverse(transfer=wrong, memo="再来一次")
        assert refusal.value.code == "reversed_already"


def test_what_is_spent_cannot_be_taken_back():
    province, prefecture, _county = chain()
    money = fund()
    give(money, province, 1000)
    with scope.acting(actor(province)):
        given = appropriate(money, province, prefecture, 300, "w")
        hold(money, prefecture, 200)
        with pytest.raises(services.Overspent):
            services.reverse(transfer=given, memo="收回")


def test_who_sees_one_side_only_cannot_reverse():
    province, prefecture, _county = chain()
    money = fund()
    give(money, province, 1000)
    with scope.acting(actor(province)):
        given = appropriate(money, province, prefecture, 300, "w")
    with scope.acting(actor(prefecture)), pytest.raises(OutOfSight):
        services.reverse(transfer=given, memo="退还")


def test_holds_post_and_void():
    county = node("county")
    money = fund()
    give(money, county, 1000)
    with scope.acting(actor(county)):
        first, second, third = hold(money, county, 100, 200, 300)
        assert standing(county, money)[3:] == (yuan(600), yuan(400))
        services.resolve_many(posted=[first], voided=[second], booked_on=DAY)
        assert standing(county, money) == (yuan(1000), yuan(0), yuan(100), yuan(300), yuan(600))
        services.post_many(holds=[third], booked_on=DAY)
        assert queries.paid_between(county.path, DAY, date(2026, 1, 21)) == (2, yuan(400))
        for again in (first, second):
            with pytest.raises(Refused) as refusal:
                services.void_many(holds=[again], booked_on=DAY)
            assert refusal.value.code == "resolved_already"
        with pytest.raises(Refused) as refusal:
            services.reverse(transfer=Transfer.objects.get(resolves=first), memo="x")
        assert refusal.value.code == "not_reversible"


def test_holding_is_all_or_nothing():
    county = node("county")
    money = fund()
    give(money, county, 100)
    with scope.acting(actor(county)):
        with pytest.raises(services.Overspent) as refusal:
            hold(money, county, 60, 60)
        assert refusal.value.free == yuan(100)
        assert standing(county, money)[3] == yuan(0)


def test_holding_for_a_use_the_fund_does_not_allow_is_refused_also_by_the_database(monkeypatch):
    county = node("county")
    money = fund("living-aid")
    give(money, county, 100)
    with scope.acting(actor(county)):
        with pytest.raises(Refused) as refusal:
            hold(money, county, 1, purpose="send-warmth")
        assert refusal.value.code == "purpose_not_allowed"
        assert "送温暖慰问" in str(refusal.value)
        monkeypatch.setattr(services, "_check_purposes", lambda *args: None)
        with pytest.raises(DatabaseError, match="not for this purpose"):
            hold(money, county, 1, purpose="send-warmth")


def test_repeated_holds_are_the_same_holds():
    county = node("county")
    money = fund()
    give(money, county, 100)
    lines = [services.HoldLine(f"k{n}", yuan(10), "living-aid") for n in range(3)]
    with scope.acting(actor(county)):
        first = services.hold_many(fund=money, org_path=county.path, lines=lines[:2])
        assert services.hold_many(fund=money, org_path=county.path, lines=lines)[:2] == first
        assert standing(county, money)[3] == yuan(30)
        other = [services.HoldLine("k0", yuan(11), "living-aid")]
        with pytest.raises(Refused) as refusal:
            services.hold_many(fund=money, org_path=county.path, lines=other)
        assert refusal.value.code == "key_reused"
        with pytest.raises(ValueError):
            services.hold_many(fund=money, org_path=county.path, lines=[lines[0], lines[0]])


def test_holds_out_of_sight_do_not_exist():
    here, there = node("county"), node("county")
    money = fund()
    give(money, there, 100)
    with scope.acting(actor(there)):
        holds = hold(money, there, 10)
    with scope.acting(actor(here)):
        with pytest.raises(OutOfSight):
            services.post_many(holds=holds, booked_on=DAY)
        with pytest.raises(OutOfSight):
            hold(money, there, 10)


KEYS = [bytes([n]) * 32 for n in range(3)]


def test_a_cap_holds_over_the_whole_tree():
    here, there = node("county"), node("county")
    with scope.acting(actor(here)):
        services.take_quota(measure="sw", year=2026, takes=[(KEYS[0], yuan(4000))], cap=yuan(6000))
    with scope.acting(actor(there)):
        takes = [(KEYS[0], yuan(2500)), (KEYS[1], yuan(6000))]
        expected = {KEYS[0]: (yuan(4000), yuan(2500))}
        assert services.over_quota(measure="sw", year=2026, takes=takes, cap=yuan(6000)) == expected
        with pytest.raises(services.OverQuota) as refusal:
            services.take_quota(measure="sw", year=2026, takes=takes, cap=yuan(6000))
        assert refusal.value.over == expected
        services.take_quota(measure="sw", year=2026, takes=[(KEYS[0], yuan(2000))], cap=yuan(6000))
        services.take_quota(measure="sw", year=2027, takes=[(KEYS[0], yuan(6000))], cap=yuan(6000))
        services.take_quota(measure="sw", year=2026, takes=[(KEYS[0], yuan(-500))], cap=yuan(6000))
        services.take_quota(measure="sw", year=2026, takes=[(KEYS[0], yuan(500))], cap=yuan(6000))


def test_the_quota_table_itself_cannot_be_read():
    with scope.acting(actor(node("county"))):
        services.take_quota(measure="sw", year=2026, takes=[(KEYS[0], yuan(1))], cap=yuan(6000))
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM ledger_quota")
            assert cursor.fetchone() == (0,)


# -- what raw SQL of the runtime role may not do ---------------------------------------------------


@pytest.fixture
def booked():
    """A county with a transfer, and an actor of it."""
    county = node("county")
    money = fund()
    give(money, county, 100)
    with scope.acting(actor(county)):
        yield county, money, hold(money, county, 40)[0]


def refused(sql: str, *arguments: object) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, arguments)


@pytest.mark.parametrize("column", ["credits_posted", "debits_posted", "debits_pending", "credits_pending"])
def test_balances_cannot_be_written(booked, column: str):
    refused(f"UPDATE ledger_account SET {column} = {column} + 1")
    refused(
        f"INSERT INTO ledger_account (org_path, fund_id, kind, {column}) VALUES (%s, %s, 'source', 5)",
        booked[0].path,
        booked[1].pk,
    )


def test_transfers_cannot_be_changed(booked):
    refused("UPDATE ledger_transfer SET amount = amount + 1 WHERE id = %s", booked[2])
    refused("UPDATE ledger_transfer SET memo = 'x' WHERE id = %s", booked[2])
    refused("DELETE FROM ledger_transfer WHERE id = %s", booked[2])
    refused("TRUNCATE ledger_transfer")


INSERT = (
    "INSERT INTO ledger_transfer (kind, debit_id, credit_id, debit_path, credit_path, amount, purpose, memo,"
    " booked_on, key, input_hash, resolves_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, 'living-aid', '', now(), 'raw', '', %s)"
)


def test_a_transfer_that_does_not_fit_is_refused(booked):
    county, money, held = booked
    debit = Account.objects.get(org=county.path, kind="available")
    credit = Account.objects.get(org=county.path, kind="paid")
    with scope.acting(system()):
        far = node("county")
        give(money, far, 100)
        theirs = Account.objects.get(org=far.path, kind="available").pk
        other = fund()
        give(other, county, 100)
        elsewhere = Account.objects.get(org=county.path, fund=other, kind="available").pk
    path = county.path
    fits = (debit.pk, credit.pk, path, path)
    refused(INSERT, "post", *fits, 3999, held)  # not the hold's amount
    refused(INSERT, "post", credit.pk, debit.pk, path, path, 4000, held)  # the wrong way round
    refused(
        INSERT, "appropriate", debit.pk, theirs, path, far.path, 100, None
    )  # the other side is out of sight
    refused(INSERT, "appropriate", debit.pk, theirs, path, path, 100, None)  # and lies elsewhere than it says
    refused(INSERT, "appropriate", debit.pk, elsewhere, path, path, 100, None)  # two funds mixed
    refused(INSERT, "appropriate", credit.pk, debit.pk, path, path, 100, None)  # paid money is gone
    refused(INSERT, "hold", debit.pk, debit.pk, path, path, 100, None)  # nothing moves
    refused(INSERT, "hold", *fits, 6001, None)  # more than is free
    refused(INSERT, "hold", *fits, 0, None)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, ["post", *fits, 4000, held])
    assert standing(county, money)[2] == yuan(40)
