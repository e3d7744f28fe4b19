"""The pages of cameras, devices and rules, at a small city at the edge."""
