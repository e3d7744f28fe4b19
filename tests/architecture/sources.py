"""The project's own source files, and what can be read off them without running them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGE = CHECKOUT / "src" / "s4"
FOREIGN = {"node_modules", "page", "__pycache__", "dist", "test-results"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*suffixes: str, under: tuple[str, ...]) -> list[Path]:
    """Files with one of these endings in these folders of the checkout, fetched and built ones left out."""
    found = (path for folder in under for path in (CHECKOUT / folder).rglob("*"))
    return sorted(path for path in found if path.suffix in suffixes and not FOREIGN & set(path.parts))


def package_files() -> list[Path]:
    """Every Python file of the package."""
    return files(".py", under=("src",))


@cache
def tree(path: Path) -> ast.Module:
    """The parsed file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Every function and method of the file, nested ones too."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, Function))


def where(path: Path, line: int) -> str:
    """A place as an editor understands it: `src/s4/core/ids.py:12`."""
    shown = path.relative_to(CHECKOUT) if path.is_relative_to(CHECKOUT) else path.name
    return f"{shown}:{line}"
