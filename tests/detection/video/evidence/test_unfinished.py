"""A process that makes a clip dies, stops, or its clock is set back: what was filmed until then is kept."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from s4.core.clock import NS_PER_S
from s4.core.errors import InputError
from s4.core.model import Detection
from s4.detection.video.evidence.movie import Movie, mended
from s4.detection.video.evidence.original import DAY_NS, develop
from s4.detection.video.evidence.policy import EvidencePolicy, OriginalPolicy
from s4.detection.video.evidence.recorder import Recorder
from s4.detection.video.evidence.retention import Retention
from s4.shield.person_key import public_text
from s4.shield.sealed import Office, read_header, unseal, unwrap
from s4.shield.site_key import SiteKey
from s4.shield.vault import EvidenceVault, check
from tests.detection.recordings import START
from tests.detection.video.evidence.movies import read
from tests.detection.video.evidence.test_recorder import said, scenes

KEYS: dict[Office, X25519PrivateKey] = {
    "dpo": X25519PrivateKey.generate(),
    "supervisor": X25519PrivateKey.generate(),
}
HOLDERS = {office: (public_text(key.public_key().public_bytes_raw()),) for office, key in KEYS.items()}
POLICY = EvidencePolicy(before_s=4.0, after_s=3.0, original=OriginalPolicy(HOLDERS["dpo"], HOLDERS["supervisor"]))


def vault_in(folder: Path) -> EvidenceVault:
    return EvidenceVault(folder / "evidence", SiteKey(folder / "keys"), "bilbao")


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in (folder / "evidence").iterdir())


def opened(path: Path) -> Iterator[bytes]:
    header = read_header(path)
    return unseal(path, {office: unwrap(header, office, key) for office, key in KEYS.items()})


def run(vault: EvidenceVault, seconds: float, *script: Detection, policy: EvidencePolicy = POLICY) -> list[Detection]:
    recorder, told = Recorder("cam-1", policy, vault), []
    for second, frame, scene in scenes(seconds):
        told += recorder.see(frame, scene, [one for one in script if round((one.time - START) / NS_PER_S, 1) == second])
    return told


def test_the_original_is_kept_sealed_beside_the_clip(tmp_path: Path) -> None:
    told = run(vault_in(tmp_path), 12.0, said(5.0, "a"))
    assert [one.evidence[0].type for one in told] == ["frame", "clip"]
    clip = told[1].evidence[0]
    path = (tmp_path / "evidence" / clip.ref).with_suffix(".original")
    statement = check(path, SiteKey(tmp_path / "keys").public)
    assert not statement.evidence.anonymised
    assert (statement.source, statement.evidence.start) == ("cam-1", clip.start)
    assert read_header(path).about.ref == clip.ref
    assert b"\xff\xd8\xff" not in path.read_bytes()  # how each JPEG begins
    count = develop(opened(path), tmp_path / "open.mp4")
    film = read(tmp_path / "open.mp4")
    assert len(film) == count == len(read(tmp_path / "evidence" / clip.ref))
    grey = np.asarray(film[20].image, int)
    assert abs(float(np.median(grey)) - 120) < 6


def test_without_the_citys_word_there_is_no_original(tmp_path: Path) -> None:
    run(vault_in(tmp_path), 12.0, said(5.0, "a"), policy=msgspec.structs.replace(POLICY, original=None))
    assert names(tmp_path) == ["jpg", "jpg.proof.json", "mp4", "mp4.proof.json"]


@pytest.mark.parametrize("keep_days", [2.0, None])
def test_an_original_is_deleted_sooner_than_the_clip(tmp_path: Path, keep_days: float | None) -> None:
    """After its days, or when the city's word is taken back."""
    vault = vault_in(tmp_path)
    run(vault, 12.0, said(5.0, "a"))
    assert [one for one in names(tmp_path) if one.startswith("original")] == ["original", "original.proof.json"]
    assert POLICY.original is not None
    original = msgspec.structs.replace(POLICY.original, keep_days=keep_days) if keep_days else None
    policy = msgspec.structs.replace(POLICY, original=original)
    Retention(vault, {"cam-1": policy}, EvidencePolicy()).tidy(START + 2 * DAY_NS + 60 * NS_PER_S)
    assert names(tmp_path) == ["jpg", "jpg.proof.json", "mp4", "mp4.proof.json"]


def test_a_disk_that_takes_no_original_costs_only_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    vault = vault_in(tmp_path)
    plain = vault.draft
    full = tmp_path / "none" / "x.original"
    monkeypatch.setattr(vault, "draft", lambda suffix: full if suffix == ".original" else plain(suffix))
    told = run(vault, 12.0, said(5.0, "a"))
    assert [one.evidence[0].type for one in told] == ["frame", "clip"]


DYING = """
    import sys, time
    from pathlib import Path
    from s4.detection.video.evidence.recorder import Recorder
    from tests.detection.video.evidence.test_recorder import said, scenes
    from tests.detection.video.evidence.test_unfinished import EvidencePolicy, OriginalPolicy, vault_in

    policy = EvidencePolicy(before_s=4.0, after_s=30.0, original=OriginalPolicy((sys.argv[2],), (sys.argv[3],)))
    recorder = Recorder("cam-1", policy, vault_in(Path(sys.argv[1])))
    for second, frame, scene in scenes(25.0):
        recorder.see(frame, scene, [said(5.0, "a")] if second == 5.0 else [])
    print("written", flush=True)
    time.sleep(600)
"""


