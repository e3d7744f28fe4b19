"""A small simulated city that feeds the same public doors as real sensors, with its ground truth beside it.

It serves training, demonstrations, load tests and evaluation.
"""
