"""A small simulated city that feeds the same public doors as real sensors, with its ground truth beside it.

It serves training, demonstrations, load tests and evaluation. It runs as a process of its own
(`python -m s4.exercise`) and knows nothing of the system that watches it but the addresses of its doors.
"""
