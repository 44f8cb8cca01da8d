"""`make chaos N=200`: the long run of kills; the short one is among the tests."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.accuracy import machine
from support.chaos import IMPORT, REBUILD, SYNC, survive


def main() -> None:
    """Kill, run again, compare, and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    wants = parser.parse_args()
    started_s = time.monotonic()
    syncs = wants.kills // 5
    rebuilds = wants.kills // 5
    with tempfile.TemporaryDirectory() as name:
        kills = {IMPORT: wants.kills - syncs - rebuilds, REBUILD: rebuilds, SYNC: syncs}
        toll = survive(Path(name), kills, wants.seed)
    print(f"{machine()}\nimport {kills[IMPORT]}, rebuild {rebuilds}, sync {syncs}; seed {wants.seed}")
    print(f"{toll.lines()}; {(time.monotonic() - started_s) / 60:.0f} min")
    for line in [*toll.refused, *toll.wrong]:
        print(f"  {line}")
    sys.exit(bool(toll.refused or toll.wrong))


if __name__ == "__main__":
    main()
