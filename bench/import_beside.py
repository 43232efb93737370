"""The same roster by django-import-export at its fastest; `bench.roster` prints its own figures beside.

It is given an easier task: persons and households alone, new ones all, nothing checked across rows, no
staging, no receipt. Cells are read by our own readers, and numbers sealed and hashed as we do; without that
its rows would not be allowed into the tables.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import tablib
from import_export import fields, resources, widgets

from bench import show, tree
from nuanxin.kernel import scope
from nuanxin.kernel.actor import Actor, system
from nuanxin.kernel.fields import MoneyField
from nuanxin.kernel.identity import mask_card, mask_id, mask_phone
from nuanxin.kernel.money import Money
from nuanxin.kernel.pinyin import pinyin_initials, pinyin_key
from nuanxin.kernel.sealing import fingerprint, seal
from nuanxin.registry.models import Household, Person
from nuanxin.registry.roster.columns import HOUSEHOLDS, MEMBERS, Column, Kind, SheetSpec
from nuanxin.registry.roster.values import READERS

#: Where the figures are left for `bench.roster` (see `bench.__main__`).
FIGURES = "BENCH_BESIDE"


class _Cell(widgets.Widget):
    """A cell as the column's own reader reads it; amounts as the model keeps them."""

    def __init__(self, column: Column, money: bool) -> None:
        super().__init__()
        self.read, self.money = READERS[column.kind](column), money
        self.blank: Any = [] if column.kind is Kind.CODES else None
        self.text = column.kind in (Kind.TEXT, Kind.DIVISION, Kind.CODE, Kind.POSTCODE)

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        if value in (None, ""):
            return "" if self.text else self.blank
        value = self.read(float(value) if isinstance(value, int) else value)
        if self.money:
            return Money(value)
        return list(value) if isinstance(value, tuple) else value


class _Resource(resources.ModelResource):
    place: str

    def import_roster(self, sheet: tablib.Dataset) -> int:
        """The rows of a sheet; how many."""
        result = self.import_data(sheet, raise_errors=True, use_transactions=True)
        return sum(result.totals.values())

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        """Else the sequences would be set anew, which the program's role may not."""


class _Persons(_Resource):
    def before_save_instance(self, instance: Person, row: Any, **kwargs: Any) -> None:
        identity = READERS[Kind.ID](HOUSEHOLDS.columns[HOUSEHOLDS.position["id_number"]])(row["身份证号"])
        instance.org_id = self.place
        instance.pinyin, instance.initials = pinyin_key(instance.name), pinyin_initials(instance.name)
        instance.sex, instance.born_on = identity.sex, identity.birth
        number, phone = identity.number, row.get("手机") or row.get("手机号码")
        instance.id_cipher, instance.id_hash = seal(number, "id_number"), fingerprint(number, "id_number")
        instance.id_mask = mask_id(number)
        if phone:
            instance.phone_cipher, instance.phone_hash = seal(phone, "phone"), fingerprint(phone, "phone")
            instance.phone_mask = mask_phone(phone)


class _Households(_Resource):
    heads: dict[bytes, int]

    def before_save_instance(self, instance: Household, row: Any, **kwargs: Any) -> None:
        instance.org_id = self.place
        instance.head_id = self.heads[fingerprint(row["身份证号"], "id_number")]
        card = row["银行卡号"]
        instance.card_cipher, instance.card_hash = seal(card, "card"), fingerprint(card, "card")
        instance.card_mask = mask_card(card)


def _resource(base: type[_Resource], model: Any, spec: SheetSpec, place: str) -> Any:
    """A resource with the columns of the sheet that the model has, in bulk, without looking rows up."""
    known = {field.name: field for field in model._meta.concrete_fields}
    columns = [column for column in spec.columns if column.key in known and not column.secret]
    shown = {
        column.key: fields.Field(
            attribute=column.key,
            column_name=column.zh,
            widget=_Cell(column, isinstance(known[column.key], MoneyField)),
        )
        for column in columns
        if column.key not in ("sex", "born_on")
    }
    meta = type(
        "Meta",
        (),
        {
            "model": model,
            "fields": tuple(shown),
            "use_bulk": True,
            "batch_size": 1000,
            "force_init_instance": True,
            "skip_diff": True,
            "import_id_fields": (),
        },
    )
    made = type("Resource", (base,), shown | {"Meta": meta})()
    made.place = place
    return made


def measure(households: int) -> None:
    with scope.acting(system()):
        tree.plant()
        actor = tree.post(tree.first("grassroots"), "grassroots_officer").actor()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.xlsx"
        subprocess.run([sys.executable, "-m", "bench.workbook", str(path), str(households)], check=True)
        at_rest = show.peak_memory()
        begun = show.Time.now()
        rows = _import(path, actor)
        spent = show.Time.now() - begun
    show.heading(f"django-import-export: {households:,} household rows, {rows:,} rows in all")
    show.rate("persons and households only", rows, spent, "rows")
    show.line("peak memory", f"{show.peak_memory():.0f} MB", f"{at_rest:.0f} MB at rest")
    figures = {"rows": rows, "wall": spent.wall, "cpu": spent.cpu, "peak": show.peak_memory() - at_rest}
    Path(os.environ[FIGURES]).write_text(json.dumps(figures))


def _import(path: Path, actor: Actor) -> int:
    """Both sheets; how many rows of the roster."""
    with path.open("rb") as file:
        book = tablib.Databook().load(file, format="xlsx")
    heads, members = (
        {sheet.title: sheet for sheet in book.sheets()}[spec.zh] for spec in (HOUSEHOLDS, MEMBERS)
    )
    place = actor.org_path
    rows = 0
    with scope.acting(actor):
        for spec, sheet in ((HOUSEHOLDS, heads), (MEMBERS, members)):
            rows += _resource(_Persons, Person, spec, place).import_roster(sheet)
        houses = _resource(_Households, Household, HOUSEHOLDS, place)
        houses.heads = {bytes(known): pk for pk, known in Person.objects.values_list("pk", "id_hash")}
        houses.import_roster(heads)
    return rows
