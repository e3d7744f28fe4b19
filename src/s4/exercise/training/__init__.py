"""The training ground: seeded clips of a fixed camera with the exact truth beside them, to measure detectors on.

A `Scene` says where and when (place, camera, light, weather, how many people) and what happens (an act). `render`
makes an MP4 and a truth of it; `grid` many of them; `score` sets what a detector said against the truth. What a drawn
person cannot show is said in `docs/how-to/training-ground.md`.
"""
