"""What a logger costs, and that its lines carry their fields."""

import json
import subprocess
import sys

SAID = """
import sys
import s4.app.run
from s4.app.log import configure_logs
from s4.core.logs import get_logger
configure_logs()
get_logger("here").warning("what happened", device="d1")
print("rich" in sys.modules)
"""


def test_a_node_logs_json_lines_and_never_loads_rich() -> None:
    ended = subprocess.run([sys.executable, "-c", SAID], capture_output=True, text=True, timeout=60, check=True)
    line = json.loads(ended.stderr)
    assert (line["event"], line["device"], line["level"]) == ("what happened", "d1", "warning")
    assert ended.stdout == "False\n"


def test_rich_can_still_be_imported_afterwards() -> None:
    code = "import s4.core.logs, rich.console; print(rich.console.Console.__name__)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "Console\n"
