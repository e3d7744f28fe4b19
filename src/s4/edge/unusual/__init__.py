"""Usual or unusual, on every series, unasked: streaming detectors with bounded memory and one score.

Read in this order: `ladder` (what is known of a series before a reading), `detector` (the contract) and one file per
detector, `tails` (how rare is that for this very series), `blend` (one score, and one event for one happening), `watch`
(all of it for many series at once), `stage` (readings in, detections out).
"""
