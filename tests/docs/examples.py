"""Find and run the examples in a page of documentation.

Two kinds of fenced blocks are examples: every `python` block, and every `console` block whose first line starts with
`$ s4`. The blocks of one page run in order, in one folder and one namespace, as a reader would type them. A block that
cannot run on its own (it needs a camera, or never ends) carries a comment on the line above it:
`<!-- not run: it needs a camera -->`.
"""

import doctest
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"^(?: *<!-- not run: (?P<reason>.+?) -->\n)?"
    r"(?P<indent> *)(?P<tick>`{3,}) *(?P<kind>python|console)\b.*\n"
    r"(?P<body>(?:.*\n)*?)"
    r"(?P=indent)(?P=tick) *$",
    re.MULTILINE,
)
SECONDS = 100


class WrongExampleError(AssertionError):
    """What the page shows is not what happens."""


@dataclass(frozen=True)
class Example:
    """One block of one page.

    Attributes:
        place: The file and the line of the block's first line.
        line: That line's number.
        kind: `python` or `console`.
        body: The text between the fences.
        reason: Why it is not run; empty if it is.
    """

    place: str
    line: int
    kind: str
    body: str
    reason: str = ""


def find_examples(text: str, name: str) -> list[Example]:
    """The examples of a page, in order."""
    found = []
    for match in FENCE.finditer(text):
        body = textwrap.dedent(match["body"])
        if match["kind"] == "console" and not body.startswith("$ s4"):
            continue
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(Example(f"{name}:{line}", line, match["kind"], body, match["reason"] or ""))
    return found


def commands(body: str) -> list[tuple[str, str]]:
    """The commands of a console block, each with the output the page shows for it."""
    joined = body.replace("\\\n", " ")
    parts = re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def run_console(example: Example, folder: Path) -> None:
    """Run each command of the block and compare what it prints; `...` stands for anything."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command, shown in commands(example.body):
        result = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=folder,
            env={**os.environ, "PATH": path, "COLUMNS": "110", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if result.returncode != 0:
            raise WrongExampleError(f"{example.place}: {command!r} ended with {result.returncode}:\n{result.stderr}")
        if shown.strip() and not alike(shown, result.stdout):
            raise WrongExampleError(f"{example.place}: {command!r} shows\n{shown}\nand prints\n{result.stdout}")


def alike(shown: str, printed: str) -> bool:
    """Whether the output is the one shown, white space aside, with `...` for anything."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(shown.strip() + "\n", printed.strip() + "\n", flags)


def run_python(example: Example, namespace: dict[str, object]) -> None:
    """Run the block; its own `assert` lines are its checks."""
    padding = "\n" * (example.line - 1)  # so that a traceback names the line of the page
    exec(compile(padding + example.body, example.place.rsplit(":", 1)[0], "exec"), namespace)


def run_page(examples: list[Example], folder: Path) -> None:
    """Run the examples of one page in order."""
    namespace: dict[str, object] = {"__name__": "example"}
    for example in examples:
        if example.reason:
            continue
        if example.kind == "python":
            run_python(example, namespace)
        else:
            run_console(example, folder)
