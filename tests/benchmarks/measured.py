"""Run a command on one core and say what it took: `python measured.py COMMAND...` prints one line of JSON.

A process of its own and a small one: the peak memory that Linux reports for a child begins with that of its parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> None:
    """Run it."""
    import resource  # not there on Windows

    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    started = time.perf_counter()
    done = subprocess.run(sys.argv[1:], capture_output=True, text=True, check=False)
    wall_s = time.perf_counter() - started
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit_bytes = 1 if sys.platform == "darwin" else 1024  # getrusage(2)
    figures = {
        "status": done.returncode,
        "output": done.stdout,
        "errors": done.stderr[-2000:],
        "wall_s": wall_s,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss * unit_bytes / 1e6,
        "is_one_core": hasattr(os, "sched_setaffinity"),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
