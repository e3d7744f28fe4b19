"""The reference pages that the code tells are what the code tells today."""

import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def test_reference_pages_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/reference_docs.py", "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
