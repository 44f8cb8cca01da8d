"""Our FIT decoder beside the other readers of FIT: those that are installed, and the Rust ones in a venv of their own.

`GAITKEEPER_BENCH_PYTHON` names the Python of a venv with fitfast, pyroparse or garmin-fit-sdk in it; they are never
dependencies of ours. Each reader reads the same files in a process of its own, by CPU time: whole files, all messages.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.bench_files import Inputs
    from benchmarks.bench_runs import Figure

RECORDS: Final = 3600
GOAL_MS: Final = 15.0
ROUNDS: Final = 5
OURS: Final = "ours"


def _ours() -> Callable[[bytes, str], object]:
    decode: Callable[[bytes, str], object] = import_module("connectors.decode").decode
    return decode


def _fitfast() -> Callable[[bytes, str], object]:
    parse = import_module("fitfast").parse
    return lambda content, _: parse(content)


def _pyroparse() -> Callable[[bytes, str], object]:
    read = import_module("pyroparse").read_fit
    return lambda _, name: read(name)


def _garmin() -> Callable[[bytes, str], object]:
    sdk = import_module("garmin_fit_sdk")
    return lambda content, _: sdk.Decoder(sdk.Stream.from_byte_array(bytearray(content))).read()


def _fitdecode() -> Callable[[bytes, str], object]:
    reader = import_module("fitdecode").FitReader
    return lambda content, _: list(reader(content))


READERS: Final = {
    OURS: _ours, "fitfast.parse": _fitfast, "pyroparse": _pyroparse, "garmin-fit-sdk": _garmin, "fitdecode": _fitdecode,
}  # fmt: skip
#: Readers written in Python take seconds for what the others do in milliseconds: one round says enough.
SLOW: Final = ("garmin-fit-sdk", "fitdecode")


def read_all(name: str, folder: Path) -> dict[str, float]:
    """Return the median CPU milliseconds of each file that one reader can read."""
    read = READERS[name]()
    told: dict[str, float] = {}
    for path in sorted(folder.glob("*.fit")):
        content = path.read_bytes()
        took = []
        try:
            for _ in range(1 if name in SLOW else ROUNDS):
                before = time.process_time()
                read(content, str(path))
                took.append(1000.0 * (time.process_time() - before))
        except Exception:  # noqa: BLE001 - what a reader can't read is left out of its comparison
            continue
        told[path.name] = statistics.median(took)
    return told


def _elsewhere(python: str, name: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [python, __file__, name, str(folder)], capture_output=True, text=True, check=False, env={**os.environ}
    )
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}


def readers(given: Inputs) -> list[Figure]:
    """Hold our reading of whole files against each reader that is there, on the files that it can read."""
    from benchmarks.bench_runs import Figure

    other = os.environ.get("GAITKEEPER_BENCH_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = {}
        for number, run in enumerate(given.runs):
            (folder / f"{number:03d}.fit").write_bytes(run.content)
            records[f"{number:03d}.fit"] = run.record_count
        told = {
            reader: _elsewhere(sys.executable if reader in (OURS, "fitdecode") else other, reader, folder)
            for reader in READERS
        }
    ours = told.pop(OURS)
    each_ms = RECORDS * sum(ours.values()) / sum(records[file] for file in ours)
    figures = [
        Figure(f"FIT to columns and messages, {len(ours)} files, {RECORDS:,} records", f"{each_ms:.1f} ms", "≤15 ms",
               each_ms <= GOAL_MS),
    ]  # fmt: skip
    for reader, took in told.items():
        if not took:
            figures.append(Figure(f"  against {reader}", "not installed"))
            continue
        ratio = sum(took.values()) / sum(ours[file] for file in took)
        ahead = sum(took[file] >= ours[file] for file in took)
        is_met = ratio >= 1 if reader == "fitfast.parse" else None
        figures.append(
            Figure(f"  against {reader}", f"{ratio:.1f} x faster, ahead on {ahead} of {len(took)}",
                   "≥1 x" if is_met is not None else "", is_met)
        )  # fmt: skip
    return figures


def main() -> None:
    """Read with one reader and print what each file took."""
    name, folder = sys.argv[1:3]
    if name == OURS:
        sys.path.insert(0, str(Path(__file__).parents[2]))
    figures: dict[str, Any] = read_all(name, Path(folder))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
