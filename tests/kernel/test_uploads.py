"""Uploads larger than anything the house takes: told by name and size, kept nowhere."""

import tracemalloc
from collections.abc import Iterator
from typing import Any

from django.test import RequestFactory

MB = 2**20


class Sparse:
    """A multipart body made while it is read: a field, a file of so many bytes, another field."""

    def __init__(self, size: int) -> None:
        head = b'--edge\r\nContent-Disposition: form-data; name="before"\r\n\r\n1\r\n'
        head += b'--edge\r\nContent-Disposition: form-data; name="file"; filename="big.xlsx"\r\n\r\n'
        tail = b'\r\n--edge\r\nContent-Disposition: form-data; name="after"\r\n\r\n2\r\n--edge--\r\n'
        self.length = len(head) + size + len(tail)
        self._pieces = self._made(head, size, tail)
        self._rest = b""

    @staticmethod
    def _made(head: bytes, size: int, tail: bytes) -> Iterator[bytes]:
        yield head
        block = bytes(64 * 1024)
        for at in range(0, size, len(block)):
            yield block[: size - at]
        yield tail

    def read(self, count: int = -1) -> bytes:
        while len(self._rest) < count and (piece := next(self._pieces, b"")):
            self._rest += piece
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    def readline(self, *_size: int) -> bytes:
        return self.read(64 * 1024)


def request(size: int) -> Any:
    body = Sparse(size)
    found = RequestFactory().post("/", content_type="multipart/form-data; boundary=edge")
    found.META["CONTENT_LENGTH"] = str(body.length)
    found._stream = found.environ["wsgi.input"] = body
    return found


def test_a_file_too_large_arrives_as_name_and_size_alone(settings: Any):
    settings.MAX_UPLOAD_BYTES = 4 * MB
    tracemalloc.start()
    found = request(96 * MB)
    file = found.FILES["file"]
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (file.name, file.size, file.read()) == ("big.xlsx", 96 * MB, b"")
    assert (found.POST["before"], found.POST["after"]) == ("1", "2")
    assert peak < 8 * MB


def test_a_file_within_the_limit_passes(settings: Any):
    settings.MAX_UPLOAD_BYTES = 4 * MB
    for size in (10, 4 * MB):
        file = request(size).FILES["file"]
        assert file.size == size == len(file.read())