def killed(folder: Path) -> None:
    """A process of its own makes a clip of 34 s, and dies 20 s after it began."""
    holders = [HOLDERS["dpo"][0], HOLDERS["supervisor"][0]]
    command = [sys.executable, "-c", textwrap.dedent(DYING), str(folder), *holders]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"written\n"
        finally:
            process.send_signal(signal.SIGKILL)


def test_a_clip_whose_process_is_killed_ends_there(tmp_path: Path) -> None:
    killed(tmp_path)
    drafts = [path for path in (tmp_path / "evidence").iterdir() if path.name.startswith(".draft-")]
    assert {path.suffix for path in drafts} == {".mp4", ".note", ".original"}
    told = run(vault_in(tmp_path), 0.4)
    (clip,) = (one.evidence[0] for one in told)
    assert (told[0].happening, told[0].phase, told[0].source) == ("a", "update", "cam-1")
    assert check(tmp_path / "evidence" / clip.ref, SiteKey(tmp_path / "keys").public).evidence == clip
    film = read(tmp_path / "evidence" / clip.ref)
    assert film[0].second == 0.0
    assert 15.0 <= film[-1].second <= 24.0
    assert abs(clip.end - clip.start - film[-1].second * NS_PER_S) < NS_PER_S / 100
    sealed = opened((tmp_path / "evidence" / clip.ref).with_suffix(".original"))
    with pytest.raises(InputError, match="cut short after"):
        develop(sealed, tmp_path / "open.mp4")
    assert read(tmp_path / "open.mp4")[-1].second >= 18.0
    assert names(tmp_path) == ["jpg", "jpg.proof.json", "mp4", "mp4.proof.json", "original", "original.proof.json"]
    assert run(vault_in(tmp_path), 0.4) == []


def test_what_was_left_by_another_camera_waits_for_it(tmp_path: Path) -> None:
    vault = vault_in(tmp_path)
    draft = vault.draft(".mp4")
    draft.write_bytes(b"no film")
    vault.note(draft, "cam-2", b"{}")
    again = vault_in(tmp_path)
    assert run(again, 0.4) == []
    assert draft.exists()
    assert again.unfinished("cam-2") == [(draft, b"{}")]
    assert again.unfinished("cam-2") == []


@pytest.mark.parametrize("note", [b"", b"{}", b'{"ref":"ev-1","title":"","start":0,"heard":[]}'])
def test_a_draft_that_shows_nothing_is_deleted(tmp_path: Path, note: bytes) -> None:
    vault = vault_in(tmp_path)
    for suffix in (".mp4", ".original"):
        draft = vault.draft(suffix)
        draft.write_bytes(b"no film")
        vault.note(draft, "cam-1", note)
    assert run(vault_in(tmp_path), 0.4) == []
    assert names(tmp_path) == []


def test_a_clock_that_is_set_back_ends_the_clip(tmp_path: Path) -> None:
    recorder, told = Recorder("cam-1", POLICY, vault_in(tmp_path)), []
    for second, frame, scene in scenes(6.0):
        told += recorder.see(frame, scene, [said(5.0, "a")] if second == 5.0 else [])
    assert told == []
    for _, frame, scene in scenes(3.0):
        earlier = frame._replace(time=frame.time - DAY_NS)
        told += recorder.see(earlier, None if scene is None else scene._replace(time=earlier.time), [])
    (clip,) = (one.evidence[0] for one in told if one.evidence[0].type == "clip")
    assert START < clip.end < START + 6 * NS_PER_S
    assert len(read(tmp_path / "evidence" / clip.ref)) >= 15


def test_after_the_clock_was_set_back_there_is_evidence_again(tmp_path: Path) -> None:
    policy = msgspec.structs.replace(POLICY, most_per_hour=1)
    recorder, told = Recorder("cam-1", policy, vault_in(tmp_path)), []
    for back in (0, DAY_NS):
        for second, frame, scene in scenes(12.0):
            start = [msgspec.structs.replace(said(5.0, f"h{back}"), time=frame.time - back)] if second == 5.0 else []
            seen = None if scene is None else scene._replace(time=scene.time - back)
            told += recorder.see(frame._replace(time=frame.time - back), seen, start)
    assert [one.happening for one in told if one.evidence[0].type == "clip"] == ["h0", f"h{DAY_NS}"]


def test_a_film_in_pieces_is_whole_wherever_it_was_cut(tmp_path: Path) -> None:
    path, rng = tmp_path / "pieces.mp4", np.random.default_rng(1)
    with Movie(path, in_pieces=True) as movie:
        for number in range(60):
            movie.add(rng.integers(0, 255, (48, 64, 3), np.uint8), START + number * NS_PER_S // 10)
    whole = path.read_bytes()
    lengths = []
    for cut in np.linspace(len(whole) // 4, len(whole), 8).astype(int):
        path.write_bytes(whole[:cut])
        last = mended(path, tmp_path / "whole.mp4")
        film = read(tmp_path / "whole.mp4")
        assert film[0].second == 0.0
        assert abs(film[-1].second - last) < 0.01
        lengths.append(last)
    assert lengths == sorted(lengths)
    assert lengths[-1] == pytest.approx(5.9)
    for cut in (0, 100, 600):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            mended(path, tmp_path / "whole.mp4")


@pytest.mark.parametrize(
    ("dpo", "supervisor", "reason"),
    [
        ((), HOLDERS["supervisor"], "length >= 1"),
        (HOLDERS["dpo"], ("s4pub1-short",), "no public key"),
        (HOLDERS["dpo"], HOLDERS["dpo"], "both shares"),
    ],
)
def test_a_policy_that_one_person_could_fill_alone_is_refused(
    dpo: tuple[str, ...], supervisor: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert({"dpo": dpo, "supervisor": supervisor}, OriginalPolicy)
