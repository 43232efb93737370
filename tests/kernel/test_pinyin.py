"""Names in Latin letters: surnames read as surnames, always ASCII, always the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.surnames import COMPOUND_SURNAMES, SURNAME_READINGS, split_surname

han = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
#: Signs for units of measure and characters made in Japan: no Chinese reading, and nobody is named so.
UNREAD = "兙兡嗧桛烪瓧瓰瓱瓼甅"
read = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5, exclude_characters=UNREAD)
rare = st.characters(min_codepoint=0x20000, max_codepoint=0x2A6DF)
names = st.text(st.one_of(han, rare, st.sampled_from("·abZ 　．é阿卜")), max_size=12)


@pytest.mark.parametrize(
    ("name", "key", "initials"),
    [
        ("何建国", "he jianguo", "hjg"),
        ("单雄信", "shan xiongxin", "sxx"),
        ("仇英", "qiu ying", "qy"),
        ("曾国藩", "zeng guofan", "zgf"),
        ("解缙", "xie jin", "xj"),
        ("查良镛", "zha liangyong", "zly"),
        ("区大", "ou da", "od"),
        ("朴正", "piao zheng", "pz"),
        ("翟让", "zhai rang", "zr"),
        ("覃慧", "qin hui", "qh"),
        ("欧阳修", "ouyang xiu", "oyx"),
        ("尉迟恭", "yuchi gong", "ycg"),
        ("万俟卨", "moqi xie", "mqx"),
        ("长孙无忌", "zhangsun wuji", "zswj"),
        ("吕布", "lv bu", "lb"),
        ("何", "he", "h"),
        ("单于", "shan yu", "sy"),
        (" 何　建国 ", "he jianguo", "hjg"),
        ("", "", ""),
    ],
)
def test_han_names(name, key, initials):
    assert (pinyin_key(name), pinyin_initials(name)) == (key, initials)


@pytest.mark.parametrize("dot", "·•・．.")
def test_names_with_dots(dot):
    assert pinyin_key(f"买买提{dot}艾力") == "maimaiti aili"
    assert pinyin_initials(f"买买提{dot}艾力") == "mmtal"


@pytest.mark.parametrize(
    ("name", "key", "initials"),
    [
        ("阿卜杜热西提", "abudurexiti", "abdrxt"),
        ("阿卜", "abu", "ab"),
        ("阿卜杜拉", "abudula", "abdl"),
        ("John Smith", "john smith", "js"),
        ("José", "jose", "j"),
        ("𠮷田", "ji tian", "jt"),
    ],
)
def test_other_names(name, key, initials):
    assert (pinyin_key(name), pinyin_initials(name)) == (key, initials)


def test_a_character_without_reading_is_kept_apart():
    assert pinyin_key("何\U0002a6d6") == "he u2a6d6"
    assert pinyin_key("何\U0002a6d6\U0002a6d5") == "he u2a6d6u2a6d5"
    assert pinyin_initials("何\U0002a6d6\U0002a6d5") == "huu"


@given(names)
def test_keys_are_plain_and_stable(name):
    key, initials = pinyin_key(name), pinyin_initials(name)
    assert key.isascii()
    assert key == key.lower().strip()
    assert (pinyin_key(name), pinyin_initials(name)) == (key, initials)
    assert len(initials) <= len(key.replace(" ", ""))


@given(st.text(read, min_size=1, max_size=4))
def test_every_common_character_has_a_reading(name):
    assert pinyin_key(name).replace(" ", "").isalpha()


@pytest.mark.parametrize("sign", UNREAD)
def test_signs_of_units_have_none(sign):
    assert pinyin_key(sign) == f"u{ord(sign):04x}"


def test_the_table_of_readings_fits_its_surnames():
    assert all(len(surname) == len(reading) for surname, reading in SURNAME_READINGS.items())
    assert {surname for surname in SURNAME_READINGS if len(surname) == 2} <= COMPOUND_SURNAMES


@given(names)
def test_splitting_loses_nothing(name):
    assert "".join(split_surname(name)) == name
