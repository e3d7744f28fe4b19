"""Command: what a person decided. The only word that climbs back up the street."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

CommandState = Literal["approved", "sent", "acknowledged", "done", "failed", "expired"]

ACKNOWLEDGE = "incident.acknowledge"
CLOSE = "incident.close"
REOPEN = "incident.reopen"
NOTE = "incident.note"
REJECT = "recommendation.reject"
DEVICE_APPROVE = "device.approve"
DEVICE_REJECT = "device.reject"
DEVICE_MAINTAIN = "device.maintain"
DEVICE_RESUME = "device.resume"
DEVICE_DECISIONS = (DEVICE_APPROVE, DEVICE_REJECT, DEVICE_MAINTAIN, DEVICE_RESUME)
"""Decisions about a device: let a new one in (`profile`, `name`), keep it out, work on it, be done with that."""
RULE_PUT = "rule.put"
RULE_REMOVE = "rule.remove"
RULE_DECISIONS = (RULE_PUT, RULE_REMOVE)
"""Decisions about a rule in SQL: add or change it (`definition`: its TOML table), take it away."""
ZONE_PUT = "zone.put"
ZONE_REMOVE = "zone.remove"
ZONE_DECISIONS = (ZONE_PUT, ZONE_REMOVE)
"""Decisions about a zone or line of a camera: draw or change it (`definition`: JSON of `core.city.Zone`), take it away.
"""
JUDGE = "detection.judge"
"""What a person says of an alarm (`target`: its happening): `verdict` is `false_alarm`, with a `cause`, `true_alarm`,
or `withdrawn`, when it was said by mistake."""
UNDO = "undo"
"""Takes back the command that the parameter `command` names: a device does so itself (its outlet lists `undo`), a
unit is called back, a rejected recommendation is proposed again."""
UNDONE = "command"
"""The parameter that names it."""


def is_about_facts(action: str) -> bool:
    """Whether an action is on facts themselves, which the rooms that keep them obey; every other action is carried out
    by a device, a unit or a webhook.

    >>> is_about_facts("incident.close"), is_about_facts("device.approve"), is_about_facts("gate.close")
    (True, True, False)
    """
    own = (*DEVICE_DECISIONS, *RULE_DECISIONS, *ZONE_DECISIONS, JUDGE)
    return action.startswith(("incident.", "recommendation.")) or action in own


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A decision, on its way to being carried out; each change of state is a new `revision`.

    `action`: what is to be done (`device.set`, `unit.go`, `incident.close`); `target`: the device, unit, incident
    or recommendation that it is for; `approved_by`: the operator, or the written policy, that decided; `reason`:
    why, in that person's words; `incident`, `recommendation`: what it answers; `expires`: ns UTC after which it
    must not be carried out; `detail`: what the device answered, or why it failed.
    """

    id: str
    revision: int
    time: int
    site: str
    action: str
    target: str
    state: CommandState
    approved_by: str
    reason: str = ""
    incident: str = ""
    recommendation: str = ""
    parameters: Mapping[str, float | str | bool] = {}
    expires: int = 0
    attempts: int = 0
    detail: str = ""
