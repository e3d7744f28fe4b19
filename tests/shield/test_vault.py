"""Evidence is hashed and signed when it is kept; whatever is changed later shows."""

import stat
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.errors import InputError, ServiceError
from s4.core.model import Evidence
from s4.shield.site_key import PRIVATE, PUBLIC, SiteKey, verified
from s4.shield.vault import EvidenceVault, Proof, check, proof_path, read_proof

CLIP = bytes(range(256)) * 40


def piece(ref: str = "clip-7.mp4", end: int = 20) -> Evidence:
    return Evidence(ref, "clip", "video/mp4", "", 0, end, "Fall")


@pytest.fixture
def key(tmp_path: Path) -> SiteKey:
    return SiteKey(tmp_path / "keys")


@pytest.fixture
def vault(tmp_path: Path, key: SiteKey) -> EvidenceVault:
    return EvidenceVault(tmp_path / "evidence", key, "bilbao")


def kept(vault: EvidenceVault, evidence: Evidence, data: bytes = CLIP) -> Evidence:
    draft = vault.draft(".mp4")
    draft.write_bytes(data)
    return vault.keep(draft, evidence, "cam-1")


def test_what_is_kept_can_be_checked(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    evidence = kept(vault, piece())
    path = tmp_path / "evidence" / evidence.ref
    assert path.read_bytes() == CLIP
    statement = check(path, key.public)
    assert (statement.evidence, statement.city, statement.source) == (evidence, "bilbao", "cam-1")
    assert statement.size == len(CLIP)
    assert sorted(one.name for one in path.parent.iterdir()) == ["clip-7.mp4", "clip-7.mp4.proof.json"]


def test_only_the_owner_can_read(tmp_path: Path, vault: EvidenceVault) -> None:
    kept(vault, piece())
    files = [tmp_path / "keys" / PRIVATE, *(tmp_path / "evidence").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "evidence").stat().st_mode) == 0o700


def test_the_key_is_made_once(tmp_path: Path, key: SiteKey) -> None:
    assert key.public == SiteKey(tmp_path / "keys").public
    assert SiteKey(tmp_path / "other").public != key.public
    assert sorted(one.name for one in (tmp_path / "keys").iterdir()) == [PRIVATE, PUBLIC]


