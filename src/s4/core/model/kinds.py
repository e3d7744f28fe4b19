"""The vocabulary of detection kinds: one list, each with its CAP category, its nature and what people call it.

A detector outside this project may use its own kinds under a prefix (`x-vendor-…`); fusion treats those by
their nature alone. Add a kind by adding a row here; the reference page is made from this table.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from s4.core.errors import InputError
from s4.core.model.severity import Severity

Nature = Literal["physical", "cyber", "environment", "system"]
CapCategory = Literal[
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other",
]


class Kind(msgspec.Struct, frozen=True):
    """One kind of detection.

    `code`: the word on the bus; `title`: plain words for an operator; `category`: CAP 1.2 category;
    `nature`: physical, cyber, environment, or the system's own health; `severity`: if it is true and
    nothing else is known; `prior`: probability, before any evidence, that such a detection in a public
    space matters to security (the starting point of fusion, to be learned on site).
    """

    code: str
    title: str
    category: CapCategory
    nature: Nature
    severity: Severity
    prior: float


def _kind(code: str, title: str, category: CapCategory, nature: Nature, severity: Severity, prior: float) -> Kind:
    return Kind(code, title, category, nature, severity, prior)


_EXTREME, _SEVERE, _MODERATE, _MINOR = Severity.EXTREME, Severity.SEVERE, Severity.MODERATE, Severity.MINOR

KINDS: Final[dict[str, Kind]] = {
    kind.code: kind
    for kind in (
        _kind("person", "Person", "Security", "physical", _MINOR, 0.001),
        _kind("person_count", "People counted", "Safety", "physical", _MINOR, 0.001),
        _kind("vehicle", "Vehicle", "Transport", "physical", _MINOR, 0.001),
        _kind("zone_intrusion", "Person in a forbidden zone", "Security", "physical", _MODERATE, 0.15),
        _kind("line_crossing", "Line crossed", "Security", "physical", _MINOR, 0.02),
        _kind("loitering", "Loitering", "Security", "physical", _MINOR, 0.03),
        _kind("unattended_object", "Left bag", "Security", "physical", _SEVERE, 0.05),
        _kind("removed_object", "Object taken", "Security", "physical", _MODERATE, 0.05),
        _kind("running", "People running", "Safety", "physical", _MINOR, 0.03),
        _kind("fall", "Person fell", "Health", "physical", _MODERATE, 0.30),
        _kind("fight", "Fight", "Security", "physical", _SEVERE, 0.30),
        _kind("weapon", "Possible weapon", "Security", "physical", _EXTREME, 0.10),
        _kind("vehicle_in_pedestrian_area", "Vehicle among pedestrians", "Security", "physical", _EXTREME, 0.10),
        _kind("wrong_way", "Wrong way", "Safety", "physical", _MODERATE, 0.05),
        _kind("tailgating", "Tailgating at a door", "Security", "physical", _MINOR, 0.05),
        _kind("crowd_density", "Crowd too dense", "Safety", "physical", _SEVERE, 0.20),
        _kind("panic_dispersal", "Crowd in flight", "Safety", "physical", _EXTREME, 0.30),
        _kind("counter_flow", "Counter-flow in a crowd", "Safety", "physical", _MODERATE, 0.10),
        _kind("gathering", "People gather", "Safety", "physical", _MINOR, 0.05),
        _kind("unusual_path", "Unusual path or speed", "Security", "physical", _MINOR, 0.03),
        _kind("door_forced", "Door forced", "Security", "physical", _SEVERE, 0.40),
        _kind("door_held", "Door held open", "Security", "physical", _MINOR, 0.05),
        _kind("gunshot", "Possible gunshot", "Security", "physical", _EXTREME, 0.15),
        _kind("explosion", "Possible explosion", "Security", "physical", _EXTREME, 0.15),
        _kind("glass_break", "Glass breaking", "Security", "physical", _MODERATE, 0.10),
        _kind("scream", "Scream", "Safety", "physical", _MODERATE, 0.10),
        _kind("explosive_trace", "Explosive trace", "CBRNE", "physical", _EXTREME, 0.20),
        _kind("citizen_report", "Citizen's report", "Safety", "physical", _MODERATE, 0.20),
        _kind("emergency_call", "Emergency call", "Safety", "physical", _SEVERE, 0.60),
        _kind("threshold_exceeded", "Limit exceeded", "Env", "environment", _MINOR, 0.10),
        _kind("gas", "Dangerous gas", "CBRNE", "environment", _EXTREME, 0.20),
        _kind("fire", "Possible fire", "Fire", "environment", _EXTREME, 0.30),
        _kind("structural_strain", "Unusual strain", "Infra", "environment", _SEVERE, 0.10),
        _kind("series_anomaly", "Unusual reading", "Other", "environment", _MINOR, 0.02),
        _kind("series_level_change", "Reading at a new level", "Other", "environment", _MINOR, 0.02),
        _kind("series_drift", "Drifting reading", "Infra", "system", _MINOR, 0.01),
        _kind("sensor_stuck", "Stuck reading", "Infra", "system", _MINOR, 0.02),
        _kind("series_gap", "Readings missing", "Infra", "system", _MINOR, 0.01),
        _kind("replayed_readings", "Earlier readings fed again", "Security", "cyber", _MODERATE, 0.20),
        _kind("ids_alert", "Network alert", "Security", "cyber", _MODERATE, 0.10),
        _kind("network_scan", "Network scan", "Security", "cyber", _MODERATE, 0.30),
        _kind("malware_traffic", "Malware traffic", "Security", "cyber", _SEVERE, 0.40),
        _kind("brute_force", "Password guessing", "Security", "cyber", _MODERATE, 0.30),
        _kind("protocol_violation", "Industrial protocol misused", "Infra", "cyber", _SEVERE, 0.30),
        _kind("camera_tampered", "Camera tampered with", "Security", "physical", _MODERATE, 0.20),
        _kind("device_flood", "Device floods", "Infra", "cyber", _MODERATE, 0.10),
        _kind("source_silent", "Source silent", "Infra", "system", _MINOR, 0.02),
        _kind("device_faulty", "Device not believable", "Infra", "system", _MINOR, 0.02),
        _kind("battery_low", "Battery low", "Infra", "system", _MINOR, 0.01),
        _kind("unknown_device", "Unknown device", "Infra", "system", _MINOR, 0.02),
    )
}


def kind_of(code: str) -> Kind:
    """The row of `code`. A vendor's own `x-…` kind gets a neutral row; anything else unknown is refused.

    >>> kind_of("unattended_object").title
    'Left bag'
    """
    if code in KINDS:
        return KINDS[code]
    if code.startswith("x-"):
        return Kind(code, code[2:].replace("-", " ").capitalize(), "Other", "physical", Severity.UNKNOWN, 0.02)
    raise InputError(f"{code[:60]!r} is not a known detection kind (own kinds start with x-)", field="kind")
