"""Activities as Strava sends them: the detail, the summary that the listing shows of it, the streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from support.synthetic_run import SyntheticRun, easy

if TYPE_CHECKING:
    from pipeline.model import Recording

ATHLETE_ID = 90_210_001
#: What a summary leaves out of a detail.
DETAIL_ONLY = (
    "description", "private_note", "perceived_exertion", "prefer_perceived_exertion", "calories", "segment_efforts",
    "best_efforts", "splits_metric", "splits_standard", "laps", "gear", "photos", "stats_visibility", "hide_from_home",
    "embed_token", "available_zones", "similar_activities",
)  # fmt: skip


@dataclass
class StravaActivity:
    """One activity of the fictional athlete."""

    detail: dict[str, Any]
    streams: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return self.detail["id"]

    @property
    def start_utc(self) -> datetime:
        return datetime.fromisoformat(self.detail["start_date"])

    @property
    def summary(self) -> dict[str, Any]:
        kept = {name: value for name, value in self.detail.items() if name not in DETAIL_ONLY}
        return {**kept, "resource_state": 2}


def strava_run(
    activity_id: int, run: SyntheticRun | None = None, *, offset_s: int = 3600, **said: Any
) -> StravaActivity:
    """Return a run as Strava would show it after an upload from a watch; `said` replaces fields of the detail."""
    run = run or SyntheticRun((easy(60),))
    recording = run.recording()
    truth = run.truth
    detail = {
        **_head(activity_id, recording.start_utc, offset_s),
        "distance": round(truth.distance_m, 1),
        "moving_time": round(truth.timer_s),
        "elapsed_time": round(truth.elapsed_s),
        "total_elevation_gain": round(truth.ascent_m, 1),
        "average_speed": round(truth.distance_m / truth.timer_s, 3),
        "max_speed": 4.2,
        "average_cadence": round(truth.mean_run_cadence_spm / 2, 1),
        "has_heartrate": True,
        "average_heartrate": 140.0,
        "max_heartrate": 151,
        "device_name": "Garmin Forerunner 945",
        "laps": [
            _lap(activity_id, number, recording, start_s, end_s)
            for number, (start_s, end_s) in enumerate(_halves(recording), 1)
        ],
        **said,
    }
    return StravaActivity(detail, streams_of(recording))


def by_hand(activity_id: int, start_utc: datetime, duration_s: int, distance_m: float, **said: Any) -> StravaActivity:
    """Return a run that somebody typed in: totals, and no stream."""
    detail = {
        **_head(activity_id, start_utc, 3600),
        "distance": distance_m,
        "moving_time": duration_s,
        "elapsed_time": duration_s,
        "total_elevation_gain": 0,
        "average_speed": round(distance_m / duration_s, 3),
        "max_speed": 0,
        "has_heartrate": False,
        "manual": True,
        "external_id": None,
        "upload_id": None,
        "start_latlng": [],
        "end_latlng": [],
        **said,
    }
    return StravaActivity(detail)


def streams_of(recording: Recording) -> dict[str, list[Any]]:
    """Return a recording's channels as Strava's streams: whole seconds, one leg's cadence, whole beats."""
    samples = recording.samples
    columns = {
        "time": np.rint(samples.t_s).astype(int),
        "distance": np.round(samples.distance_m, 1),
        "altitude": np.round(samples.altitude_m, 1),
        "velocity_smooth": np.round(samples.speed_mps, 3),
        "heartrate": samples.heart_rate_bpm,
        "cadence": np.round(samples.cadence_spm / 2),
    }
    found = {name: column.tolist() for name, column in columns.items() if np.isfinite(column).all()}
    for name in ("heartrate", "cadence"):
        if name in found:
            found[name] = [int(value) for value in found[name]]
    if samples.has("latitude_deg"):
        pairs = np.round(np.column_stack((samples.latitude_deg, samples.longitude_deg)), 6)
        found["latlng"] = pairs.tolist()
    found["moving"] = [bool(value > 0.5) for value in np.nan_to_num(samples.speed_mps)]
    found["grade_smooth"] = [0.0] * len(samples)
    return found


