"""Every example in the documentation runs, and shows what really happens."""

from pathlib import Path

import pytest

from tests.docs.examples import WrongExampleError, find_examples, run_page

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = sorted(CHECKOUT.glob("docs/**/*.md")) + [p for p in [CHECKOUT / "README.md"] if p.exists()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder in which `examples/` is where it is in the checkout."""
    (tmp_path / "examples").symlink_to(CHECKOUT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def with_examples() -> list[Path]:
    return [page for page in PAGES if find_examples(page.read_text(encoding="utf-8"), page.name)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", with_examples(), ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_the_examples_of(page: Path, folder: Path) -> None:
    run_page(find_examples(page.read_text(encoding="utf-8"), str(page.relative_to(CHECKOUT))), folder)


PAGE = """
```python
number = 6 * 7
```

```console
$ echo not ours
```

- in a list

    ```python
    assert number == {number}
    ```
"""


def test_blocks_of_a_page_share_names(folder: Path) -> None:
    examples = find_examples(PAGE.format(number=42), "page.md")
    assert [example.place for example in examples] == ["page.md:3", "page.md:13"]
    run_page(examples, folder)


def test_a_wrong_statement_is_noticed_at_its_line(folder: Path) -> None:
    with pytest.raises(AssertionError) as caught:
        run_page(find_examples(PAGE.format(number=41), "page.md"), folder)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == ("page.md", 13)


def console(command: str, output: str, comment: str = "") -> str:
    return f"text\n{comment}```console\n$ s4() {{ {command}; }}; s4\n{output}```\n"


@pytest.mark.parametrize("output", ["", "one two\n", "one\ntwo\n", "...two\n"])
def test_shown_output_may_be_left_out_or_shortened(folder: Path, output: str) -> None:
    run_page(find_examples(console("echo one two", output), "page.md"), folder)


@pytest.mark.parametrize(("command", "output"), [("echo one", "two\n"), ("false", ""), ("false | cat", "")])
def test_wrong_output_or_a_failure_is_noticed(folder: Path, command: str, output: str) -> None:
    with pytest.raises(WrongExampleError, match=r"page\.md:3"):
        run_page(find_examples(console(command, output), "page.md"), folder)


def test_an_excused_block_is_not_run_and_says_why(folder: Path) -> None:
    examples = find_examples(console("false", "", "<!-- not run: it needs a camera -->\n"), "page.md")
    assert [example.reason for example in examples] == ["it needs a camera"]
    run_page(examples, folder)
