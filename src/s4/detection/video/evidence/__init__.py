"""Evidence: what may be looked at of a happening, with every person in it made unrecognisable."""
