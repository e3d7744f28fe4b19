"""Cyber detection: what a network sensor says → detections. Alerts of an IDS (`alerts`), scans from flows (`scan`)."""
