"""Detections that belong together, by place, time and kind, become one `Incident` that grows.

These are levels 1 and 2 of the JDL model of data fusion.
"""