def test_openssl_takes_the_signature(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    evidence = kept(vault, piece())
    proof = read_proof(proof_path(tmp_path / "evidence" / evidence.ref))
    (tmp_path / "statement").write_text(proof.statement)
    (tmp_path / "signature").write_bytes(proof.signature)
    files = ["-inkey", f"keys/{PUBLIC}", "-in", "statement", "-sigfile", "signature"]
    command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", *files]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("no openssl on this machine")
    assert done.returncode == 0, done.stderr


def test_a_changed_file_shows(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    path = tmp_path / "evidence" / kept(vault, piece()).ref
    path.write_bytes(CLIP[:-1] + b"?")
    with pytest.raises(InputError, match="not the file that was signed"):
        check(path, key.public)


def test_another_pieces_proof_does_not_do(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    first, second = (tmp_path / "evidence" / kept(vault, piece(ref)).ref for ref in ("a.mp4", "b.mp4"))
    proof_path(second).write_bytes(proof_path(first).read_bytes())
    with pytest.raises(InputError, match="not the file that was signed"):
        check(second, key.public)


def test_another_key_does_not_do(tmp_path: Path, vault: EvidenceVault) -> None:
    path = tmp_path / "evidence" / kept(vault, piece()).ref
    with pytest.raises(InputError, match="not signed with this key"):
        check(path, SiteKey(tmp_path / "other").public)


def test_a_changed_proof_shows(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    path = tmp_path / "evidence" / kept(vault, piece()).ref
    proof = read_proof(proof_path(path))
    forged = Proof(proof.statement.replace("cam-1", "cam-2"), proof.signature, proof.key)
    proof_path(path).write_bytes(msgspec.json.encode(forged))
    with pytest.raises(InputError, match="not signed with this key"):
        check(path, key.public)


@given(st.binary(max_size=200))
def test_no_bytes_are_taken_for_a_signature(data: bytes) -> None:
    assert not verified(data[:32], data[32:], b"statement")


@given(st.binary(max_size=300))
def test_a_proof_that_is_none_is_complained_about(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.proof.json"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read_proof(path)


def test_what_is_old_is_forgotten(tmp_path: Path, vault: EvidenceVault) -> None:
    for number in range(4):
        kept(vault, piece(f"{number}.mp4", end=number))
    (tmp_path / "evidence" / "x.mp4.proof.json").write_bytes(b"{")
    assert vault.forget(2, "cam-2") == 0
    assert vault.forget(2, "cam-1") == 2
    left = ["2.mp4", "2.mp4.proof.json", "3.mp4", "3.mp4.proof.json", "x.mp4.proof.json"]
    assert sorted(one.name for one in (tmp_path / "evidence").iterdir()) == left
    assert vault.forget(2, "cam-1") == 0


def test_what_was_left_unfinished_is_cleared_away(tmp_path: Path, vault: EvidenceVault, key: SiteKey) -> None:
    vault.draft(".mp4").write_bytes(CLIP)
    EvidenceVault(tmp_path / "evidence", key, "bilbao")
    assert list((tmp_path / "evidence").iterdir()) == []


def original(number: int) -> Evidence:
    return msgspec.structs.replace(piece(f"{number}.original", end=number), anonymised=False)


def test_originals_have_a_time_and_a_room_of_their_own(tmp_path: Path, vault: EvidenceVault) -> None:
    for number in range(5):
        kept(vault, original(number))
    kept(vault, piece("0.mp4", end=0))
    assert vault.forget(1, "cam-1", originals=True) == 1
    assert vault.trim(2 * len(CLIP), "cam-2") == 0
    assert vault.trim(2 * len(CLIP), "cam-1") == 2
    assert vault.trim(2 * len(CLIP), "cam-1") == 0
    left = {path.name for path in (tmp_path / "evidence").iterdir()}
    assert left == {f"{name}{end}" for name in ("3.original", "4.original", "0.mp4") for end in ("", ".proof.json")}
    assert vault.forget(1, "cam-1") == 1
    assert vault.trim(0, "cam-1") == 2


def test_a_draft_of_which_something_is_noted_is_found_by_the_next_run(
    tmp_path: Path, vault: EvidenceVault, key: SiteKey
) -> None:
    drafts = [vault.draft(".mp4") for _ in range(3)]
    for number, draft in enumerate(drafts):
        draft.write_bytes(CLIP)
        vault.note(draft, f"cam-{number}", b"old")
        vault.note(draft, f"cam-{number}", b"new")
    vault.discard(drafts[2])
    vault.discard(drafts[2])
    vault.draft(".jpg").write_bytes(CLIP)
    (tmp_path / "evidence" / ".draft-x.note").write_bytes(b"{}")
    assert vault.unfinished("cam-0") == []
    again = EvidenceVault(tmp_path / "evidence", key, "bilbao")
    assert len(list((tmp_path / "evidence").iterdir())) == 4
    assert again.unfinished("cam-1") == [(drafts[1], b"new")]
    assert again.unfinished("cam-1") == []
    again.keep(drafts[1], piece(), "cam-1")
    assert sorted(path.suffix for path in (tmp_path / "evidence").iterdir()) == [".json", ".mp4", ".mp4", ".note"]


def test_what_cannot_be_kept_says_why(tmp_path: Path, vault: EvidenceVault) -> None:
    with pytest.raises(ServiceError, match=r"clip-7\.mp4 cannot be kept"):
        vault.keep(vault.draft(".mp4"), piece(), "cam-1")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / PRIVATE).write_text("no key")
    with pytest.raises(ServiceError, match="cannot be used"):
        kept(vault, piece())
    assert list((tmp_path / "evidence").iterdir()) == []
