"""`make accuracy`: our facts against the devices' own totals and against synthetic truth, as one table.

    python tests/benchmarks/accuracy.py              # prints the table, and every file that misses
    python tests/benchmarks/accuracy.py --markdown   # writes it to docs/accuracy.md, too

A target that is missed reads MISSED; the status is 0 as long as it could be measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks import on_corpus, on_synthetic
from benchmarks.real_runs import CORPUS
from benchmarks.table import Result, as_markdown, as_text, misses

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "accuracy.md"

_INTRODUCTION: Final = """\
# How right the numbers are

Written by `make accuracy`, not by hand. Each line holds one fact of Gaitkeeper against a truth that was not made by it:
on the *corpus* the totals that the devices themselves wrote into real files (public test files of other projects), on the
*synthetic* set the truth that the runs were made from. A test fails when a target that is met here is lost.

* *median error* and *p90* are of absolute errors, *bias* is the median of the signed ones (ours minus truth).
* *steps from cadence*: the device's own count is withheld, so that ours has to be made from its cadence.
* *MISSED* is a target that is not met; nothing is taken out to meet one. Lines without a target are for information.
* A device's total is another algorithm's opinion, not the ground. Where a file contradicts itself, the list says so.
"""


def measure() -> Result:
    """Measure on the corpus where it is there, and on synthetic runs."""
    whole = Result()
    for part in ([on_corpus.measure(CORPUS)] if CORPUS.is_dir() else []) + [on_synthetic.measure()]:
        whole.rows += part.rows
        whole.left_out += part.left_out
    return whole


def machine() -> str:
    """Return when and on what it was measured."""
    parts = (
        f"{datetime.now(UTC):%Y-%m-%d}",
        f"{platform.system()} {platform.machine()}",
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
    )
    return ", ".join(parts)


def lists(result: Result) -> list[tuple[str, list[str]]]:
    """Return what goes below the table: heading and lines."""
    return [
        ("Beyond its limit, one by one", misses(result.rows)),
        ("Left out, and why", result.left_out),
    ]


def summary(result: Result) -> str:
    """Return how many targets are met."""
    judged = [row for row in result.rows if row.is_met is not None]
    missed = [row for row in judged if not row.is_met]
    return f"{len(judged) - len(missed)} of {len(judged)} targets met, {len(missed)} missed"


def as_document(result: Result) -> str:
    """Return the Markdown document."""
    parts = [_INTRODUCTION, f"{summary(result)}. Measured {machine()}.\n", as_markdown(result.rows) + "\n"]
    for heading, lines in lists(result):
        if lines:
            parts += [f"## {heading}\n", "\n".join(f"* {line.replace('|', '·')}" for line in lines) + "\n"]
    return "\n".join(parts)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markdown", action="store_true", help="also write docs/accuracy.md")
    wants = parser.parse_args()
    if not CORPUS.is_dir():
        print("The real activity files of ../shared/corpus are not beside this checkout: synthetic runs only.\n")
    result = measure()
    print(as_text(result.rows))
    for heading, lines in lists(result):
        if lines:
            print(f"\n{heading}:")
            print("\n".join(f"  {line}" for line in lines))
    print(f"\n{summary(result)}. {machine()}.")
    if wants.markdown:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text(as_document(result))
        print(f"Written: {DOCUMENT.relative_to(DOCUMENT.parents[1])}")


if __name__ == "__main__":
    main()
