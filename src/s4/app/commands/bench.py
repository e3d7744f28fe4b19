"""`s4 bench`: measure what s4 promises, on this machine, now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOLDER = Path(__file__).resolve().parents[4] / "benchmarks"


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("bench")(bench)


def bench(
    name: Annotated[str, typer.Argument(help="One benchmark; all when none is named.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON object.")] = False,
) -> None:
    """Measure the promises of s4 against a real s4 in a process of its own, and print a table.

    \b
    Examples:
      s4 bench
      s4 bench latency --json
    """
    import json
    import sys

    from s4.core.errors import InputError, ServiceError

    if not _FOLDER.is_dir():
        raise ServiceError("the benchmarks come with the source, not with the package: run this in a checkout")
    sys.path.insert(0, str(_FOLDER.parent))
    from benchmarks.figure import machine

    known = _known()
    if name and name not in known:
        raise InputError(f"there is no benchmark {name!r} (there are: {', '.join(known)})")
    about, figures = machine(), []
    for one in [name] if name else known:
        typer.echo(f"measuring {one} …", err=True)
        figures += _run(known[one])
    if as_json:
        typer.echo(json.dumps({"machine": about, "figures": [_plain(figure) for figure in figures]}, indent=1))
    else:
        typer.echo(_table(about, figures))


def _known() -> dict[str, str]:
    """The benchmarks by name, `edge-rules` for `edge/rules.py`, and the module of each."""
    paths = [path.relative_to(_FOLDER).with_suffix("") for path in sorted(_FOLDER.rglob("*.py")) if _measures(path)]
    return {"-".join(path.parts): ".".join(("benchmarks", *path.parts)) for path in paths}


def _measures(path: Path) -> bool:
    return "\ndef run() -> list[Figure]" in path.read_text()


def _run(module: str) -> list[Any]:
    import importlib

    return list(importlib.import_module(module).run())


def _plain(figure: Any) -> dict[str, Any]:
    import msgspec

    return {**msgspec.to_builtins(figure), "met": figure.met}


def _table(about: dict[str, str], figures: Sequence[Any]) -> str:
    lines = [", ".join(f"{key} {value}" for key, value in about.items()), ""]
    lines.append(f"{'benchmark':<12} {'figure':<56} {'measured':>14} {'target':>12}  unit")
    for figure in figures:
        sign = {True: "✓", False: "✗", None: " "}[figure.met]
        bound = "" if figure.target is None else f"{'≤' if figure.better == 'less' else '≥'} {figure.target:,.6g}"
        lines.append(
            f"{figure.benchmark:<12} {figure.name:<56} {figure.value:>14,.6g} {bound:>12} {sign} {figure.unit}"
        )
        if figure.note:
            lines.append(f"{'':<12}   {figure.note}")
    return "\n".join(lines)
