"""Numbers of people and organisations: what is right passes, every slip is named."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.identity import (
    CREDIT_ALPHABET,
    IdentityError,
    IdNumber,
    check_contact,
    check_credit_code,
    check_phone,
    invent_id,
    luhn_ok,
    mask_card,
    mask_id,
    mask_name,
    mask_phone,
    normalise_id,
    parse_id,
    upgrade_old_id,
)

PUBLISHED = "11010519491231002X"  # the example of GB 11643
TODAY = date(2026, 6, 30)

divisions = st.integers(100000, 899999).map(str)
births = st.dates(date(1900, 1, 1), TODAY)
serials = st.integers(0, 999)
invented = st.builds(invent_id, divisions, births, serials)


def code_of(act, *args, **kwargs):
    with pytest.raises(IdentityError) as caught:
        act(*args, **kwargs)
    return caught.value.code


def test_the_published_example():
    parsed = parse_id(PUBLISHED)
    assert parsed == IdNumber(PUBLISHED, date(1949, 12, 31), "2")
    assert parsed.division == "110105"


@given(divisions, births, serials)
def test_an_invented_number_says_what_it_was_made_of(division, birth, serial):
    parsed = parse_id(invent_id(division, birth, serial))
    assert (parsed.division, parsed.birth) == (division, birth)
    assert parsed.sex == ("1" if serial % 2 else "2")


@given(invented, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_refused(number, place, char):
    wrong = number[:place] + char + number[place + 1 :]
    if wrong == number:
        assert parse_id(wrong).number == number
    else:
        assert code_of(parse_id, wrong) in {"characters", "division", "birth", "birth_future", "check"}


@given(invented, st.integers(0, 15))
def test_neighbours_swapped_are_refused(number, place):
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        assert code_of(parse_id, wrong) in {"division", "birth", "birth_future", "check"}


@pytest.mark.parametrize(
    "text",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "'11010519491231002X",
        "\u202d11010519491231002X\u202c",
        "110105\u300019491231\u00a0002X\ufeff",
    ],
)
def test_one_form_however_it_was_typed(text):
    assert normalise_id(text) == PUBLISHED
    assert parse_id(text).number == PUBLISHED


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "empty"),
        ("", "empty"),
        ("  ", "empty"),
        (5.33422e17, "numeric"),
        (110105194912310021, "numeric"),
        ("110105194912310000.0", "numeric"),
        ("5.33422E+17", "scientific"),
        ("５.33422e＋17", "scientific"),
        ("5E17", "scientific"),
        ("110105491231002", "old_15"),
        ("1101051949123100", "length"),
        (PUBLISHED + "1", "length"),
        ("1101051949123100XX", "characters"),
        ("X1010519491231002X", "characters"),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "characters"),
        ("01010519491231002X", "division"),
        ("91010519491231002X", "division"),
        ("110105194902300021", "birth"),
        ("110105189912310021", "birth"),
        ("110105202607010021", "birth_future"),
        ("110105194912310021", "check"),
    ],
)
def test_each_fault_has_its_code(value, code):
    assert code_of(parse_id, value, today=TODAY) == code


def test_born_today_is_not_the_future():
    number = "11010520260630001"
    body = invent_id("110105", date(2020, 6, 30), 1)
    assert parse_id(body, today=date(2020, 6, 30)).birth == date(2020, 6, 30)
    assert code_of(parse_id, body, today=date(2020, 6, 29)) == "birth_future"
    assert code_of(parse_id, number) == "length"


def test_old_numbers_are_upgraded():
    assert upgrade_old_id("110105491231002").number == PUBLISHED
    assert code_of(upgrade_old_id, PUBLISHED) == "length"
    assert code_of(upgrade_old_id, "110105490230002") == "birth"


def test_the_number_stays_out_of_logs():
    parsed = parse_id(PUBLISHED)
    assert PUBLISHED not in repr(parsed)
    assert str(parsed) == "110105********002X"
    with pytest.raises(IdentityError) as caught:
        parse_id(PUBLISHED[:-1] + "1")
    assert "1949" not in repr(caught.value)


@pytest.mark.parametrize(("division", "serial"), [("11010", 1), ("910105", 1), ("110105", 1000)])
def test_invention_refuses_what_makes_no_number(division, serial):
    with pytest.raises(IdentityError):
        invent_id(division, date(1980, 1, 1), serial)


@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "138 1234 5678",
        "138-1234-5678",
        "+8613812345678",
        "008613812345678",
        "１３８１２３４５６７８",
    ],
)
def test_mobile_numbers(text):
    assert check_phone(text) == "13812345678"


@pytest.mark.parametrize(
    "text", ["", "1381234567", "138123456789", "12812345678", "0873-3721234", "1381234567a"]
)
def test_not_mobile_numbers(text):
    assert code_of(check_phone, text) == "phone"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13812345678", "13812345678"),
        ("0873-3721234", "0873-3721234"),
        ("08733721234", "0873-3721234"),
        ("（0873）3721234", "0873-3721234"),
        ("010 62345678", "010-62345678"),
        ("020-81234567-801", "020-81234567-801"),
        ("0873-3721234转8", "0873-3721234-8"),
    ],
)
def test_contacts_include_landlines(text, expected):
    assert check_contact(text) == expected


@pytest.mark.parametrize("text", ["", "3721234", "0873-372123", "110", "0073-3721234"])
def test_not_contacts(text):
    assert code_of(check_contact, text) == "contact"


def test_credit_codes():
    assert check_credit_code(" 91350100m000100y43 ") == "91350100M000100Y43"
    assert code_of(check_credit_code, "") == "empty"
    assert code_of(check_credit_code, "91350100M000100Y4") == "credit_code"
    assert code_of(check_credit_code, "91350100I000100Y43") == "credit_code"


@given(st.integers(0, 17), st.sampled_from(CREDIT_ALPHABET))
def test_one_wrong_character_in_a_credit_code(place, char):
    right = "91350100M000100Y43"
    wrong = right[:place] + char + right[place + 1 :]
    if wrong != right:
        assert code_of(check_credit_code, wrong) == "credit_code_check"


def test_luhn():
    assert luhn_ok("4539 1488 0343 6467")
    assert not luhn_ok("4539148803436468")
    assert not luhn_ok("45391488")
    assert not luhn_ok("4539x48803436467")


@given(st.text("0123456789", min_size=12, max_size=19), st.data())
def test_luhn_sees_every_single_slip(card, data):
    place = data.draw(st.integers(0, len(card) - 1))
    digit = data.draw(st.sampled_from("0123456789"))
    wrong = card[:place] + digit + card[place + 1 :]
    assert wrong == card or not (luhn_ok(card) and luhn_ok(wrong))


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (mask_id, PUBLISHED, "110105********002X"),
        (mask_id, "1101054912", "**********"),
        (mask_phone, "13812345678", "138****5678"),
        (mask_phone, "", ""),
        (mask_card, "6222020200001234", "************1234"),
        (mask_card, "1234", "****"),
        (mask_name, "张三", "张*"),
        (mask_name, "诸葛孔明", "诸葛*"),
        (mask_name, "买买提·艾力", "买*"),
        (mask_name, "𠮷田", "𠮷*"),
        (mask_name, "", ""),
    ],
)
def test_masks(mask, text, shown):
    assert mask(text) == shown
