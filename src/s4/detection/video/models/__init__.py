"""Weights that the user brings: an ONNX file with a card beside it → people and things in a picture.

Read in this order: `card` (what is known of a file), `store` (adding, listing, checking), `detector` (picture → found
things), which is made of `network` (the file, run), `fit` (picture → input), `heads` (one file for each way to read the
outputs) and `candidates` (doubles left out). `finder` looks only where something moved. Needs `s4allcities[models]`.
"""
