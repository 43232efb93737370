"""`manage.py document`: write the generated parts of docs/ (floor map, state diagrams, schema of packs)."""

import tomllib
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from nuanxin.kernel.flow import Flow, all_flows
from nuanxin.policy.engine import schema

START, END = "<!-- generated: {} -->", "<!-- end -->"


def floor_map(root: Path) -> str:
    """The floors from the roof down, as the import contract has them, with each room's first line."""
    contract = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    lines = ["| floor | app | is about |", "| --- | --- | --- |"]
    for number, line in reversed(list(enumerate(reversed(contract["layers"])))):
        for app in line.split("|"):
            lines.append(f"| {number} | {app.strip()} | {_about(root, app.strip())} |")
    return "\n".join(lines)


def _about(root: Path, app: str) -> str:
    """The first paragraph line of the room's README."""
    text = (root / "src/nuanxin" / app / "README.md").read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line and not line.startswith("#"))


def diagram(flow: Flow) -> str:
    """One state machine as a Mermaid diagram; states by code, actions with their permission."""
    lines = [f"### {flow.name}", "", "```mermaid", "stateDiagram-v2", f"    [*] --> {flow.initial}"]
    for move in flow.moves.values():
        guard = " [guard]" if move.guard else ""
        lines += [
            f"    {source} --> {move.target}: {move.action} ({move.permission}){guard}"
            for source in move.sources
        ]
    return "\n".join([*lines, "```"])


def pages(root: Path) -> dict[Path, dict[str, str]]:
    """The generated parts by file and marker."""
    diagrams = "\n\n".join(diagram(flow) for flow in sorted(all_flows(), key=lambda flow: flow.name))
    return {
        root / "docs/architecture.md": {"floors": floor_map(root)},
        root / "docs/flows.md": {"flows": diagrams},
    }


def renewed(path: Path, parts: dict[str, str]) -> str:
    """The file's text with its generated parts made anew."""
    text = path.read_text(encoding="utf-8")
    for name, part in parts.items():
        before, _, rest = text.partition(START.format(name))
        _old, _, after = rest.partition(END)
        text = f"{before}{START.format(name)}\n{part}\n{END}{after}"
    return text


def written(root: Path) -> dict[Path, str]:
    """Every generated file of docs/ with the text it should have."""
    files = {path: renewed(path, parts) for path, parts in pages(root).items()}
    return files | {root / "docs/pack.schema.json": schema.text()}


class Command(BaseCommand):
    help = "Writes the generated parts of docs/; with --check fails when they are out of date."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        for path, text in written(settings.ROOT).items():
            if check and (not path.exists() or text != path.read_text(encoding="utf-8")):
                raise CommandError(f"{path.name} is out of date: run `manage.py document`")
            if not check:
                path.write_text(text, encoding="utf-8")
