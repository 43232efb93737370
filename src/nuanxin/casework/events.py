"""What casework tells the apps above it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FilesOpened:
    files: tuple[int, ...]


@dataclass(frozen=True)
class FileClosed:
    file: int
