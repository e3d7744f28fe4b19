"""An edge site's credential: for the bus, as a device's is, and nobody else's."""

from pathlib import Path

import bcrypt
import pytest

from s4.core.clock import ManualClock
from s4.core.errors import InputError
from s4.shield.credentials import Credentials


def test_a_site_has_a_secret_that_the_bus_can_check(tmp_path: Path) -> None:
    credentials = Credentials(tmp_path / "credentials.json", ManualClock(7))
    secret = credentials.add_site("square", "The square")
    credentials.add_device("square")
    (row,) = credentials.list("site")
    assert bcrypt.checkpw(secret.encode(), row.bcrypt.encode())
    assert credentials.verify("site", "square", secret) is not None
    assert credentials.verify("device", "square", secret) is None
    new = credentials.rotate("site", "square")
    assert credentials.verify("site", "square", secret) is None
    assert bcrypt.checkpw(new.encode(), credentials.list("site")[0].bcrypt.encode())
    credentials.revoke("site", "square")
    assert credentials.verify("site", "square", new) is None
    with pytest.raises(InputError, match="the site 'square' is there already"):
        credentials.add_site("square")
