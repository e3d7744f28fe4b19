"""Write the reference pages that the code itself can tell: words, kinds, the command line, measurements, functions.

.venv/bin/python scripts/reference_docs.py            # write them
.venv/bin/python scripts/reference_docs.py --check    # exit 1 when one is out of date
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from s4.core.model import FACTS, KINDS, Asset, Evidence, ObservationBatch, Place, StoryLine
from s4.core.model.severity import Certainty, Severity, Urgency

FOLDER = Path(__file__).parents[1] / "docs" / "reference"


def words() -> str:
    """Every word with its meaning and its fields."""
    lines = [
        "# Words",
        "",
        "The facts that travel down the street, and the nouns they are made of. Times are integer nanoseconds UTC,",
        "places WGS 84. Each page section is the type's own documentation.",
        "",
    ]
    for cls in (*FACTS.values(), StoryLine, Place, Evidence, Asset):
        lines += [f"## {cls.__name__}", "", _paragraphs(cls), "", "| field | type | default |", "|---|---|---|"]
        hints = get_type_hints(cls, include_extras=False)
        for field in msgspec.structs.fields(cls):
            lines.append(f"| `{field.encode_name}` | `{_type(hints[field.name])}` | {_default(field)} |")
        lines.append("")
    lines += [f"## {ObservationBatch.__name__}", "", _paragraphs(ObservationBatch).split(">>>")[0].strip(), ""]
    for enum in (Severity, Urgency, Certainty):
        lines += [f"## {enum.__name__}", "", _paragraphs(enum), "", ", ".join(f"`{m.value}`" for m in enum), ""]
    return "\n".join(lines).rstrip() + "\n"


def kinds() -> str:
    """The vocabulary of detection kinds."""
    lines = [
        "# Kinds of detection",
        "",
        "One vocabulary for all detectors (`s4.core.model.kinds`). The category is that of CAP 1.2; the prior is where",
        "fusion starts before any evidence. A detector of your own may use kinds that start with `x-`.",
        "",
        "| kind | in words | category | nature | severity | prior |",
        "|---|---|---|---|---|---:|",
    ]
    lines += [
        f"| `{k.code}` | {k.title} | {k.category} | {k.nature} | {k.severity.value} | {k.prior:g} |"
        for k in KINDS.values()
    ]
    return "\n".join(lines) + "\n"


def command_line() -> str:
    """Every command as its own help tells it."""
    from typer.main import get_command

    from s4.app.cli import app

    lines = ["# Command line", "", "Exit codes: 0 done, 1 bad input or a service that does not answer, 2 usage.", ""]
    root = get_command(app)
    for name, command in sorted(root.commands.items()):  # type: ignore[attr-defined]
        lines += _command(f"s4 {name}", command)
    return "\n".join(lines).rstrip() + "\n"


def _command(path: str, command: Any) -> list[str]:
    lines = [f"## `{path}`", "", *_help(command), ""]
    if hasattr(command, "commands"):
        for name, one in sorted(command.commands.items()):
            lines += [line.replace("## `", "### `", 1) for line in _command(f"{path} {name}", one)]
        return lines
    rows = [
        (", ".join(p.opts) if p.param_type_name == "option" else p.name.upper(), getattr(p, "help", "") or "")
        for p in command.params
    ]
    if rows:
        lines += ["| | |", "|---|---|", *(f"| `{name}` | {text} |" for name, text in rows), ""]
    return lines


def _help(command: Any) -> list[str]:
    text = inspect.cleandoc(command.help or "")
    prose, _, examples = text.partition("\b\n")
    shown = [line.strip() for line in examples.splitlines()[1:]]
    return [prose.strip(), *(["", "```sh", *shown, "```"] if shown else [])]


def metrics() -> str:
    """What `/metrics` tells."""
    from s4.runtime.metrics import REGISTRY

    lines = ["# Measurements", "", "What `/metrics` tells Prometheus.", "", "| name | kind | what |", "|---|---|---|"]
    lines += [
        f"| `{m.name}` | {m.type} | {m.documentation} |" for m in sorted(REGISTRY.collect(), key=lambda m: m.name)
    ]
    return "\n".join(lines) + "\n"


RULE_FUNCTIONS = """# Functions of rules

What a rule in SQL can call: the functions of eKuiper's dialect, by family. Names may be written in any case.

- **Null.** A function answers null as soon as an argument is null. Where the column *null* says something else, it
  answers that; `-` means that it looks at nulls itself. What is no number (0/0, the root of -1) is null too.
- **Types.** A bigint where a float is wanted is taken as one; a float without a fraction may stand for a bigint; a text
  never turns into a number by itself (`cast` does that). Where a text is wanted, other values are taken as they are
  written: `1.5`, `true`, `[1 2]`, `map[a:1]`.
- **Faults.** What cannot be answered is a fault of that row: it is counted and explained, and the rest goes on.
- **Times** are ms since 1970, or texts in one of the usual forms; UTC unless the text says otherwise.
- **Bounds.** No answer holds more than 1,000,000 characters or elements. Regular expressions are those of RE2 (no
  look-around, no back-references), whose time grows no faster than the text.
- **Columns at once.** Functions marked ● also run over whole columns of numbers, and such a rule is quicker.
"""


def rule_functions() -> str:
    """Every function that a rule in SQL can call, family by family."""
    from s4.edge.sql.functions.registry import FUNCTIONS

    lines = [RULE_FUNCTIONS]
    families: dict[str, list[Any]] = {}
    for function in FUNCTIONS.values():
        families.setdefault(function.family, []).append(function)
    for family, members in families.items():
        lines += [
            f"## {family.capitalize()}",
            "",
            "| function | arguments | null | | what it does |",
            "|---|---|---|---|---|",
        ]
        lines += [_function(one) for one in sorted(members, key=lambda one: one.name)]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _function(function: Any) -> str:
    least, most = function.least, function.most
    count = f"{least}" if least == most else f"{least} or more" if most is None else f"{least} to {most}"
    null = "-" if not function.nothing_for_null else "" if function.null_answer is None else f"`{function.null_answer}`"
    text = function.text.replace("|", "\\|")
    return f"| `{function.name}` | {count} | {null.lower()} | {'●' if function.vector else ''} | {text} |"


def _paragraphs(cls: type) -> str:
    return inspect.cleandoc(cls.__doc__ or "")


def _type(hint: Any) -> str:
    return (inspect.formatannotation(hint) if not isinstance(hint, type) else hint.__name__).replace("|", "\\|")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "required"
    if field.default_factory is not msgspec.NODEFAULT:
        return "empty"
    return f"`{field.default!r}`"


PAGES = {
    "words.md": words,
    "kinds.md": kinds,
    "command-line.md": command_line,
    "metrics.md": metrics,
    "rule-functions.md": rule_functions,
}


def main() -> int:
    stale = []
    for name, render in PAGES.items():
        page, text = FOLDER / name, render()
        if "--check" in sys.argv:
            if not page.exists() or page.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            page.write_text(text, encoding="utf-8")
    if stale:
        print(f"out of date: {', '.join(stale)}; run: .venv/bin/python scripts/reference_docs.py", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
