"""s4, an open safety-and-security platform for cities.

The packages are the rooms of one street. Facts walk down it, from a sensor to an operator's decision:
`sensing`, `edge`, `detection`, `fusion`, `risk`, `response`, `picture`. All of them speak only the words of
`s4.core.model`, and none imports another, so any room can move to a machine of its own.
"""

__version__ = "0.1.0"
