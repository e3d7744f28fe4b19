"""What the edge promises: rules beside their peers, many rules at once, MQTT at the door, memory."""
