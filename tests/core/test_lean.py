"""What is not asked for is not loaded, and can still be had."""

import platform
import subprocess
import sys
from pathlib import Path

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


HEAPS = """
import ctypes, sys, threading
from s4.core.lean import few_heaps
if sys.argv[1] == "few":
    few_heaps()
together = threading.Barrier(8)
def take():
    together.wait()
    held = [bytes(2000) for _ in range(100)]
    together.wait()
threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(out := libc.fopen(sys.argv[2].encode(), b"w")))
libc.fclose(ctypes.c_void_p(out))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives every thread a heap of its own")
def test_all_threads_share_two_heaps(tmp_path: Path) -> None:
    heaps = {}
    for how in ("few", "many"):
        subprocess.run([sys.executable, "-c", HEAPS, how, tmp_path / how], timeout=60, check=True)
        heaps[how] = (tmp_path / how).read_text().count("<heap ")
    assert heaps["few"] <= 2 < heaps["many"]
