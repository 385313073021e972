"""A store loads what it needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LOOK = """
import sys
from pathlib import Path
from tenure.store import Store
with Store.open(Path(sys.argv[1])):
    print("adbc_driver_postgresql" in sys.modules)
"""


def test_sqlite_does_not_load_the_driver_of_postgresql(tmp_path: Path) -> None:
    found = subprocess.run([sys.executable, "-c", LOOK, str(tmp_path)], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False"]
