"""An MQTT listener of our own, for many devices that only speak: whole reads at a time, straight into columns."""
