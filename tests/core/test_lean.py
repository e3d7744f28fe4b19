"""What is not asked for is not loaded, and can still be had."""

import subprocess
import sys

import pytest

from s4.core.lean import import_without


def said(code: str) -> str:
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return ended.stdout.strip()


def test_parquet_comes_without_the_clouds_and_works() -> None:
    code = """
import io, sys
import pyarrow as pa
from s4.core.lean import parquet
sink = io.BytesIO()
parquet().write_table(pa.table({"a": [1, 2]}), sink)
print(parquet().ParquetFile(sink).read().num_rows, "pyarrow._s3fs" in sys.modules)
"""
    assert said(code) == "2 False"


@pytest.mark.parametrize("before", ["", "parquet()", "import pyarrow.parquet"])
def test_the_clouds_can_be_reached_whatever_came_first(before: str) -> None:
    code = f"from s4.core.lean import cloud_stores, parquet\n{before}\nprint(cloud_stores().S3FileSystem.__name__)"
    assert said(code) == "S3FileSystem"


def test_a_module_that_is_not_there_is_said_as_ever_and_nothing_stays_hidden() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_without("s4.nothing.of.the.kind", "s4.hidden")
    assert "s4.hidden" not in sys.modules
