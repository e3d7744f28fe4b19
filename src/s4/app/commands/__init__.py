"""The commands of `s4`, one file per group; each has `add_to(app)`."""
