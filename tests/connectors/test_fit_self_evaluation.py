"""What the runner answered on the watch after the run: session.workout_feel and session.workout_rpe."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.fit import decode_fit
from support.fit_file import FitWriter
from support.fit_profile import Field
from support.synthetic_run import START

FEEL, RPE = Field(192, "uint8"), Field(193, "uint8")


def evaluated_run(feel: int | None, rpe: int | None) -> bytes:
    writer = FitWriter()
    writer.write("file_id", type="activity", manufacturer="garmin", product=3113, time_created=START)
    for second in range(60):
        writer.write("record", timestamp=START + timedelta(seconds=second), distance=3.0 * second)
    writer.write(
        "session",
        timestamp=START + timedelta(seconds=60),
        start_time=START,
        sport="running",
        total_elapsed_time=60.0,
        raw={FEEL: feel, RPE: rpe},
    )
    return writer.to_bytes()


@pytest.mark.parametrize(
    ("feel", "rpe", "expected"),
    [
        (75, 40, (75.0, 4.0)),
        (0, 100, (0.0, 10.0)),
        (100, 10, (100.0, 1.0)),
        (50, 0, (50.0, None)),
        (None, None, (None, None)),
        (120, 130, (None, None)),
    ],
)
def test_what_the_runner_answered_on_the_watch_is_read(feel, rpe, expected):
    """Feel runs from 0 (very weak) to 100; the rating from 1 is stored tenfold, so that 0 is no rating."""
    content = evaluated_run(feel, rpe)
    for engine in ("columns", "fitparse"):
        (recording,) = decode_fit(content, engine=engine).recordings
        assert expected == (recording.feel_0_100, recording.perceived_exertion_0_10)
        assert [] == [issue for issue in recording.issues if issue.kind == "unmapped_field"]
