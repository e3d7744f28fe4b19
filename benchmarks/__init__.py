"""Benchmarks of s4: each file measures one promise, against a real s4 in a process of its own. Run: `s4 bench`."""
