"""What protects people and the platform itself: device locks, anonymisation, access control, audit.

Every room may use it; it knows only `s4.core`.
"""
