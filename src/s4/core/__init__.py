"""The common ground of all rooms: the words, the ports, clock, geometry, units, ids, errors and the registry.

It imports nothing of the other packages, so reading it first needs no knowledge of the rest.
"""
