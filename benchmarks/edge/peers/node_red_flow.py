"""The work as a flow of Node-RED: `node_red_flow.py INPUT ALERTS WORK`. The flow is `node_red/flow.json`.

File (a message a line) → JSON → a function (filter, mean, limit) → file. Its own nodes have no windows by event time,
so one function does all three, which spares the flow two messages a reading. Run by any Python: it starts Node.js,
with room for all lines at once, because the file node does not wait for those behind it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_MOST_MIB = 8192


def main(red: str, source: str, target: str, work: str) -> int:
    """Run Node-RED on the flow; it ends by itself, with what its meter says on stdout."""
    last = json.loads(Path(source).read_bytes().rstrip().rsplit(b"\n", 1)[-1])["ts"]
    told = {"S4_INPUT": source, "S4_ALERTS": target, "S4_WORK": json.dumps({**json.loads(work), "last_ms": last})}
    with tempfile.TemporaryDirectory(prefix="s4-bench-") as folder:
        flow = Path(folder) / "flow.json"
        flow.write_bytes((_HERE / "node_red" / "flow.json").read_bytes())
        command = ["node", f"--max-old-space-size={_MOST_MIB}", red, "--settings", str(_HERE / "node_red/settings.js")]
        return subprocess.call([*command, "--userDir", folder, str(flow)], env={**os.environ, **told})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:5]))
