"""Rules over whole columns: filter, project, and tumbling or hopping aggregates, for as many readings as a batch has.

A rule that fits runs here and gives what the row operators give; `explain` says of any other why it does not fit.
"""
