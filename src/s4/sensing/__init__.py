"""The doors into the city: each turns something outside into an `Observation`.

Cameras, MQTT, HTTP, logs and other sources arrive here. A door authenticates its sender, bounds size and
rate, and answers a bad record with one clear reason while the rest goes on.
"""
