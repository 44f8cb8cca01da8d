"""What of Strava's bulk export is no recording, though it looks like one: planned routes, and lines without a file.

An export holds `activities.csv`, a line for every activity, and the uploaded files below `activities/`. What somebody
typed in has a line and no file. `routes/` holds plans as GPX without a single time.
"""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The list, and the folder beside it with what was planned and never run.
INDEX: Final = "activities.csv"
ROUTES: Final = "routes"

_FILES: Final = "activities/"
#: The column that names the file. Strava translates the heads, so a column of file names counts as it, too.
_FILE_HEAD: Final = "filename"
#: Of the list: twenty years of daily runs with ninety columns and long notes are 20 MB.
MAX_INDEX_BYTES: Final = 32 * 2**20


def is_route(name: str, list_folders: frozenset[str]) -> bool:
    """Return whether a name lies in the `routes` beside one of the lists.

    Args:
        name: as the archive has it, whichever slash it uses.
        list_folders: what `list_folders` returned.
    """
    folder = name.replace("\\", "/").rpartition("/")[0]
    around, _, last = folder.rpartition("/")
    return last == ROUTES and around in list_folders


def list_folders(names: list[str]) -> frozenset[str]:
    """Return the folders that hold a list of activities; "" is the root."""
    split = [name.replace("\\", "/").rpartition("/") for name in names]
    return frozenset(folder for folder, _, last in split if last == INDEX)


def without_file_count(content: bytes) -> int:
    """Return how many activities of a list have no file: typed in, or made by an app that sends none.

    Args:
        content: of `activities.csv`; what is none of Strava's counts as a list without such activities.
    """
    text = content.decode("utf-8-sig", "replace")
    at = _file_column(_rows(text))
    return 0 if at is None else sum(len(row) > at and not row[at].strip() for row in _rows(text))


def _file_column(rows: Iterator[list[str]]) -> int | None:
    """Return the place of the column that names the files; None where there is none."""
    for number, row in enumerate(rows):
        for place, word in enumerate(row):
            if (word.strip().casefold() == _FILE_HEAD) if number == 0 else word.startswith(_FILES):
                return place
    return None


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the rows, as far as they can be read, one at a time: a list may be long."""
    with suppress(csv.Error):
        yield from (row for row in csv.reader(io.StringIO(text, newline="")) if row)
