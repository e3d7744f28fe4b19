"""What keeps an export going: what waits in memory and on disk, and how it is taken from the bus. The host that sends
is `s4.runtime.runner_export`.
"""
