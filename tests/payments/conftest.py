from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Every test begins in Chinese, also after one that looked at an English page."""
    with translation.override("zh-hans"):
        yield
