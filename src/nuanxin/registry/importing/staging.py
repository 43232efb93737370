"""Rows of a workbook, understood and sealed, into the staging table by COPY.

Everything an ID number, phone or card is needed for later (finding, paying, showing masked) is
made here once, so that the commit is a matter of INSERT … SELECT alone.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb
from pydantic_core import from_json, to_json

from nuanxin.kernel.identity import mask_card, mask_id, mask_phone
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.sealing import fingerprint, seal_many
from nuanxin.registry.models import Roster, RosterRow
from nuanxin.registry.roster.cleaning import Cleaner, CleanRow
from nuanxin.registry.roster.columns import MEMBERS
from nuanxin.registry.roster.header import Layout
from nuanxin.registry.roster.problems import ERROR, Problem
from nuanxin.registry.roster.workbook import RawRow

from .places import Places

#: Rows a COPY carries; each is a transaction of its own, and progress is told in between.
BATCH = 4000
#: The purpose under which a row's typed secrets are sealed together.
TYPED = "roster"

_COLUMNS = (
    ("org_path", "text"), ("roster_id", "int8"), ("upload", "int4"), ("sheet", "varchar"), ("row_no", "int4"),
    ("head_hash", "bytea"), ("place", "text"), ("typed", "jsonb"), ("secrets", "bytea"), ("values", "jsonb"),
    ("problems", "jsonb"), ("conflicts", "jsonb"), ("broken", "bool"), ("faulty", "bool"), ("ready", "bool"),
    ("id_cipher", "bytea"), ("id_hash", "bytea"), ("phone_cipher", "bytea"), ("phone_hash", "bytea"),
    ("contact_cipher", "bytea"), ("card_cipher", "bytea"), ("card_hash", "bytea"),
)  # fmt: skip
_NAMES = ", ".join(f'"{name}"' for name, _type in _COLUMNS)
# PostgreSQL takes no COPY into a table with row-level security: the batch lands in a table of the
# transaction's own and passes the policy on its way from there.
_LANDING = f"""
    CREATE TEMPORARY TABLE roster_landing ON COMMIT DROP AS
    SELECT {_NAMES} FROM registry_rosterrow WITH NO DATA
