"""The page's types say the same as the words of the platform."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "words_to_ts.py"


def test_the_types_of_the_page_are_up_to_date() -> None:
    result = subprocess.run(
        [sys.executable, SCRIPT, "--check"], check=False, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
