"""Errors, named by what the caller does next.

Each carries its data as attributes and builds its own sentence. A sentence says what happened and what to do.
"""

from __future__ import annotations


class GaitkeeperError(Exception):
    """Every error of ours; anything else that escapes is a defect."""


class TryAgainLater(GaitkeeperError):
    """The source is busy, out of reach or asks us to wait: the only thing that a flow retries."""

    def __init__(self, source: str, reason: str, retry_after_s: float | None = None) -> None:
        """Keep the source, its reason and, where it told us, the seconds to wait."""
        self.source = source
        self.reason = reason
        self.retry_after_s = retry_after_s
        wait = "" if retry_after_s is None else f" It asks us to wait {retry_after_s:.0f} s."
        super().__init__(f"{source} can't answer now: {reason}.{wait} The next run takes it up again.")

    def __reduce__(self) -> tuple[type[TryAgainLater], tuple[str, str, float | None]]:
        """Cross a process border whole: the default would call the class with the finished sentence."""
        return type(self), (self.source, self.reason, self.retry_after_s)


class SkipRecording(GaitkeeperError):
    """One thing could not be read: it is quarantined with its reason and the run goes on."""

    def __init__(self, reason: str, offset_bytes: int | None = None) -> None:
        """Keep the reason (a clause without a full stop) and the byte at which reading failed, None when unknown."""
        self.reason = reason
        self.offset_bytes = offset_bytes
        where = "" if offset_bytes is None else f" (at byte {offset_bytes})"
        super().__init__(f"{reason}{where}")

    def __reduce__(self) -> tuple[type[SkipRecording], tuple[str, int | None]]:
        """Cross a process border whole: the default would call the class with the finished sentence."""
        return type(self), (self.reason, self.offset_bytes)


class UnreadableFile(SkipRecording):
    """The bytes are not, or no longer, a file of the kind they claim to be."""


class NoTimestamps(SkipRecording):
    """Points without times: a route, not a recording."""


class NotAnActivity(SkipRecording):
    """A readable file that holds no activity (settings, a workout plan, a course)."""


def own_mistake(doing: str, error: Exception) -> SkipRecording:
    """Return what to tell of a file on which our own code failed: it is kept, and told as what it is."""
    return SkipRecording(
        f"Gaitkeeper failed while {doing} it ({type(error).__name__}: {error}); the file is kept in the archive, "
        "please report this"
    )


class NeedsAttention(GaitkeeperError):
    """Stop, and say what to edit; exit status 2."""


class BadConfig(NeedsAttention):
    """A file that people edit says something we can't follow."""

    def __init__(self, path: str, key: str, found: object, expected: str) -> None:
        """Name the file, the key, what stands there and what would be right."""
        self.path, self.key, self.found, self.expected = path, key, found, expected
        super().__init__(f"{path}: {key} is {found!r}, expected {expected}.")

    def __reduce__(self) -> tuple[type[BadConfig], tuple[str, str, object, str]]:
        """Cross a process border whole."""
        return type(self), (self.path, self.key, self.found, self.expected)


class CheckFailed(NeedsAttention):
    """A `-- stop:` check of `sql/checks` returned rows."""

    def __init__(self, check: str, guards_against: str, rows: int) -> None:
        """Name the check, what it guards against, and how many rows it returned."""
        self.check, self.guards_against, self.rows = check, guards_against, rows
        super().__init__(
            f"The check {check} found {rows} row(s): {guards_against}. "
            "Nothing of this batch was published; run `gaitkeeper rebuild`, and report it if it comes again."
        )

    def __reduce__(self) -> tuple[type[CheckFailed], tuple[str, str, int]]:
        """Cross a process border whole."""
        return type(self), (self.check, self.guards_against, self.rows)
