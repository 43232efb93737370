"""Whether reading what is hostile comes to an end: told in readings of a sound pack, for machines differ."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from nuanxin.policy.engine.reading import load

from . import samples

#: What grows with the square of the text, or doubles with each level, takes many thousands of them.
READINGS = 1_000


@contextmanager
def soon() -> Iterator[None]:
    """No more processor time than a thousand readings of a sound pack."""
    most = READINGS * _reading()
    started = time.process_time()
    yield
    assert time.process_time() - started < most


@cache
def _reading() -> float:
    """Seconds of processor time of the quickest of five readings."""
    taken = []
    for turn in range(5):
        text = f"{samples.FILING}# read anew: {turn}\n".encode()
        started = time.process_time()
        load(text, "pack.yaml")
        taken.append(time.process_time() - started)
    return min(taken)
