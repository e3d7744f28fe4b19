"""Risk becomes a `Recommendation`, and only a person's approval turns that into a `Command` or a `Task`.

Measures are ranked with their reasons. Nothing here acts on the world by itself.
"""