def _head(activity_id: int, start_utc: datetime, offset_s: int) -> dict[str, Any]:
    """Return what every detail holds besides its numbers, the noise of other people included."""
    start_utc = start_utc.astimezone(UTC).replace(microsecond=0)
    local = start_utc + timedelta(seconds=offset_s)
    return {
        "resource_state": 3,
        "athlete": {"id": ATHLETE_ID, "resource_state": 1},
        "id": activity_id,
        "name": "Evening Run",
        "type": "Run",
        "sport_type": "Run",
        "workout_type": 0,
        "start_date": f"{start_utc:%Y-%m-%dT%H:%M:%SZ}",
        "start_date_local": f"{local:%Y-%m-%dT%H:%M:%SZ}",
        "timezone": "(GMT+01:00) Europe/Madrid",
        "utc_offset": float(offset_s),
        "location_city": None,
        "location_state": None,
        "location_country": "Spain",
        "achievement_count": 0,
        "kudos_count": 3,
        "comment_count": 0,
        "athlete_count": 1,
        "photo_count": 0,
        "total_photo_count": 0,
        "pr_count": 0,
        "has_kudoed": False,
        "suffer_score": 12,
        "map": {"id": f"a{activity_id}", "polyline": "_p~iF~ps|U", "summary_polyline": "_p~iF", "resource_state": 3},
        "trainer": False,
        "commute": False,
        "manual": False,
        "private": False,
        "visibility": "everyone",
        "flagged": False,
        "gear_id": "g1",
        "gear": {"id": "g1", "primary": True, "name": "Fictional Shoe", "resource_state": 2, "distance": 120_000},
        "start_latlng": [42.12, -5.02],
        "end_latlng": [42.12, -5.02],
        "heartrate_opt_out": False,
        "display_hide_heartrate_option": True,
        "elev_high": 400.0,
        "elev_low": 400.0,
        "upload_id": activity_id + 1,
        "upload_id_str": str(activity_id + 1),
        "external_id": "garmin_ping_1",
        "from_accepted_tag": False,
        "description": None,
        "private_note": "",
        "calories": 300.0,
        "perceived_exertion": None,
        "prefer_perceived_exertion": False,
        "segment_efforts": [],
        "best_efforts": [],
        "splits_metric": [],
        "splits_standard": [],
        "photos": {"primary": None, "count": 0},
        "stats_visibility": [{"type": "heart_rate", "visibility": "everyone"}],
        "hide_from_home": False,
        "device_watts": False,
        "embed_token": "0123456789abcdef",
        "similar_activities": {"effort_count": 1, "resource_state": 2},
        "available_zones": ["heartrate", "pace"],
    }


def _halves(recording: Recording) -> list[tuple[float, float]]:
    last_s = float(recording.samples.t_s[-1])
    middle_s = float(recording.samples.t_s[len(recording.samples) // 2])
    return [(0.0, middle_s), (middle_s, last_s)]


def _lap(activity_id: int, number: int, recording: Recording, start_s: float, end_s: float) -> dict[str, Any]:
    samples = recording.samples
    first, last = np.searchsorted(samples.t_s, [start_s, end_s])
    way_m = float(np.nan_to_num(samples.distance_m[last] - samples.distance_m[first]))
    begin = recording.start_utc + timedelta(seconds=start_s)
    return {
        "id": activity_id * 10 + number,
        "resource_state": 2,
        "name": f"Lap {number}",
        "activity": {"id": activity_id, "visibility": "everyone", "resource_state": 1},
        "athlete": {"id": ATHLETE_ID, "resource_state": 1},
        "elapsed_time": round(end_s - start_s),
        "moving_time": round(end_s - start_s),
        "start_date": f"{begin:%Y-%m-%dT%H:%M:%SZ}",
        "start_date_local": f"{begin + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
        "distance": round(way_m, 1),
        "average_speed": 2.8,
        "max_speed": 3.0,
        "lap_index": number,
        "split": number,
        "start_index": int(first),
        "end_index": int(last),
        "total_elevation_gain": 0,
        "average_cadence": 82.0,
        "device_watts": False,
        "average_heartrate": 140.0,
        "max_heartrate": 150.0,
        "pace_zone": 0,
    }
