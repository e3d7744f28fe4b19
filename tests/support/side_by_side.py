"""Which tests go together when several work side by side: those of a file, and all that share the browser's city."""

from __future__ import annotations

from typing import Any, Final

from xdist.scheduler import LoadScopeScheduling

TOGETHER: Final = ("tests/browser/",)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """A worker takes a whole file, or a whole folder of `TOGETHER`. Those come first, then files with few tests: these
    start servers and take long, and what is quick fills the gaps at the end.
    """

    def _split_scope(self, nodeid: str) -> str:
        file: str = nodeid.partition("::")[0]
        return next((folder for folder in TOGETHER if file.startswith(folder)), file)

    def _assign_work_unit(self, node: Any) -> None:
        first = min(self.workqueue, key=lambda scope: (scope not in TOGETHER, len(self.workqueue[scope])))
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
