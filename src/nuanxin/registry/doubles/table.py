"""The persons in scope as a table of DuckDB, streamed by COPY; nobody's full number is in it.

What goes over is the name with its sound, the birth date, the first six and the last four characters of
the ID number as pages show them, eight bytes of the phone's keyed hash, the household and its address. It
lives in the memory of the job (past its limit in a temporary folder of DuckDB's) and ends with it.
"""

import io
import os
from collections.abc import Iterator

import duckdb
import pyarrow as pa
from django.db import connection
from psycopg import sql
from pyarrow import compute, csv

from .model import MACROS

#: Persons read in one transaction; between two the progress is told.
SLICE = 100_000
#: What DuckDB may hold in memory; past it, it writes to disk.
MEMORY = "2GB"

_COLUMNS = {
    "id": pa.int64(),
    "path": pa.string(),
    "name": pa.string(),
    "pinyin": pa.string(),
    "born": pa.string(),
    "sex": pa.string(),
    "head": pa.string(),
    "tail": pa.string(),
    "phone": pa.string(),
    "house": pa.int64(),
    "street": pa.string(),
}
_SLICE = """
    COPY (
        SELECT p.id, p.org_path, p.name, p.pinyin, to_char(p.born_on, 'YYYYMMDD'), p.sex, left(p.id_mask, 6),
               right(p.id_mask, 4), encode(substr(p.phone_hash, 1, 8), 'hex'), h.id, h.address
        FROM (SELECT * FROM registry_person WHERE id > {after} AND merged_into_id IS NULL
              ORDER BY id LIMIT {slice}) p
        LEFT JOIN registry_member m ON m.person_id = p.id AND m.until IS NULL
        LEFT JOIN registry_household h ON h.id = m.household_id
    ) TO STDOUT (FORMAT csv)
"""
#: As the model compares them: names without the dots of minority names and without spaces.
PERSONS = """
    CREATE TABLE person AS
    SELECT id, clean AS name, list_aggregate(list_sort(letters(clean)), 'string_agg', '') AS sorted,
           letters(clean)[1] AS family, replace(pinyin, ' ', '') AS sound, born, left(born, 4) AS year, sex,
           head AS division, head || left(tail, 3) AS rest, phone, house, nullif(street, '') AS street
    FROM (SELECT *, regexp_replace(name, '[·•‧・.．\\s]', '', 'g') AS clean FROM landed)
"""


def open_memory(spill: str) -> duckdb.DuckDBPyConnection:
    """An empty DuckDB with a limit to its memory; past it, it writes to the folder."""
    db = duckdb.connect()
    db.execute(f"SET memory_limit = '{MEMORY}'; SET threads = {min(os.cpu_count() or 1, 4)}")
    db.execute(f"SET temp_directory = '{spill}'; SET preserve_insertion_order = false")
    db.execute(MACROS)
    kinds = ", ".join(
        f"{name} {'BIGINT' if kind == pa.int64() else 'VARCHAR'}" for name, kind in _COLUMNS.items()
    )
    db.execute(f"CREATE TABLE landed ({kinds})")
    return db


def land(db: duckdb.DuckDBPyConnection, after: int) -> tuple[int, int]:
    """Take the next slice of persons in the actor's scope: (how many, the key of the last)."""
    data = b"".join(_copied(after))
    if not data:
        return 0, after
    options = csv.ConvertOptions(
        column_types=_COLUMNS, strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    table = csv.read_csv(
        io.BytesIO(data),
        read_options=csv.ReadOptions(column_names=list(_COLUMNS)),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=options,
    )
    db.register("slice", table)
    db.execute("INSERT INTO landed SELECT * FROM slice")
    db.unregister("slice")
    return table.num_rows, compute.max(table["id"]).as_py()


def _copied(after: int) -> Iterator[bytes]:
    statement = sql.SQL(_SLICE).format(after=sql.Literal(after), slice=sql.Literal(SLICE))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in copy:
            yield bytes(row)


def settle(db: duckdb.DuckDBPyConnection) -> int:
    """Make the table the model compares out of what has landed; how many persons it has."""
    db.execute(PERSONS)
    db.execute("DROP TABLE landed")
    [(persons,)] = db.execute("SELECT count(*) FROM person").fetchall()
    return int(persons)
