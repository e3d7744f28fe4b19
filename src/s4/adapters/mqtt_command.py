"""MQTT outlet: a command becomes a message to a device, which answers on its `ack` topic."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from s4.core.city import Outlet as OutletConfig
from s4.core.errors import ConfigError
from s4.core.model import Command
from s4.core.ports import Card, Context, Outlet, SendMqtt
from s4.core.subjects import check_name, device_topic

LONGEST_DETAIL: Final = 200


class MqttOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`device`: the id that the device has its credential for, when it is not the outlet's own id."""

    device: str = ""


def command_message(command: Command) -> bytes:
    """What a device or a webhook is told, as JSON: `command` (its id, to be named in the answer), `action`,
    `parameters`, and `expires` (ns UTC, 0 = never) after which it must not be carried out.

    >>> command = Command("cmd-1", 1, 5, "square", "device.set", "sign-1", "approved", "op", expires=9)
    >>> command_message(command)
    b'{"command":"cmd-1","action":"device.set","parameters":{},"expires":9}'
    """
    return msgspec.json.encode(
        {
            "command": command.id, "action": command.action,
            "parameters": command.parameters, "expires": command.expires,
        }
    )  # fmt: skip


class MqttOutlet(Outlet):
    """Publishes to `s4/out/<device>/<action>`. The command is then `sent`; the device's answer on
    `s4/in/<device>/ack` takes it further.
    """

    card: ClassVar = Card(
        name="mqtt",
        version="1",
        title="Command by MQTT",
        purpose="Carries a command that a person approved to a device.",
        limits="The device must be connected; it is asked again until it answers or the command expires.",
    )
    near: ClassVar = True

    def __init__(self, context: Context, outlet: OutletConfig) -> None:
        super().__init__(context, outlet)
        field = f"outlet[{outlet.id}].options"
        try:
            options = msgspec.convert(dict(outlet.options), MqttOptions)
        except msgspec.ValidationError as error:
            raise ConfigError(str(error), field=field) from error
        self.device = check_name(options.device or outlet.id, field=f"{field}.device")

    async def deliver(self, command: Command, send_mqtt: SendMqtt) -> Command:
        """Publish the command; returns it as `sent`. Raises what `send_mqtt` raises when the bus is away."""
        topic = device_topic(self.device, command.action)
        await send_mqtt(topic, command_message(command))
        now = self.context.clock.now()
        return msgspec.structs.replace(
            command, revision=command.revision + 1, time=now, state="sent", attempts=command.attempts + 1,
            detail=f"published to {topic}"[:LONGEST_DETAIL],
        )  # fmt: skip
