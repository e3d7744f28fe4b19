"""The way from an edge site up to the hub: an outbox on disk, sent over the leaf link, watched from end to end.

`outbox` keeps · `intake` fills it from the local streams · `sender` empties it · `link` measures the line and says at
which level to send · `receiver` (on the hub) takes each chunk once and in order.
"""
