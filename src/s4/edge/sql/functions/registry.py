"""Every function of the rule language by its name. A new family is one new file and one line here."""

from __future__ import annotations

from typing import Final

from s4.edge.sql.functions import (
    hashing,
    mathematical,
    strings,
)
from s4.edge.sql.functions.function import Function

FAMILIES: Final = (hashing, mathematical, strings)

FUNCTIONS: Final[dict[str, Function]] = {one.name: one for family in FAMILIES for one in family.FUNCTIONS}
"""Names are in lower case."""
