"""Originals over HTTP and from the shell: two people of two offices, once, in time, and all of it written down."""

import base64
import json
from pathlib import Path
from typing import NamedTuple

import cv2
import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from s4.app.cli import app
from s4.app.originals import Opener
from s4.core.clock import NS_PER_S
from s4.core.errors import AccessError, ConfigError, InputError, ServiceError
from s4.core.model import Evidence
from s4.shield.openings import WAIT_S
from s4.shield.person_key import make_key, read_key
from s4.shield.roles import Role
from s4.shield.sealed import About, Office, Sealer, read_header, unwrap
from tests.detection.video.evidence.movies import read
from tests.picture.facts import T0, detection
from tests.picture.stand import Stand

REF, PHRASE = "ev-1.mp4", "a long enough phrase"
PATH = f"/api/evidence/{REF}/original"
COUNT = 5


class Kept(NamedTuple):
    stand: Stand
    path: Path
    shares: dict[Office, bytes]

    @property
    def log(self) -> list[tuple[str, str, str]]:
        """Who did what, and why."""
        rows = self.stand.archive.audit()
        return [(one.actor, one.action.removeprefix("evidence.original."), one.reason) for one in rows]


def picture(number: int) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), 40 * number, np.uint8))[1].tobytes()


@pytest.fixture
def kept(stand: Stand, tmp_path: Path) -> Kept:
    """A clip with an original, and key files of Dora (data protection) and Sam (supervisor)."""
    keys = {office: make_key(tmp_path / f"{office}.key", PHRASE, n=1 << 14) for office in ("dpo", "supervisor")}
    (tmp_path / "phrase").write_text(PHRASE + "\n")
    stand.record(detection(evidence=(Evidence(REF, "clip", "video/mp4", "", T0, T0 + 1),)))
    path = stand.folder / "evidence" / "ev-1.original"
    about = About(REF, "cam-1", T0, T0 + 86_400 * NS_PER_S)
    with Sealer(path, about, {"dpo": [keys["dpo"]], "supervisor": [keys["supervisor"]]}) as sealer:
        for number in range(COUNT):
            sealer.add((T0 + number * NS_PER_S // 10).to_bytes(8, "big") + picture(number))
    header = read_header(path)
    offices: tuple[Office, Office] = ("dpo", "supervisor")
    shares = {office: unwrap(header, office, read_key(tmp_path / f"{office}.key", PHRASE)) for office in offices}
    return Kept(stand, path, shares)


def agree(client: httpx.Client, share: bytes, reason: str = "request 17/26") -> httpx.Response:
    return client.post(PATH, json={"share": base64.b64encode(share).decode(), "reason": reason})


def parts(data: bytes) -> tuple[list[bytes], dict[str, object]]:
    found, at = [], 0
    while size := int.from_bytes(data[at : at + 4], "big"):
        found.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return found, json.loads(data[at + 4 :])


def test_two_people_open_it_once(kept: Kept) -> None:
    dora, sam = kept.stand.client("dpo", "dora"), kept.stand.client("supervisor", "sam")
    assert dora.get(PATH).json()["about"]["ref"] == REF
    first = agree(dora, kept.shares["dpo"]).json()
    assert (first["state"], first["office"]) == ("waiting", "supervisor")
    assert dora.get(f"{PATH}/pictures").status_code == 409
    assert agree(sam, kept.shares["supervisor"], "the same").json()["state"] == "open"
    answer = dora.get(f"{PATH}/pictures")
    found, ending = parts(answer.content)
    assert [one[8:] for one in found] == [picture(number) for number in range(COUNT)]
    assert (ending["complete"], answer.headers["cache-control"]) == (True, "private, no-store")
    assert [one.get(f"{PATH}/pictures").status_code for one in (dora, sam)] == [409, 409]
    assert kept.log == [("dora", "agree", "request 17/26"), ("sam", "agree", "the same"), ("dora", "open", "")]


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_nobody_else_comes_near(kept: Kept, role: Role) -> None:
    client = kept.stand.client(role, "eve")
    assert client.get(PATH).status_code == 403
    assert agree(client, kept.shares["dpo"]).status_code == 403
    assert client.get(f"{PATH}/pictures").status_code == 403


def test_one_insider_with_two_roles_opens_nothing(kept: Kept) -> None:
    """Sam signs in as a data-protection officer too, and has seen a share of that office's."""
    agree(kept.stand.client("supervisor", "sam"), kept.shares["supervisor"])
    again = kept.stand.client("dpo", "sam")
    assert agree(again, kept.shares["supervisor"]).status_code == 403
    assert agree(again, bytes(32)).status_code == 403
    assert agree(again, kept.shares["dpo"]).status_code == 409
    assert again.get(f"{PATH}/pictures").status_code == 409
    assert [action for _, action, _ in kept.log] == ["agree", "refuse", "refuse", "refuse"]
    assert kept.log[-1][2].startswith("two different people have to agree: request")


def test_a_consent_runs_out(kept: Kept) -> None:
    dora, sam = kept.stand.client("dpo", "dora"), kept.stand.client("supervisor", "sam")
    agree(dora, kept.shares["dpo"])
    kept.stand.machine.advance_to(kept.stand.machine.now() + round(WAIT_S * NS_PER_S))
    assert agree(sam, kept.shares["supervisor"]).json()["state"] == "waiting"


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_needed(kept: Kept, reason: str) -> None:
    assert agree(kept.stand.client("dpo", "dora"), kept.shares["dpo"], reason).status_code == 400
    assert kept.log == []


@pytest.mark.parametrize("ref", ["ev-2.mp4", "..%2fkeys.mp4", ".hidden"])
def test_where_there_is_none_there_is_none(kept: Kept, ref: str) -> None:
    kept.stand.record(detection("det-2", evidence=(Evidence("ev-2.mp4", "clip", "video/mp4", "", T0, T0),)))
    assert kept.stand.client("dpo", "dora").get(f"/api/evidence/{ref}/original").status_code == 404


def test_an_original_that_was_cut_off_says_so_at_its_end(kept: Kept) -> None:
    kept.path.write_bytes(kept.path.read_bytes()[:-30])
    dora, sam = kept.stand.client("dpo", "dora"), kept.stand.client("supervisor", "sam")
    agree(dora, kept.shares["dpo"])
    agree(sam, kept.shares["supervisor"])
    found, ending = parts(sam.get(f"{PATH}/pictures").content)
    assert len(found) == COUNT - 1 or len(found) == COUNT
    assert (ending["complete"], str(ending["reason"]).startswith("is cut short after")) == (False, True)


class Shell(NamedTuple):
    kept: Kept
    folder: Path

    def open(self, role: Office, out: str = "", *more: str) -> tuple[str, BaseException | None]:
        """`s4 evidence open` of Dora's or Sam's; what it said, and what went wrong."""
        user = {"dpo": "dora", "supervisor": "sam"}[role]
        words = [
            "evidence",
            "open",
            REF,
            "--user",
            user,
            "--key",
            str(self.folder / f"{role}.key"),
            "--reason",
            "17/26",
        ]
        words += ["--server", self.kept.stand.url, "--secret-file", str(self.folder / f"{user}.secret")]
        words += ["--passphrase-file", str(self.folder / "phrase"), *more]
        words += ["--out", str(self.folder / out)] if out else []
        done = CliRunner().invoke(app, words)
        return done.stdout, done.exception


@pytest.fixture
def shell(kept: Kept, tmp_path: Path) -> Shell:
    for user, role in (("dora", "dpo"), ("sam", "supervisor")):
        (tmp_path / f"{user}.secret").write_text(kept.stand.services.credentials.add_user(user, role))
    return Shell(kept, tmp_path)


def test_from_the_shell(shell: Shell) -> None:
    said, error = shell.open("dpo", "film.mp4")
    assert error is None
    assert "you have agreed; it waits for a supervisor until" in said
    assert not (shell.folder / "film.mp4").exists()
    said, error = shell.open("supervisor", "film.mp4")
    assert error is None
    assert f"{COUNT} pictures, un-blurred" in said
    film = read(shell.folder / "film.mp4")
    assert [round(one.second, 1) for one in film] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert abs(int(np.median(film[3].image)) - 120) < 6
    assert (shell.folder / "film.mp4").stat().st_mode & 0o077 == 0
    said, error = shell.open("dpo", "film.mp4")
    assert isinstance(error, InputError)
    assert "choose another file" in str(error)
    said, error = shell.open("dpo")
    assert "it waits for a supervisor" in said


def test_the_shell_says_what_is_wrong(shell: Shell) -> None:
    (shell.folder / "phrase").write_text("another phrase")
    _, error = shell.open("dpo")
    assert isinstance(error, AccessError)
    assert "passphrase" in str(error)
    (shell.folder / "phrase").write_text(PHRASE)
    (shell.folder / "dora.secret").write_text("wrong")
    _, error = shell.open("dpo")
    assert isinstance(error, AccessError)
    assert "the name or the secret is wrong" in str(error)
    (shell.folder / "dpo.key").unlink()
    make_key(shell.folder / "dpo.key", PHRASE, n=1 << 14)
    (shell.folder / "dora.secret").write_text(shell.kept.stand.services.credentials.rotate("user", "dora"))
    _, error = shell.open("dpo")
    assert "none of those of the dpo" in str(error)


def test_a_share_does_not_travel_in_the_clear() -> None:
    for server in ("http://10.0.0.7:8080", "ftp://127.0.0.1", "127.0.0.1:80"):
        with pytest.raises(ConfigError, match="in the clear"):
            Opener(server, "dora", "x")
    with pytest.raises(ServiceError, match="does not answer"):
        Opener("http://127.0.0.1:1", "dora", "x")


def test_a_key_is_made_for_the_city(tmp_path: Path) -> None:
    (tmp_path / "phrase").write_text(PHRASE)
    words = ["evidence", "key", "--out", str(tmp_path / "eva.key"), "--passphrase-file", str(tmp_path / "phrase")]
    done = CliRunner().invoke(app, words)
    assert done.exception is None
    assert done.stdout.startswith("s4pub1-")
    assert isinstance(CliRunner().invoke(app, words).exception, InputError)
