"""Real FIT files: both engines agree on all that fitparse can read, and nothing but our errors comes out."""

import csv
import dataclasses

import numpy as np
import pytest

from connectors.channels import RANGES
from connectors.fit import decode_fit
from pipeline.errors import NotAnActivity, NoTimestamps, SkipRecording, UnreadableFile
from pipeline.model import CHANNELS

pytestmark = pytest.mark.corpus


def fit_files(corpus):
    found = sorted((corpus / "fit").glob("*.fit"))
    assert found
    return found


def decode_or_refuse(content, engine="columns"):
    try:
        return decode_fit(content, engine=engine)
    except SkipRecording as error:
        return error


def differences(one, other, path=""):
    """Yield the path of every value in which two results differ; the decoder's name may."""
    if isinstance(one, np.ndarray):
        if not np.array_equal(one, other, equal_nan=True):
            yield path
    elif dataclasses.is_dataclass(one):
        for field in dataclasses.fields(one):
            if field.name != "decoder":
                yield from differences(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for place, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from differences(mine, theirs, f"{path}[{place}]")
    elif one != other:
        yield path


@pytest.mark.slow
def test_both_engines_agree_on_every_file_that_fitparse_reads(corpus):
    """Field by field, sample by sample; where fitparse refuses a kind of file, so do we."""
    different, given_up = {}, []
    for path in fit_files(corpus):
        content = path.read_bytes()
        ours, theirs = decode_or_refuse(content), decode_or_refuse(content, "fitparse")
        if isinstance(theirs, UnreadableFile):
            given_up.append(path.name)
        elif isinstance(theirs, SkipRecording):
            assert (type(theirs), str(theirs)) == (type(ours), str(ours))
        elif found := list(differences(theirs, ours, path.stem)):
            different[path.name] = found[:5]
    assert {} == different
    assert len(given_up) <= 0.05 * len(fit_files(corpus)), given_up


def test_every_file_decodes_or_is_refused_by_name(corpus):
    """Whatever its name says: recordings with sane samples, or one of three errors."""
    for path in fit_files(corpus):
        found = decode_or_refuse(path.read_bytes())
        if isinstance(found, SkipRecording):
            assert isinstance(found, UnreadableFile | NotAnActivity | NoTimestamps)
            continue
        assert [one.index for one in found.recordings] == list(range(len(found.recordings)))
        for recording in found.recordings:
            samples = recording.samples
            assert recording.start_utc.tzinfo is not None
            assert not len(samples) or samples.t_s[0] >= 0
            assert (np.diff(samples.t_s) > 0).all(), path.name
            for channel in set(CHANNELS) - {"distance_m"}:
                low, high = RANGES[channel]
                known = getattr(samples, channel)[np.isfinite(getattr(samples, channel))]
                assert ((known >= low) & (known <= high)).all(), (path.name, channel)


def test_runs_reach_the_distance_and_time_of_the_device(corpus):
    """The last distance is the session's within 0.1 %, the last record lies at the session's end."""
    with (corpus / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("fit/")]
    seen = 0
    for row in rows:
        if row["sport"] != "running" or row["crc_ok"] != "True" or not float(row["session_distance_m"] or 0):
            continue
        (recording,) = decode_fit((corpus / row["file"]).read_bytes()).recordings
        distance_m = recording.samples.distance_m
        assert float(row["session_distance_m"]) == pytest.approx(recording.totals.distance_m, abs=0.01)
        assert recording.totals.distance_m == pytest.approx(distance_m[np.isfinite(distance_m)][-1], rel=1e-3), row[
            "file"
        ]
        assert recording.totals.elapsed_s == pytest.approx(recording.samples.t_s[-1], abs=5.0), row["file"]
        seen += 1
    assert seen >= 15


def test_damaged_real_files_are_salvaged(corpus):
    """Where the manifest knows of damage, its place is told and what lies before it is kept."""
    with (corpus / "manifest.csv").open(newline="") as file:
        damaged = [row for row in csv.DictReader(file) if row["file"].startswith("fit/") and row["damage"]]
    assert damaged
    for row in damaged:
        found = decode_fit((corpus / row["file"]).read_bytes())
        assert found.damage is not None
        assert 0 < found.damage.offset_bytes <= int(row["bytes"])
        assert found.damage.salvaged_samples > 0
