"""Every installed target of exports passes the examiner."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from s4.core import registry
from s4.core.ports import Card, Parcel, Target
from tests.contract.target import examine, silent

NOWHERE: dict[str, dict[str, Any]] = {
    "webhook": {"url": "http://127.0.0.1:PORT/"},
    "mqtt": {"url": "mqtt://127.0.0.1:PORT"},
    "kafka": {"servers": ["127.0.0.1:PORT"], "topic": "exam", "tls": False},
    "parquet": {"path": "s3://exam/x", "endpoint": "http://127.0.0.1:PORT", "region": "eu-south-2",
                "access_key_env": "PATH", "secret_key_env": "PATH"},
}  # fmt: skip


def at(options: dict[str, Any], port: int) -> dict[str, Any]:
    def put(value: Any) -> Any:
        return value.replace("PORT", str(port)) if isinstance(value, str) else value

    return {name: [put(one) for one in v] if isinstance(v, list) else put(v) for name, v in options.items()}


@pytest.mark.parametrize("name", registry.names("s4.targets"))
async def test_a_target_keeps_the_contract(name: str, tmp_path: Path) -> None:
    if name not in NOWHERE:
        pytest.skip(f"{name} is not ours: its own tests call the examiner")
    async with silent() as port:
        await examine(registry.load("s4.targets", name), tmp_path, at(NOWHERE[name], port))


class Liar(Target):
    """Says that it has sent everything."""

    card = Card("liar", "1", "Liar", "Lies.", "none")

    async def send(self, parcels: Sequence[Parcel]) -> None:
        """Do nothing."""


async def test_the_examiner_sees_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="taken without a word"):
        await examine(Liar, tmp_path, {})
