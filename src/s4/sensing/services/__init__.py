"""Device services: one file for each protocol by which a city's gateways and machines already speak.

Each is a `Door` over `Service`, which connects, comes back after a loss and hands over with back-pressure. What a
message says is read by plain functions that give `Parsed`, without a connection, so that they can be tried alone.
"""
