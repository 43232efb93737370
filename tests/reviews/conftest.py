"""Every test of reviews looks on as the program itself; what it tests acts as somebody inside."""

from collections.abc import Iterator
from typing import Any

import pytest

from nuanxin.kernel import scope
from nuanxin.kernel.actor import system
from nuanxin.kernel.refusal import Refused

from . import factories as make


@pytest.fixture
def county(db: None) -> Iterator[make.County]:
    with scope.acting(system()):
        yield make.county()


def refusal(code: str) -> Any:
    """The service refuses with this code."""
    return pytest.raises(Refused, check=lambda error: error.code == code)
