"""The floor map, read from the import contract: the one place it is written down."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "nuanxin"
_CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
LINES = [[app.strip() for app in line.split("|")] for line in _CONTRACT["layers"]]
FLOOR = {app: -number for number, line in enumerate(LINES) for app in line}


def may_use(user: str, used: str) -> bool:
    """True when `user` stands above `used`, or they are one app."""
    return user == used or FLOOR[user] > FLOOR[used]


def app_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]
