"""Supervision: how every device is doing, and who has to be told."""
