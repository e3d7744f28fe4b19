"""Facts for the tests of the runtime."""

from typing import Any

from s4.core.model import Certainty, Command, Detection, Incident, Severity, StoryLine, Urgency

START = 1_777_658_400_000_000_000
S = 1_000_000_000


def detection(name: str = "det-1", **more: Any) -> Detection:
    values: dict[str, Any] = {
        "kind": "door_forced", "time": START, "site": "square", "source": "door-1", "detector": "test/1",
        "happening": f"hap-{name}", "confidence": 0.9,
    }  # fmt: skip
    return Detection(name, **(values | more))


def incident(name: str = "inc-1", revision: int = 0, *, detections: tuple[str, ...] = (), **more: Any) -> Incident:
    story = tuple(StoryLine(START, "seen", "door_forced", "door-1", 0.9, one) for one in detections)
    values: dict[str, Any] = {
        "time": START + revision, "opened": START, "site": "square", "kind": "door_forced", "title": "Door forced",
        "nature": "physical", "state": "open", "severity": Severity.SEVERE, "urgency": Urgency.IMMEDIATE,
        "certainty": Certainty.LIKELY, "probability": 0.8, "low": 0.5, "high": 0.9, "story": story,
    }  # fmt: skip
    return Incident(name, revision, **(values | more))


def command(name: str = "cmd-1", revision: int = 0, **more: Any) -> Command:
    values: dict[str, Any] = {
        "time": START + revision, "site": "square", "action": "device.set", "target": "gate-1", "state": "approved",
        "approved_by": "ana",
    }  # fmt: skip
    return Command(name, revision, **(values | more))
