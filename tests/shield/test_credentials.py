"""The credential file: what is kept, who may read it, what happens at the same time and after a cut-off write."""

import json
import multiprocessing
import stat
from pathlib import Path

import bcrypt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from s4.core.clock import ManualClock, RealClock
from s4.core.errors import ConfigError, InputError
from s4.shield.credentials import Credentials
from s4.shield.secret import matches, new_secret, sha256_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "credentials.json"


@pytest.fixture
def credentials(path: Path) -> Credentials:
    return Credentials(path, ManualClock(7))


def test_a_device_comes_in_with_its_secret_and_with_no_other(credentials: Credentials) -> None:
    secret, other = credentials.add_device("cam-01"), credentials.add_device("cam-02")
    assert credentials.verify("device", "cam-01", secret) is not None
    assert credentials.verify("device", "cam-01", other) is None
    assert credentials.verify("device", "cam-03", secret) is None
    assert credentials.verify("user", "cam-01", secret) is None
    assert credentials.verify("device", "cam-01", "") is None
    assert credentials.verify("device", "cam-01", secret * 1000) is None


def test_the_file_holds_no_secret_and_is_nobody_elses_business(credentials: Credentials, path: Path) -> None:
    secrets = [credentials.add_device("cam-01"), credentials.add_user("ana", "operator", "Ana")]
    text = path.read_text()
    assert not [secret for secret in secrets if secret in text]
    assert all(len(secret) == 43 for secret in secrets)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [row["created"] for row in json.loads(text)["credentials"]] == [7, 7]


def test_the_bus_can_check_a_devices_secret_too(credentials: Credentials) -> None:
    secret = credentials.add_device("cam-01")
    (row,) = credentials.list("device")
    assert bcrypt.checkpw(secret.encode(), row.bcrypt.encode())
    assert row.bcrypt.startswith("$2b$04$")
    credentials.add_user("ana", "operator")
    assert credentials.list("user")[0].bcrypt == ""


def test_rotation_ends_the_old_secret(credentials: Credentials) -> None:
    old = credentials.add_user("ana", "supervisor")
    new = credentials.rotate("user", "ana")
    assert credentials.verify("user", "ana", old) is None
    row = credentials.verify("user", "ana", new)
    assert row is not None
    assert row.role == "supervisor"


def test_revocation_shuts_out_until_rotation(credentials: Credentials) -> None:
    secret = credentials.add_device("cam-01")
    credentials.revoke("device", "cam-01")
    assert credentials.verify("device", "cam-01", secret) is None
    assert credentials.revoked("device", "cam-01")
    assert credentials.list("device")[0].revoked == 7
    assert credentials.verify("device", "cam-01", credentials.rotate("device", "cam-01")) is not None
    assert not credentials.revoked("device", "cam-01")


@pytest.mark.parametrize("name", ["", "Cam", "a/b", "../x", "a b", "x" * 65])
def test_a_bad_name_is_refused(credentials: Credentials, name: str) -> None:
    with pytest.raises(InputError, match="is not a name"):
        credentials.add_device(name)


def test_what_is_there_or_missing_is_said(credentials: Credentials) -> None:
    credentials.add_device("cam-01")
    with pytest.raises(InputError, match="is there already"):
        credentials.add_device("cam-01")
    with pytest.raises(InputError, match="there is no user 'cam-01'"):
        credentials.revoke("user", "cam-01")
    with pytest.raises(InputError, match="not a role"):
        credentials.add_user("ana", "king")


def test_a_change_made_by_another_process_is_seen(credentials: Credentials, path: Path) -> None:
    secret = credentials.add_device("cam-01")
    assert credentials.verify("device", "cam-01", secret)
    Credentials(path, RealClock()).revoke("device", "cam-01")
    assert credentials.verify("device", "cam-01", secret) is None


def test_a_file_that_others_may_read_is_refused(credentials: Credentials, path: Path) -> None:
    credentials.add_device("cam-01")
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        Credentials(path, RealClock()).list("device")


@given(st.binary(max_size=200))
@example(b'{"version": 1, "credentials": [{"holder": "device", "id": "\xff"}]}')
def test_a_damaged_file_is_named_and_never_taken_for_an_empty_one(tmp_path_factory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("damaged") / "credentials.json"
    path.write_bytes(data)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match=r"credentials\.json: is not a credential file"):
        Credentials(path, RealClock()).add_device("cam-01")
    assert path.read_bytes() == data


def test_what_a_cut_off_write_left_behind_does_not_matter(credentials: Credentials, path: Path) -> None:
    secret = credentials.add_device("cam-01")
    path.with_suffix(".new").write_text('{"version": 1, "cred')
    path.with_suffix(".new").chmod(0o644)
    assert credentials.verify("device", "cam-01", secret)
    credentials.add_device("cam-02")
    assert len(credentials.list("device")) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def add_some(path: Path, prefix: str) -> None:
    credentials = Credentials(path, RealClock())
    for number in range(10):
        credentials.add_device(f"{prefix}{number}")


def test_several_processes_lose_nothing_of_each_other(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_some, args=(path, prefix)) for prefix in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert len(Credentials(path, RealClock()).list("device")) == 30


@given(st.text(max_size=60), st.text(max_size=60))
def test_only_the_same_secret_matches(one: str, two: str) -> None:
    assert matches(one, sha256_of(two)) == (one == two)


def test_secrets_are_not_repeated() -> None:
    assert len({new_secret() for _ in range(1000)}) == 1000
