"""Money is exact, refuses what is not, and reads back what it writes."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.fields import MoneyField, MoneyFormField
from nuanxin.kernel.money import (
    MAX_FEN,
    MIN_FEN,
    Money,
    MoneyError,
    capitals,
    format_wan,
    format_yuan,
    parse_yuan,
    round_fen,
)

any_fen = st.integers(MIN_FEN, MAX_FEN)
half_fen = st.integers(MIN_FEN // 2, MAX_FEN // 2)
spoken_fen = st.integers(-(10**18) + 1, 10**18 - 1)


def code_of(act, *args):
    with pytest.raises(MoneyError) as caught:
        act(*args)
    return caught.value.code


@given(half_fen, half_fen)
def test_addition_is_that_of_whole_numbers(a, b):
    assert (Money(a) + Money(b)).fen == a + b
    assert Money(a) + Money(b) - Money(b) == Money(a)
    assert -(Money(a) - Money(b)) == Money(b) - Money(a)


@given(st.lists(st.integers(-(10**12), 10**12)))
def test_total(fens):
    assert Money.total(Money(fen) for fen in fens) == Money(sum(fens))


@given(any_fen)
def test_yuan_and_text_read_back(fen):
    money = Money(fen)
    assert Money.yuan(money.to_yuan()) == money
    assert Money.yuan(str(money.to_yuan())) == money
    assert round_fen(money.to_yuan()) == money
    if abs(fen) < 10**20:
        assert parse_yuan(format_yuan(money)) == money


@given(st.decimals(-(10**15), 10**15, places=30))
def test_rounding_is_half_away_from_zero_and_happens_once(yuan):
    fen = round_fen(yuan).fen
    assert abs(Decimal(fen) / 100 - yuan) <= Decimal("0.005")
    assert round_fen(-yuan).fen == -fen


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [
        ("0.005", 1),
        ("-0.005", -1),
        ("0.00499999999999999999999999999999999", 0),
        ("2.675", 268),
        ("1E+3", 100000),
    ],
)
def test_rounding_at_the_half(yuan, fen):
    assert round_fen(Decimal(yuan)) == Money(fen)


@pytest.mark.parametrize("value", [1.0, "1", None, True, Decimal(1)])
def test_fen_must_be_an_int(value):
    assert code_of(Money, value) == "not_exact"


@pytest.mark.parametrize("value", [0.1, True, None, b"1"])
def test_yuan_refuses_what_is_not_exact(value):
    assert code_of(Money.yuan, value) == "not_exact"
    assert code_of(round_fen, value) == "not_exact"


def test_bounds_are_those_of_the_column():
    assert code_of(Money, MAX_FEN + 1) == "out_of_range"
    assert code_of(Money, MIN_FEN - 1) == "out_of_range"
    assert code_of(Money(MAX_FEN).__add__, Money(1)) == "out_of_range"
    assert code_of(round_fen, Decimal("1E+50")) == "out_of_range"
    assert code_of(parse_yuan, "9" * 5000) == "out_of_range"
    assert code_of(round_fen, Decimal("NaN")) == "malformed"
    assert code_of(Money.yuan, Decimal("0.001")) == "too_precise"


def test_the_extremes_themselves_are_written_and_read():
    assert parse_yuan(format_yuan(Money(MAX_FEN))) == Money(MAX_FEN)
    assert parse_yuan(format_yuan(Money(MIN_FEN))) == Money(MIN_FEN)


@pytest.mark.parametrize("other", [1, 1.0, Decimal(1), "1", True])
def test_money_adds_to_money_only(other):
    with pytest.raises(TypeError):
        Money(1) + other
    with pytest.raises(TypeError):
        other - Money(1)
    assert Money(1) != other


@pytest.mark.parametrize("factor", [1.5, Decimal("0.6"), True, Money(2)])
def test_money_is_multiplied_by_whole_numbers_only(factor):
    with pytest.raises(TypeError):
        Money(1) * factor
    assert Money(150) * 3 == 3 * Money(150) == Money(450)


def test_order_and_truth():
    assert sorted([Money(3), Money(-1), Money(2)]) == [Money(-1), Money(2), Money(3)]
    assert not Money(0)
    assert Money(-1)
    assert abs(Money(-5)) == Money(5)
    assert len({Money(1), Money(1), Money(2)}) == 2


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1,234.50", 123450),
        ("￥１，２００．５", 120050),
        (" 80 元 ", 8000),
        ("-80", -8000),
        ("¥-80", -8000),
        ("−12.30", -1230),
        ("007", 700),
        ("1 234", 123400),
    ],
)
def test_parse_what_people_write(text, fen):
    assert parse_yuan(text) == Money(fen)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.234", "too_precise"),
        ("1.500", "too_precise"),
        ("1,23", "malformed"),
        ("1,2345", "malformed"),
        ("12.", "malformed"),
        (".5", "malformed"),
        ("", "malformed"),
        ("1e3", "malformed"),
        ("5²", "malformed"),
        ("٣", "malformed"),
        ("-¥-5", "malformed"),
        ("1.5万", "malformed"),
        ("nan", "malformed"),
    ],
)
def test_parse_refuses_the_ambiguous(text, code):
    assert code_of(parse_yuan, text) == code


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (-5, "-0.05"), (123450, "1,234.50"), (10**11, "1,000,000,000.00")]
)
def test_format_yuan(fen, text):
    assert format_yuan(Money(fen)) == str(Money(fen)) == text


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "0.0000"),
        (123400, "0.1234"),
        (123450, "0.1235"),
        (-123450, "-0.1235"),
        (-49, "0.0000"),
        (-50, "-0.0001"),
        (10**10, "10,000.0000"),
    ],
)
def test_format_wan(fen, text):
    assert format_wan(Money(fen)) == text


@given(any_fen)
def test_wan_is_the_half_up_quotient(fen):
    expected = (Decimal(fen) / 10**6).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert Decimal(format_wan(Money(fen)).replace(",", "")) == expected


@pytest.mark.parametrize(
    ("yuan", "text"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("1", "壹元整"),
        ("10", "壹拾元整"),
        ("1234.50", "壹仟贰佰叁拾肆元伍角整"),
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("-2500", "负贰仟伍佰元整"),
        ("100005000", "壹亿零伍仟元整"),
        ("1000000000000", "壹万亿元整"),
        ("9999999999999999.99", "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_capitals(yuan, text):
    assert capitals(Money.yuan(yuan)) == text


_UNITS = {"拾": 10, "佰": 100, "仟": 1000, "万": 10**4, "亿": 10**8}


def read_whole(text):
    """Read capitals back, independently of how they were written."""
    for word in ("亿", "万", "仟", "佰", "拾"):
        head, found, tail = text.rpartition(word)
        if found:
            return read_whole(head) * _UNITS[word] + read_whole(tail)
    return "零壹贰叁肆伍陆柒捌玖".index(text.lstrip("零") or "零")


def read_capitals(text):
    sign = -1 if text.startswith("负") else 1
    whole, found, small = text.removeprefix("负").rpartition("元")
    jiao, has_jiao, rest = small.rpartition("角")
    fen = (rest if has_jiao else small).removesuffix("整").removesuffix("分")
    return sign * (read_whole(whole) * 100 * bool(found) + read_whole(jiao) * 10 + read_whole(fen))


@given(spoken_fen)
def test_capitals_say_one_amount_only(fen):
    text = capitals(Money(fen))
    assert read_capitals(text) == fen
    assert "零零" not in text
    assert text.endswith("分") != text.endswith("整")


def test_capitals_end_at_wan_yi():
    assert code_of(capitals, Money(10**18)) == "out_of_range"


@pytest.mark.parametrize("text", ["1,234.50", "１２３４．５", "￥1234.50元"])
def test_form_field_reads_yuan(text):
    assert MoneyFormField().clean(text) == Money(123450)


def test_form_field_says_why_not():
    for text, code in [("1.234", "too_precise"), ("abc", "malformed"), ("", "required"), (1.5, "not_exact")]:
        with pytest.raises(ValidationError) as caught:
            MoneyFormField().clean(text)
        assert caught.value.error_list[0].code == code


def test_form_field_keeps_its_limits():
    field = MoneyFormField(min_value=Money(1), max_value=Money(300000))
    assert field.clean("3,000") == Money(300000)
    for text, code in [("0", "min_value"), ("3000.01", "max_value")]:
        with pytest.raises(ValidationError) as caught:
            field.clean(text)
        assert caught.value.error_list[0].code == code


def test_form_field_shows_what_it_would_read():
    field = MoneyFormField(required=False)
    assert field.prepare_value(Money(123450)) == "1234.50"
    assert field.clean("") is None
    assert not field.has_changed(Money(123450), "1,234.5")
    assert field.has_changed(Money(123450), "1,234.51")


def test_model_field_writes_itself_into_a_migration():
    field = MoneyField(default=Money(0))
    _, path, args, kwargs = field.deconstruct()
    assert (path, args, kwargs) == ("nuanxin.kernel.fields.MoneyField", [], {"default": Money(0)})
    path, args, kwargs = Money(7).deconstruct()
    assert (path, Money(*args)) == ("nuanxin.kernel.money.Money", Money(7))
    assert isinstance(field.formfield(), MoneyFormField)
    assert isinstance(field.formfield().widget, forms.TextInput)


def test_model_field_takes_money_and_no_bare_number():
    field = MoneyField()
    assert field.get_prep_value(Money(5)) == 5
    assert field.get_prep_value(None) is None
    assert field.to_python("12.30") == Money(1230)
    assert field.from_db_value(Decimal("2.5"), None, None) == Money(3)
    for value in (5, 5.0, "5", Decimal(5)):
        assert code_of(field.get_prep_value, value) == "not_exact"
    with pytest.raises(ValidationError):
        field.to_python(1.5)
