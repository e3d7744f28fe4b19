"""The peers, one file each. Each file runs by itself, in an environment of its own that holds only that peer."""
