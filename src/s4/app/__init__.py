"""The composition root: settings, the command line, and the one place where everything is wired together.

It may import every other package and none imports it.
"""
