"""The code lists: complete, unambiguous, and forgiving about how a code is written."""

from collections import Counter

import pytest

from nuanxin.registry.roster import codes
from nuanxin.registry.roster.codes import CODE_LISTS, normalise


@pytest.mark.parametrize("code_list", CODE_LISTS.values(), ids=lambda code_list: code_list.key)
def test_no_word_means_two_codes(code_list: codes.CodeList) -> None:
    meanings = Counter()
    for item in code_list.items:
        words = {normalise(word) for word in (item.code, item.zh, item.en, *item.synonyms)}
        assert "" not in words
        meanings.update(words)
    assert [word for word, count in meanings.items() if count > 1] == []


@pytest.mark.parametrize("code_list", CODE_LISTS.values(), ids=lambda code_list: code_list.key)
def test_each_label_leads_back_to_its_code(code_list: codes.CodeList) -> None:
    for item in code_list.items:
        assert {code_list.lookup(text) for text in (item.code, item.zh, item.en)} == {item.code}


def test_the_standards_have_their_codes() -> None:
    assert list(codes.ETHNIC_GROUP.by_code) == [f"{n:02}" for n in range(1, 57)] + ["97", "98"]
    assert list(codes.POLITICAL_STATUS.by_code) == [f"{n:02}" for n in range(1, 14)]
    assert list(codes.RELATION.by_code) == list("012345678")
    assert list(codes.SEX.by_code) == ["0", "1", "2", "9"]
    assert list(codes.MARRIAGE.by_code) == ["10", "20", "21", "22", "23", "30", "40", "90"]
    assert (codes.ETHNIC_GROUP.by_code["26"].zh, codes.ETHNIC_GROUP.by_code["56"].zh) == ("东乡族", "基诺族")


@pytest.mark.parametrize(
    ("code_list", "text", "code"),
    [
        (codes.ETHNIC_GROUP, " 01 汉族", "01"),
        (codes.ETHNIC_GROUP, "１-汉族", "01"),
        (codes.ETHNIC_GROUP, "汉", "01"),
        (codes.RELATION, "妻子", "1"),
        (codes.RELATION, "户主", "0"),
        (codes.EDUCATION, "中专", "40"),
        (codes.HEALTH, "癌症", "malignant_tumour"),
        (codes.WORK_STATUS, "下岗(待岗)", "laid_off"),
        (codes.SEX, "female", "2"),
        (codes.ETHNIC_GROUP, "02 汉族", None),
        (codes.SEX, "3", None),
        (codes.HEALTH, "", None),
    ],
)
def test_lookup(code_list: codes.CodeList, text: str, code: str | None) -> None:
    assert code_list.lookup(text) == code
