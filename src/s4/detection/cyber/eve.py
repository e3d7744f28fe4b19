"""EVE: the record of one Suricata alert, as far as it is needed.

Source: Suricata's user guide, "EVE JSON Format", event type `alert`.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from s4.core.errors import InputError
from s4.core.model import Observation

Text = Annotated[str, Meta(max_length=1024)]
Address = Annotated[str, Meta(min_length=1, max_length=64)]


class Alert(msgspec.Struct, frozen=True):
    """What the rule said. `severity`: the priority of its category, 1 highest; `action`: `allowed` or `blocked`."""

    signature: Text
    signature_id: int
    category: Text = ""
    severity: Annotated[int, Meta(ge=1, le=255)] = 3
    action: str = "allowed"


class EveAlert(msgspec.Struct, frozen=True):
    """An alert and between whom it was. Ports are absent for protocols that have none."""

    src_ip: Address
    dest_ip: Address
    alert: Alert
    src_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    dest_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    proto: Text = ""
    app_proto: Text = ""


def read_alert(observation: Observation) -> EveAlert:
    """The body of an `eve.alert` observation. Raises `InputError` naming the field."""
    try:
        return msgspec.convert(observation.body, EveAlert)
    except msgspec.ValidationError as error:
        raise InputError(str(error), field=f"{observation.source}.{observation.property}") from error
