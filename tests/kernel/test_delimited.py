"""Text tables: what was written comes back in every encoding and separator, or is refused."""

import csv
import io
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nuanxin.kernel.delimited import SEPARATORS, TextTable, read_table
from nuanxin.kernel.unreadable import WorkbookError

HEADER = ["姓名", "身份证号", "家庭住址", "备注", "电话"]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "gb18030")
NAMES = "王李张刘陈杨赵黄周吴建国秀英桂兰志强丽芳敏文华春梅永福村组街号"

#: What people type: names, digits, quotes, line breaks, separators of every kind, a rare character or two.
cells = st.one_of(
    st.text(alphabet=NAMES, max_size=8),
    st.text(alphabet="0123456789X-. ", max_size=18),
    st.lists(
        st.sampled_from(['"', "\n", "\r\n", ",", "，", ";", "|", "\t", "丽", "𠮷", "·", "é", " "]), max_size=4
    ).map("".join),
)
tables = st.lists(st.lists(cells, min_size=5, max_size=5), min_size=1, max_size=12)


def sense(rows: list[list[Any]]) -> int:
    return max((sum(cell in HEADER for cell in row) for row in rows), default=0)


def read(body: bytes) -> TextTable:
    return read_table("表", lambda: io.BytesIO(body), sense)


def written(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator).writerows([HEADER, *rows])
    return out.getvalue()


def code(body: bytes) -> str:
    with pytest.raises(WorkbookError) as caught:
        read(body)
    assert caught.value.message and caught.value.advice
    return caught.value.code


@settings(max_examples=120, deadline=None)
@given(tables, st.sampled_from(ENCODINGS), st.sampled_from(SEPARATORS))
def test_what_was_written_is_read(rows: list[list[str]], encoding: str, separator: str) -> None:
    body = written(rows, separator).encode(encoding)
    try:
        table = read(body)
    except (
        WorkbookError
    ) as error:  # a line of rare signs may be doubted, but only where nothing tells the encoding
        assert encoding == "gb18030" and error.code in ("text_mixed", "text_encoding")
        return
    found = list(table.iter_rows())
    assert table.separator == separator
    assert found == [HEADER, *rows]
    assert (table.height, table.width) == (len(rows) + 1, len(HEADER))
    assert table.wider_than(0) == []


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        rows = list(read(body).iter_rows())
    except WorkbookError as error:
        assert error.code.startswith("text_")
    else:
        assert all("\0" not in cell and "\ufffd" not in cell for row in rows for cell in row)


@settings(max_examples=60, deadline=None)
@given(tables, st.sampled_from(["big5", "euc_jp", "utf-16-le", "utf-16-be", "utf-32"]))
def test_other_encodings_are_never_taken_for_chinese(rows: list[list[str]], encoding: str) -> None:
    """The same table in an encoding nobody announced: refused, or read as it is where all of it is ASCII."""
    text = (
        written(rows, ",").translate(str.maketrans("证号编", "証號編"))
        + "電話號碼與住址說明請參閱附件資料表格\r\n"
    )
    body = text.encode(encoding, "ignore")
    assert code(body) in ("text_encoding", "text_mixed", "text_damaged", "text_quotes", "text_record")


def test_one_damaged_byte_does_not_turn_utf8_into_gb18030() -> None:
    lines = written([["王建国", "", "南坪街一号" * 3, "", ""]] * 30, ",").encode()
    refused = set()
    for at in range(60, len(lines), 7):
        body = lines[:at] + lines[at + 1 :]
        try:
            table = read(body)
        except WorkbookError as error:
            refused.add(error.code)
        else:
            assert table.encoding == "utf-8"
    assert refused == {"text_damaged"}


def test_cells_that_slipped_are_told_by_row() -> None:
    body = (written([["甲乙", "1", "街", "", ""]], ",") + "丙丁,2,一街,二号,,3\r\n").encode()
    assert read(body).wider_than(0) == [3]


def test_protected_numbers_are_unwrapped() -> None:
    body = '姓名,身份证号\r\n甲乙,"=""0123"""\r\n'.encode()
    assert list(read(body).iter_rows())[1] == ["甲乙", "0123"]


def test_memory_stays_flat_and_what_has_no_end_is_refused() -> None:
    row = ("王建国," + "5" * 18 + "," + "南坪街" * 10 + ",,\r\n").encode("gb18030")
    body = ",".join(HEADER).encode("gb18030") + b"\r\n" + row * 60_000
    tracemalloc.start()
    table = read(body)
    assert sum(1 for _row in table.iter_rows()) == 60_001
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20 < len(body)
    assert code(b"a," * 2**20) == "text_record"
    assert code(b'"' + b"a\n" * 2**20) in ("text_record", "text_quotes")
    assert code(b"a," * 1_001) == "text_record"
