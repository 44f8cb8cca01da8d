"""Things that turn up in a folder of activities and are none, or not whole; made here, synthetic."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import numpy as np

from support.fit_file import fit_activity, fit_other
from support.gpx_file import gpx_point, gpx_run, gpx_text, gpx_track

#: A run of ten minutes at 3 m/s and 170 steps a minute, as a watch without a place writes it.
_T_S = np.arange(601.0)


def fit_run(start_utc: datetime = datetime(2026, 3, 2, 6, 40, tzinfo=UTC), seconds: int = 600) -> bytes:
    """Return a small whole FIT run."""
    t_s = np.arange(float(seconds + 1))
    columns = {
        "distance_m": 3.0 * t_s,
        "cadence_strides_per_min": np.full(len(t_s), 85.0),
        "heart_rate_bpm": np.full(len(t_s), 140.0),
    }
    return fit_activity(start_utc, columns, t_s=t_s)


def zip_of(members: dict[str, bytes]) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def with_flipped_bit(content: bytes, place: int) -> bytes:
    """Return the same with one bit turned."""
    broken = bytearray(content)
    broken[place] ^= 0x10
    return bytes(broken)


GPX_ENTITY = (
    gpx_run(60)
    .replace("<gpx ", '<!DOCTYPE gpx [<!ENTITY me SYSTEM "file:///etc/passwd">]>\n<gpx ', 1)
    .replace("Morning Run", "&me;")
)
GPX_BOMB = (
    gpx_run(60)
    .replace(
        "<gpx ",
        '<!DOCTYPE gpx [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
        + "]>\n<gpx ",
        1,
    )
    .replace("Morning Run", "&i;")
)

#: Name -> (content, what the reason says). Each is quarantined, none is a session.
REFUSED = {
    "empty.fit": (b"", "the file is empty"),
    "zeros.fit": (bytes(5000), "nothing but zero bytes"),
    "text.fit": (
        b"I ran five kilometres this morning.\n" * 50,
        "text, not a FIT, GPX or TCX file although its name ends in .fit",
    ),
    "page.gpx": (b"<!DOCTYPE html><html><body>Please log in</body></html>", "a web page"),
    "other.gpx": (b"<?xml version='1.0'?><kml><Placemark/></kml>", "neither GPX nor TCX"),
    "json.tcx": (b'{"activity": 1}', "JSON"),
    "route.gpx": (gpx_text(gpx_track([gpx_point(t, time=None) for t in range(60)])).encode(), "time"),
    "entity.gpx": (GPX_ENTITY.encode(), "entit"),
    "bomb.gpx": (GPX_BOMB.encode(), "entit"),
    "workout.fit": (fit_other("workout"), "workout"),
    "settings.fit": (fit_other("settings"), "settings"),
    "head.fit": (fit_run()[:20], ""),
    "noise.fit": (bytes(range(256)) * 20, "bytes that no decoder knows"),
    "zipped.gpx": (zip_of({"inner.zip": zip_of({"run.fit": fit_run()})}), "zip"),
}

#: Name -> content. Each holds a session, and is marked as damaged.
DAMAGED = {
    "cut.fit": fit_run()[: len(fit_run()) * 2 // 3],
    "bad-crc.fit": fit_run(datetime(2026, 3, 4, 6, 40, tzinfo=UTC))[:-2] + b"\x00\x00",
    "cut.gpx": gpx_run(600)[: len(gpx_run(600)) // 2].encode(),
}
