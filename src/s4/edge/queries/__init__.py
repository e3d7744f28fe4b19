"""Rules in SQL at work in the city: read from files, changed while they run, tried against the past.

`spec` (what a rule says) → `sheet` (readings and events as rows) → `book` (the rules at work) → `saying` (what comes
of their rows) → `stage`.
"""
