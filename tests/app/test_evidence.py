"""`s4 evidence check`: what was signed is said, what was changed is complained about, and the others go on."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from s4.app.cli import app
from s4.core.errors import InputError
from s4.core.model import Evidence
from s4.shield.site_key import PUBLIC, SiteKey
from s4.shield.vault import EvidenceVault


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vault = EvidenceVault(tmp_path / "evidence", SiteKey(tmp_path / "keys"), "bilbao")
    for name in ("a.mp4", "b.mp4"):
        draft = vault.draft(".mp4")
        draft.write_bytes(name.encode())
        vault.keep(draft, Evidence(name, "clip", "video/mp4", "", 0, 10**9, "Fall"), "cam-1")
    return tmp_path


def run(folder: Path, *names: str, key: str = PUBLIC) -> tuple[str, str, BaseException | None]:
    files = [str(folder / "evidence" / name) for name in names]
    done = CliRunner().invoke(app, ["evidence", "check", *files, "--key", str(folder / "keys" / key)])
    return done.stdout, done.stderr, done.exception


def test_what_was_signed_is_said(folder: Path) -> None:
    out, complaints, error = run(folder, "a.mp4", "b.mp4")
    assert (complaints, error) == ("", None)
    first, _ = out.splitlines()
    assert first.endswith("a.mp4: Fall, cam-1, bilbao, 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:01.000Z")


def test_what_was_changed_is_complained_about_and_the_others_go_on(folder: Path) -> None:
    (folder / "evidence" / "a.mp4").write_bytes(b"other")
    out, complaints, error = run(folder, "none.mp4", "a.mp4", "b.mp4")
    assert "b.mp4: Fall" in out
    assert "none.mp4: cannot be read" in complaints
    assert isinstance(error, InputError)
    assert "a.mp4: is not the file that was signed" in str(error)


@pytest.mark.parametrize("key", ["none.pub", "evidence.key", "text.pub"])
def test_a_file_that_is_no_public_key_is_said(folder: Path, key: str) -> None:
    (folder / "keys" / "text.pub").write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    _, _, error = run(folder, "a.mp4", key=key)
    assert isinstance(error, InputError)
    assert key in str(error)
