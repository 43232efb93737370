"""Money in the database and in forms: the column is whole fen in a bigint, the value is Money."""

from decimal import ROUND_HALF_UP, Decimal
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.expressions import Combinable, register_combinable_fields
from django.utils.translation import gettext_lazy as _
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from .money import Money, MoneyError, not_exact


class MoneyFormField(forms.Field):
    """Yuan as text in, Money out: '1,234.50', '１２００', '￥300元'; never more than two decimals."""

    widget = forms.TextInput

    def __init__(
        self, *, min_value: Money | None = None, max_value: Money | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if min_value is not None:
            self.validators.append(MinValueValidator(min_value))
        if max_value is not None:
            self.validators.append(MaxValueValidator(max_value))

    def to_python(self, value: Any) -> Money | None:
        if value in self.empty_values:
            return None
        try:
            return value if isinstance(value, Money) else Money.yuan(value)
        except MoneyError as error:
            raise ValidationError(error.message, code=error.code) from None

    def prepare_value(self, value: Any) -> Any:
        return str(value.to_yuan()) if isinstance(value, Money) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, str]:
        return {"inputmode": "decimal", "autocomplete": "off"}


# For the type checker alone: what the attribute takes and gives, None as well where null=True.
_Set = TypeVar("_Set", contravariant=True)
_Get = TypeVar("_Get", covariant=True)
if TYPE_CHECKING:
    _Column = models.Field
else:

    class _Column(models.Field):
        def __class_getitem__(cls, types: Any) -> type:
            return cls


class MoneyField(_Column[_Set, _Get]):
    """A bigint of fen that is Money in Python.

    Deliberately not an integer field: an amount combines with amounts and is multiplied by whole
    numbers, and everything else (amount × amount, amount + 5) is refused by the ORM. Sum, Min, Max
    and F() arithmetic give Money; Avg gives Money rounded to the fen.
    """

    _pyi_private_set_type: Money
    _pyi_private_get_type: Money

    description = _("金额")
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        # Named apart from BigIntegerField, or Django would cut an average down to an int.
        return "MoneyField"

    def db_type(self, connection: Any) -> str:
        return "bigint"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Money | None:
        """PostgreSQL answers bigint with int, its sums and averages with numeric."""
        if isinstance(value, Decimal):
            value = int(value.to_integral_value(ROUND_HALF_UP))
        return None if value is None else Money(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if not isinstance(value, Money):
            # A bare number could be yuan or fen; a hundredfold mistake is not left to luck.
            raise not_exact()
        return value.fen

    def to_python(self, value: Any) -> Money | None:
        """Money, or yuan as exact text or Decimal (fixtures, imports)."""
        if value is None or isinstance(value, Money):
            return value
        try:
            return Money.yuan(value)
        except MoneyError as error:
            raise ValidationError(error.message, code=error.code) from None

    def value_to_string(self, obj: models.Model) -> str:
        value: Any = self.value_from_object(obj)
        return "" if value is None else str(value.to_yuan())

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": MoneyFormField, **kwargs})


def _register_arithmetic() -> None:
    """Amount ± amount, and amount × whole number. NoneType stands for a bare Money in the expression."""
    for connector in (Combinable.ADD, Combinable.SUB):
        register_combinable_fields(MoneyField, connector, MoneyField, MoneyField)
        register_combinable_fields(MoneyField, connector, NoneType, MoneyField)  # type: ignore[arg-type]
        register_combinable_fields(NoneType, connector, MoneyField, MoneyField)  # type: ignore[arg-type]
    register_combinable_fields(MoneyField, Combinable.MUL, models.IntegerField, MoneyField)
    register_combinable_fields(models.IntegerField, Combinable.MUL, MoneyField, MoneyField)


class _MoneyTextDumper(Int8Dumper):
    def dump(self, obj: Any) -> Any:
        return super().dump(obj.fen if isinstance(obj, Money) else obj)

    def quote(self, obj: Any) -> Any:
        # The space keeps a minus apart from an operator before it.
        return b" %d" % obj.fen


class _MoneyBinaryDumper(Int8BinaryDumper):
    def dump(self, obj: Any) -> Any:
        # Found by the column's type (COPY with set_types) it is handed plain integers as well.
        return super().dump(obj.fen if isinstance(obj, Money) else obj)


_register_arithmetic()
# So that raw statements, COPY and Value(Money(...)) take an amount as it is.
psycopg.adapters.register_dumper(Money, _MoneyBinaryDumper)
psycopg.adapters.register_dumper(Money, _MoneyTextDumper)
