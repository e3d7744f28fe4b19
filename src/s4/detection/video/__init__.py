"""Video detection: pictures of fixed cameras → people in forbidden zones, things left behind.

Read in this order: `watch` (the stage), `camera` (one camera, step by step), then what it is made of: `picture`,
`background`, `blobs`, `tracker`, and the `behaviours`. Needs no weights; knows nobody: it keeps positions, never faces.
"""
