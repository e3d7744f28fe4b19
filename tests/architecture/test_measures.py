"""The measures the house keeps: short files, short functions, everything documented, no error swallowed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

from tests.architecture.sources import Function, files, functions, package_files, tree, where

MOST_LINES = 400
MOST_BODY_LINES_P90 = 20.0
EVERYWHERE = ("src", "tests", "benchmarks", "examples", "scripts", "docs", "web/src")

UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK|WIP|NotImplementedError)\b|\b[Ff]or now\b")


def test_files_are_short() -> None:
    code = files(".py", ".ts", ".tsx", ".css", under=EVERYWHERE)
    lengths = {where(path, 1): len(path.read_text(encoding="utf-8").splitlines()) for path in code}
    too_long = {place: lines for place, lines in lengths.items() if lines > MOST_LINES}
    assert not too_long, f"files of more than {MOST_LINES} lines: {too_long}"


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_functions_are_short() -> None:
    lengths = {where(path, one.lineno): body_lines(one) for path in package_files() for one in functions(path)}
    p90 = quantiles(lengths.values(), n=10)[-1]
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:10]
    assert p90 <= MOST_BODY_LINES_P90, f"p90 of function bodies is {p90:.0f} lines; the longest: {longest}"


def undocumented(path: Path, scope: ast.Module | ast.ClassDef) -> Iterator[str]:
    """Public classes, functions and methods of the scope that have no docstring."""
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_") or inherits_doc(node):
            continue
        if not ast.get_docstring(node):
            yield f"{where(path, node.lineno)} {node.name}"
        if isinstance(node, ast.ClassDef):
            yield from undocumented(path, node)


def inherits_doc(node: ast.ClassDef | Function) -> bool:
    """An overload, an override and the setter of a property are documented where they were declared."""
    names = {ast.unparse(decorator).rsplit(".", 1)[-1] for decorator in node.decorator_list}
    return bool(names & {"overload", "override", "setter"})


def test_every_public_name_is_documented() -> None:
    public = [path for path in package_files() if not path.name.startswith("_") or path.name == "__init__.py"]
    missing = [where(path, 1) for path in public if not ast.get_docstring(tree(path))]
    missing += [name for path in public for name in undocumented(path, tree(path))]
    assert not missing, "without a docstring:\n" + "\n".join(missing)


def is_broad(caught: ast.expr | None) -> bool:
    """Whether an `except` or `suppress` of this would also catch mistakes in our own code."""
    if caught is None:
        return True
    if isinstance(caught, ast.Tuple):
        return any(is_broad(one) for one in caught.elts)
    return ast.unparse(caught).rsplit(".", 1)[-1] in {"Exception", "BaseException"}


def swallowed(path: Path) -> Iterator[str]:
    """Places that catch everything and do not raise it again."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and is_broad(node.type):
            last = node.body[-1]
            if not (isinstance(last, ast.Raise) and last.exc is None):
                yield where(path, node.lineno)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress"):
            yield from (where(path, one.lineno) for one in node.args if is_broad(one))


def test_only_the_runner_catches_everything() -> None:
    others = [p for p in package_files() if not (p.parent.name == "runtime" and p.name.startswith("runner"))]
    places = [place for path in others for place in swallowed(path)]
    assert not places, f"broad except outside s4/runtime/runner*.py: {places}"


def test_nothing_is_left_unfinished() -> None:
    texts = set(files(".py", ".ts", ".tsx", ".css", ".md", ".toml", under=EVERYWHERE)) - {Path(__file__)}
    found = [
        f"{where(path, number)} {match.group()}"
        for path in sorted(texts)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := UNFINISHED.search(line))
    ]
    assert not found, "marks of unfinished work:\n" + "\n".join(found)


SLOPPY = '''"""A module."""

import contextlib


def known():
    """Documented,
    over two lines."""
    try:
        pass
    except (ValueError, Exception):
        pass


class Unknown:
    def method(self):
        with contextlib.suppress(BaseException):
            pass


def tidy():
    """Clean up, then let it pass."""
    try:
        pass
    except BaseException:
        known()
        raise
'''


def test_the_measures_see_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "sloppy.py"
    path.write_text(SLOPPY)
    assert list(undocumented(path, tree(path))) == ["sloppy.py:15 Unknown", "sloppy.py:16 method"]
    assert sorted(swallowed(path)) == ["sloppy.py:11", "sloppy.py:17"]
    assert {one.name: body_lines(one) for one in functions(path)} == {"known": 4, "method": 2, "tidy": 5}
    assert UNFINISHED.search("# TODO: later")
