"""Writes the example log into `data/example`: the same bytes every time, on every machine (`make example`)."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The FIT writer and the synthetic runner belong to the tests: nothing that is installed writes FIT files.
sys.path.insert(0, str(ROOT / "tests"))

from support.example_diary import journal_toml  # noqa: E402 - needs the path above
from support.example_log import SESSIONS, files  # noqa: E402 - needs the path above


def write_example(folder: Path) -> int:
    """Write the log, the diary and a table of what each session is there for; return the bytes written."""
    written = 0
    whole = [*files(), ("journal.toml", journal_toml().encode()), ("README.md", readme().encode())]
    for name, data in whole:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written += len(data)
    return written


def readme() -> str:
    """Return the table of sessions."""
    lines = [
        "# The example log",
        "",
        "Eight weeks of a runner who doesn't exist, returning to running with hip pain: FIT files of a watch, GPX",
        "files of a phone, and `journal.toml` with what runner and clinician said. Every place, time, heart beat and",
        "pain score comes from `data/make_example.py`; the course lies in open farmland and belongs to nobody. Times",
        "are Europe/Madrid, whose clocks go forward on 29 March 2026.",
        "",
        "| start | session | recorded by | what it shows |",
        "|---|---|---|---|",
    ]
    lines += [f"| {one.start} | {one.title} | {one.recorder} | {one.about} |" for one in SESSIONS]
    return "\n".join([*lines, ""])


def main() -> None:
    """Replace the committed example."""
    folder = ROOT / "data" / "example"
    for old in [*folder.glob("watch/*.fit"), *folder.glob("phone/*.gpx")]:
        old.unlink()
    written = write_example(folder)
    print(f"{len(SESSIONS)} sessions, {written / 1e6:.2f} MB in {folder.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