"""
_COPY = f"COPY roster_landing ({_NAMES}) FROM STDIN (FORMAT binary)"
_TAKE = f"INSERT INTO registry_rosterrow ({_NAMES}) SELECT {_NAMES} FROM roster_landing"
_TYPES = [type_ for _name, type_ in _COLUMNS]
_IN_SCHOOL = {"student", "preschool"}


def _json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=to_json)


_NONE = _json([])


class Stager:
    """Stages the rows of one sheet; keep one for the whole sheet, for its cleaner learns."""

    def __init__(self, roster: Roster, upload: int, layout: Layout, places: Places) -> None:
        self.roster, self.upload, self.layout, self.places = roster, upload, layout, places
        self.cleaner = Cleaner(layout)
        self.spec = layout.spec
        self.has_members = self.spec is MEMBERS
        self._open = [(c.key, at) for at, c in enumerate(self.spec.columns) if not c.secret]
        self._secret = [(c.key, at) for at, c in enumerate(self.spec.columns) if c.secret]

    def stage(self, raws: list[RawRow]) -> None:
        """Put a batch of rows into the staging table."""
        rows = self.rows(raws)
        with connection.cursor() as cursor:
            cursor.execute(_LANDING)
            with cursor.copy(_COPY) as copy:
                copy.set_types(_TYPES)
                for row in rows:
                    copy.write_row(row)
            cursor.execute(_TAKE)
            cursor.execute("DROP TABLE roster_landing")

    def restage(self, row: RosterRow, raw: RawRow) -> None:
        """Write a row anew that was corrected in the page."""
        (values,) = self.rows([raw])
        for (name, _type), value in zip(_COLUMNS, values, strict=True):
            setattr(row, name, value.obj if isinstance(value, Jsonb) else value)
        row.typed, row.values = _plain(row.typed), _plain(row.values)
        row.save()

    def rows(self, raws: list[RawRow]) -> Iterator[tuple[Any, ...]]:
        """What COPY writes, one tuple a row in the order of the columns."""
        cleaned = [self.cleaner.clean(raw) for raw in raws]
        sealed = self._sealed(cleaned)
        typed = seal_many((to_json(_typed(raw, self._secret)).decode() for raw in raws), TYPED)
        roster, upload, sheet = self.roster, self.upload, self.spec.key
        for raw, clean, secrets, hidden in zip(raws, cleaned, typed, sealed, strict=True):
            values = dict(zip(self.cleaner.keys, clean.values, strict=True))
            head_hash, masks, *ciphers = hidden
            problems, place = list(clean.problems), None
            if self.has_members:
                _as_member(values)
            else:
                place = self._place(values, clean.row_no, problems)
            name = values["name"] or ""
            values |= masks
            values["pinyin"], values["initials"] = pinyin_key(name)[:120], pinyin_initials(name)[:30]
            broken = any(problem.severity == ERROR for problem in problems)
            yield (
                roster.org_id, roster.pk, upload, sheet, raw.row_no, head_hash, place,
                _json(_typed(raw, self._open)), secrets,
                _json({key: value for key, value in values.items() if value is not None}),
                _json([problem.as_json() for problem in problems]) if problems else _NONE, _NONE,
                broken, broken, not broken, *ciphers,
            )  # fmt: skip

    def _place(self, values: dict[str, Any], row_no: int, problems: list[Problem]) -> str | None:
        """The node a household goes to, by its union column or the roster's default."""
        place, fault, params = self.places.find(values.get("union"), self.roster.place_id)
        if fault:
            letter, header = self.layout.letter("union"), self.layout.header("union")
            problems.append(Problem(fault, self.spec.key, row_no, "union", letter, header, ERROR, params))
        return place

    def _sealed(self, cleaned: list[CleanRow]) -> Iterator[tuple[Any, ...]]:
        """For each row: hash of the head's ID, masks, and the ciphers and hashes in column order."""
        columns = zip(*(row.secrets for row in cleaned), strict=True)
        secret = dict(zip(self.cleaner.secret_keys, columns, strict=True)) if cleaned else {}
        empty = (None,) * len(cleaned)
        ids, phones = secret.get("id_number", empty), secret.get("mobile", empty)
        contacts, cards = secret.get("other_contact", empty), secret.get("card", empty)
        id_hashes = _hashes(ids, "id_number")
        heads = _hashes(secret["head_id"], "id_number") if self.has_members else id_hashes
        return zip(
            heads, map(_masks, ids, phones, contacts, cards), _seals(ids, "id_number"), id_hashes,
            _seals(phones, "phone"), _hashes(phones, "phone"), _seals(contacts, "phone"),
            _seals(cards, "card"), _hashes(cards, "card"), strict=True,
        )  # fmt: skip


def _typed(raw: RawRow, columns: list[tuple[str, int]]) -> dict[str, Any]:
    """The cells of some columns that hold something, by key; dates become ISO text in the JSON."""
    cells = raw.cells
    return {key: cells[at] for key, at in columns if cells[at] != ""}


def _plain(values: dict[str, Any]) -> Any:
    """The values as they come back from JSON."""
    return from_json(to_json(values))


def _as_member(values: dict[str, Any]) -> None:
    """A member's one column "school or employer" says which of the two by the status."""
    status = values.pop("status", None)
    values["work_status"] = status
    if status in _IN_SCHOOL:
        values["school"] = values.pop("employer", None)


def _seals(texts: Iterable[str | None], purpose: str) -> list[bytes | None]:
    texts = list(texts)
    sealed = iter(seal_many((text for text in texts if text), purpose))
    return [next(sealed) if text else None for text in texts]


def _hashes(texts: Iterable[str | None], purpose: str) -> list[bytes | None]:
    return [fingerprint(text, purpose) if text else None for text in texts]


def _masks(number: str | None, phone: str | None, contact: str | None, card: str | None) -> dict[str, str]:
    masks = {}
    if number:
        masks["id_mask"] = mask_id(number)
    if phone:
        masks["phone_mask"] = mask_phone(phone)
    if contact:
        masks["contact_mask"] = mask_phone(contact)
    if card:
        masks["card_mask"] = mask_card(card)
    return masks


def batches(rows: Iterable[RawRow], size: int = BATCH) -> Iterator[list[RawRow]]:
    """The rows in lists of at most `size`, read as they are needed."""
    rows = iter(rows)
    while batch := list(islice(rows, size)):
        yield batch
