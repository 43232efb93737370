"""Between PostgreSQL and numpy in both directions.

As fast as it goes, by COPY in its binary format: every row of fixed-width columns without nulls has the
same bytes around its values, so a whole answer is one structured array. And row by row, as a driver gives
and takes them.
"""

import itertools
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.rivals.contest import BENEFITS, FAMILIES, LINES, RESULTS, STANDARDS, Session

Columns = dict[str, Any]
_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_END = struct.pack(">h", -1)
_CHUNK = 1 << 20


def read(connection: Session, day: str) -> tuple[Columns, Columns]:
    """The households, with `line` (fen, -1 where none is set), and their expense lines."""
    return _with_lines(connection, day, *(columns(connection, query, day) for query in (FAMILIES, LINES)))


def read_rows(connection: Session, day: str) -> tuple[Columns, Columns]:
    """The same, fetched row by row."""
    return _with_lines(connection, day, *(_fetched(connection, query, day) for query in (FAMILIES, LINES)))


def _fetched(connection: Session, query: str, day: str) -> Columns:
    cursor = connection.execute(query, {"day": day})
    names = [column.name for column in cursor.description or []]
    return {name: np.array(values) for name, values in zip(names, zip(*cursor, strict=True), strict=True)}


def _with_lines(connection: Session, day: str, families: Columns, spent: Columns) -> tuple[Columns, Columns]:
    standards = connection.execute(STANDARDS, {"day": day}).fetchall()
    lines = np.full((max(families["node"], default=0) + 1, 2), -1, dtype=np.int64)
    for node, urban, fen in standards:
        if node < len(lines):
            lines[node, int(urban)] = fen
    families["line"] = lines[families.pop("node"), families["urban"]]
    return families, spent


def columns(connection: Session, query: str, day: str) -> Columns:
    """The answer to a query of int4 and int8 columns without nulls, as arrays."""
    described = connection.execute(f"SELECT * FROM ({query}) q LIMIT 0", {"day": day}).description or []
    layout = [("fields", ">i2")]
    for column in described:
        layout += [(f"{column.name}_", ">i4"), (column.name, {20: ">i8", 23: ">i4"}[column.type_code])]
    data = bytearray()
    with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", {"day": day}) as copy:
        for part in copy:
            data += part
    kind = np.dtype(layout)
    count = (len(data) - len(_HEADER) - len(_END)) // kind.itemsize
    rows = np.frombuffer(data, dtype=kind, offset=len(_HEADER), count=count)
    return {c.name: rows[c.name].astype(rows[c.name].dtype.newbyteorder("=")) for c in described}


def write(connection: Session, table: str, found: Columns) -> None:
    """`subject`, `result` (its place in RESULTS) and the benefits in fen."""
    with connection.cursor().copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(_HEADER)
        for rows in _alike(found):
            data = memoryview(rows.tobytes())
            for at in range(0, len(data), _CHUNK):
                copy.write(data[at : at + _CHUNK])
        copy.write(_END)


def write_rows(connection: Session, table: str, found: Columns) -> None:
    """The same, row by row."""
    words = np.array(RESULTS)[found["result"]].tolist()
    amounts = [[None if fen < 0 else fen for fen in found[name].tolist()] for name in BENEFITS]
    with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
        for row in zip(found["subject"].tolist(), words, *amounts, strict=True):
            copy.write_row(row)


def _alike(found: Columns) -> Iterator[Any]:
    """The rows of one result and with the same nulls have one layout: an array for each."""
    known = sum((found[name] >= 0).astype(np.int8) << bit for bit, name in enumerate(BENEFITS))
    for result, mask in itertools.product(range(len(RESULTS)), range(1 << len(BENEFITS))):
        chosen = np.flatnonzero((found["result"] == result) & (known == mask))
        if len(chosen):
            yield _rows({name: values[chosen] for name, values in found.items()}, result, mask)


def _rows(found: Columns, result: int, known: int) -> Any:
    word = RESULTS[result].encode()
    layout = [("fields", ">i2"), ("subject_", ">i4"), ("subject", ">i8"), ("word_", ">i4")]
    layout.append(("word", f"S{len(word)}"))
    for bit, name in enumerate(BENEFITS):
        layout.append((f"{name}_", ">i4"))
        if known >> bit & 1:
            layout.append((name, ">i8"))
    rows = np.empty(len(found["subject"]), dtype=layout)
    rows["fields"], rows["subject_"], rows["subject"] = 2 + len(BENEFITS), 8, found["subject"]
    rows["word_"], rows["word"] = len(word), word
    for bit, name in enumerate(BENEFITS):
        present = known >> bit & 1
        rows[f"{name}_"] = 8 if present else -1
        if present:
            rows[name] = found[name]
    return rows
