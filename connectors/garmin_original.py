"""What Garmin hands over as an activity's original -> the bytes of one activity file."""

from __future__ import annotations

from connectors.garmin_faults import GarminFault, Trouble
from connectors.sniff import kind_of, xml_root
from connectors.zips import unzip
from pipeline.errors import SkipRecording, UnreadableFile

#: Told of an activity that the account holds and no watch recorded.
NO_FILE = "Garmin has no original file of this activity: it was entered by hand, or made by an app"

_ACTIVITY_KINDS = frozenset({"fit", "gpx", "tcx", "gzip"})


def activity_file(content: bytes, activity_id: str) -> tuple[str, bytes]:
    """Return the name and the bytes of the activity in an original.

    Several FIT files become one of several parts, as FIT allows and as the decoder reads them.

    Raises:
        GarminFault: cut on the way, or a web page: another time it may be whole.
        SkipRecording: there is no file in it, or several that can't be one activity.
    """
    if not content:
        raise SkipRecording(NO_FILE)
    kind = kind_of(content)
    if kind in _ACTIVITY_KINDS:
        return f"{activity_id}.{'gz' if kind == 'gzip' else kind}", content
    if kind != "zip":
        what = "a web page" if xml_root(content) == "html" else "neither a zip nor an activity file"
        raise GarminFault(Trouble.CHANGED, f"{what} in place of the original")
    try:
        members = unzip(content)
    except UnreadableFile as error:
        raise GarminFault(Trouble.DOWN, f"the original came incomplete: {error.reason}") from None
    return _one_of(members)


def _one_of(members: dict[str, bytes]) -> tuple[str, bytes]:
    by_kind: dict[str | None, list[str]] = {}
    for name, content in sorted(members.items()):
        by_kind.setdefault(kind_of(content), []).append(name)
    for kind in ("fit", "tcx", "gpx", "gzip"):
        names = by_kind.get(kind, [])
        if len(names) == 1 or (names and kind == "fit"):
            return names[0].rpartition("/")[2], b"".join(members[name] for name in names)
        if names:
            raise SkipRecording(
                f"Garmin's original holds {len(names)} {kind} files: download it there and import the zip"
            )
    if members:
        raise SkipRecording(f"Garmin's original holds no activity file but {', '.join(sorted(members))[:80]}")
    raise SkipRecording(NO_FILE)
