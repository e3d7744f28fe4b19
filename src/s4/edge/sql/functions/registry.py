"""Every function of the rule language by its name. A new family is one new file and one line here."""

from __future__ import annotations

from typing import Final

from s4.edge.sql.functions import (
    accumulate,
    aggregates,
    analytic,
    arrays,
    columns,
    conversion,
    dates,
    hashing,
    json_functions,
    mathematical,
    objects,
    other,
    rows,
    strings,
    window,
)
from s4.edge.sql.functions.function import Function

FAMILIES: Final = (
    mathematical,
    strings,
    dates,
    conversion,
    hashing,
    json_functions,
    arrays,
    objects,
    aggregates,
    analytic,
    accumulate,
    columns,
    rows,
    window,
    other,
)

FUNCTIONS: Final[dict[str, Function]] = {one.name: one for family in FAMILIES for one in family.FUNCTIONS}
"""Names are in lower case."""
