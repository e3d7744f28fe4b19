"""Which tests go together when several work side by side: those of a file, and all that share the city in the browser."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser/",)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """A worker takes a whole file, or a whole folder of `TOGETHER`; the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)
