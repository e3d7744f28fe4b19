"""Evidence over HTTP: only what a fact refers to, unchanged and anonymised, and every look is written down."""

import hashlib
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from s4.core.model import Evidence
from s4.picture.evidence import is_safe
from s4.shield.roles import Role
from s4.shield.site_key import SiteKey, verified
from s4.shield.vault import EvidenceVault, Proof, statement_of
from tests.picture.facts import detection, incident
from tests.picture.stand import Stand

CLIP = b"\x00\x00\x00 ftypisom" + bytes(range(256)) * 40


def evidence(ref: str = "clip-7.mp4", data: bytes = CLIP, **changes: Any) -> Evidence:
    plain = Evidence(ref, "clip", "video/mp4", hashlib.sha256(data).hexdigest(), 0, 1)
    return msgspec.structs.replace(plain, **changes)


@pytest.fixture(autouse=True)
def kept(stand: Stand) -> None:
    """A clip that a detection refers to."""
    (stand.folder / "evidence" / "clip-7.mp4").write_bytes(CLIP)
    stand.record(incident(), detection(evidence=(evidence(),)))


def looks(stand: Stand) -> list[tuple[str, str, str]]:
    return [(one.actor, one.action, one.target) for one in stand.archive.audit()]


def test_the_bytes_come_and_the_look_is_written_down(stand: Stand, operator: httpx.Client) -> None:
    answer = operator.get("/api/evidence/clip-7.mp4")
    assert (answer.status_code, answer.content) == (200, CLIP)
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    part = stand.client("dpo", "eva").get("/api/evidence/clip-7.mp4", headers={"Range": "bytes=8-11"})
    assert (part.status_code, part.content) == (206, CLIP[8:12])
    assert looks(stand) == [("ana", "evidence.look", "clip-7.mp4"), ("eva", "evidence.look", "clip-7.mp4")]


@pytest.mark.parametrize("role", ["viewer", "admin"])
def test_those_who_may_not_look_do_not(stand: Stand, role: Role) -> None:
    assert stand.client(role).get("/api/evidence/clip-7.mp4").status_code == 403
    assert looks(stand) == []


def test_a_file_that_no_fact_refers_to_is_not_evidence(stand: Stand, operator: httpx.Client) -> None:
    (stand.folder / "evidence" / "other.mp4").write_bytes(CLIP)
    assert operator.get("/api/evidence/other.mp4").status_code == 404


def test_a_changed_file_is_not_shown(stand: Stand, operator: httpx.Client) -> None:
    (stand.folder / "evidence" / "clip-7.mp4").write_bytes(CLIP[::-1])
    answer = operator.get("/api/evidence/clip-7.mp4")
    assert answer.status_code == 503
    assert "not the one that was recorded" in answer.json()["error"]["reason"]
    assert looks(stand) == []


def test_a_missing_file_and_a_link_are_not_shown(stand: Stand, operator: httpx.Client) -> None:
    path = stand.folder / "evidence" / "clip-7.mp4"
    path.rename(stand.folder / "secret.mp4")
    answer = operator.get("/api/evidence/clip-7.mp4")
    assert answer.status_code == 404
    assert "it came about at the site 'square'" in answer.json()["error"]["reason"]
    path.symlink_to(stand.folder / "secret.mp4")
    assert operator.get("/api/evidence/clip-7.mp4").status_code == 404


def test_what_is_not_anonymised_stays_where_it_is(stand: Stand, operator: httpx.Client) -> None:
    (stand.folder / "evidence" / "raw.mp4").write_bytes(CLIP)
    stand.record(detection("det-2", evidence=(evidence("raw.mp4", anonymised=False),)))
    assert operator.get("/api/evidence/raw.mp4").status_code == 403
    assert looks(stand) == []


def test_a_document_cannot_run_as_a_page_of_ours(stand: Stand, operator: httpx.Client) -> None:
    page = b"<script>alert(1)</script>"
    (stand.folder / "evidence" / "report.html").write_bytes(page)
    stand.record(incident("inc-2", evidence=(evidence("report.html", page, media_type="text/html"),)))
    answer = operator.get("/api/evidence/report.html")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "ref",
    ["..%2fmap.geojson", "%2e%2e%2fcredentials.json", "..", ".hidden", "a%2fb", "a%5cb", "%2fetc%2fpasswd", "a" * 99],
)
def test_no_name_leads_out_of_the_folder(stand: Stand, operator: httpx.Client, ref: str) -> None:
    stand.record(detection("det-3", evidence=(evidence(ref), evidence("../credentials.json"))))
    assert operator.get(f"/api/evidence/{ref}").status_code == 404
    assert looks(stand) == []


def test_the_proof_of_what_was_kept_can_be_checked(stand: Stand, operator: httpx.Client) -> None:
    key = SiteKey(stand.folder / "keys")
    vault = EvidenceVault(stand.folder / "evidence", key, "bilbao")
    draft = vault.draft(".mp4")
    draft.write_bytes(CLIP)
    kept = vault.keep(draft, evidence("ev-9.mp4"), "cam-1")
    stand.record(detection("det-9", evidence=(kept,)))
    assert operator.get("/api/evidence/ev-9.mp4").content == CLIP
    proof = msgspec.json.decode(operator.get("/api/evidence/ev-9.mp4/proof").content, type=Proof)
    assert verified(key.public, proof.signature, proof.statement.encode())
    assert statement_of(proof).evidence == kept
    assert stand.client("viewer").get("/api/evidence/ev-9.mp4/proof").status_code == 403
    assert len(looks(stand)) == 1


def test_where_there_is_no_proof_there_is_none(stand: Stand, operator: httpx.Client) -> None:
    assert operator.get("/api/evidence/clip-7.mp4/proof").status_code == 404
    assert operator.get("/api/evidence/other.mp4/proof").status_code == 404
    (stand.folder / "evidence" / "clip-7.mp4.proof.json").write_text("{}")
    assert operator.get("/api/evidence/clip-7.mp4/proof").status_code == 503


@given(st.text(max_size=40) | st.from_regex(r"[A-Za-z0-9./_\\-]{1,30}", fullmatch=True))
def test_a_safe_name_is_one_plain_part(ref: str) -> None:
    if is_safe(ref):
        assert ref.isascii()
        assert not set(ref) & set("/\\\x00")
        assert not ref.startswith(".")
        assert ".." not in ref
        assert len(ref) <= 128
