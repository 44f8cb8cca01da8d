"""Runs, pain and findings as FHIR observations: each derived from its run, what is missing with its reason."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.reports.clinician import fhir_codes as codes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

Json = dict[str, Any]


def instant(value: datetime) -> str:
    """Return an instant as FHIR has it, in UTC, whole seconds."""
    return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def observation(identity: str, patient: str, code: Json, **content: Any) -> Json:  # noqa: ANN401 - FHIR's own elements
    """Return an observation about the runner."""
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": code,
        "subject": {"reference": patient},
        **{name: value for name, value in content.items() if value is not None},
    }


class RunObservations:
    """Makes the observations of one run; `identify` gives a name its own id, the same in every report."""

    def __init__(self, run: Mapping[str, Any], patient: str, device: str, identify: Callable[[str], str]) -> None:
        self.run = run
        self.patient = patient
        self.device = device
        self.identify = identify
        end = run["start_utc"] + timedelta(seconds=run["elapsed_s"] or 0)
        self.period = {"start": instant(run["start_utc"]), "end": instant(end)}
        self.session = f"urn:uuid:{self._id('session')}"

    def _id(self, name: str) -> str:
        return self.identify(f"{self.run['session_id']} {name}")

    def group(self, members: list[Json]) -> Json:
        """Return the run itself: exercise activity, running, with its verdict and its members."""
        return observation(
            self._id("session"),
            self.patient,
            codes.loinc("73985-4", "Exercise activity"),
            category=[codes.coded(codes.CATEGORY, "activity", "Activity")],
            effectivePeriod=self.period,
            performer=[{"reference": self.patient}],
            device={"reference": self.device},
            valueCodeableConcept=codes.loinc("LA11836-6", "Running"),
            component=[
                {
                    "code": codes.local("verdict"),
                    **(
                        {"valueCodeableConcept": codes.local(self.run["verdict"])}
                        if self.run["verdict"]
                        else {"dataAbsentReason": codes.absent()}
                    ),
                }
            ],
            hasMember=[{"reference": f"urn:uuid:{member['id']}"} for member in members] or None,
        )

    def measurements(self) -> Iterator[Json]:
        """Yield duration, distance, steps, cadence, heart rate, ascent, matched cadence and exertion."""
        run = self.run
        minutes = None if run["run_s"] is None else run["run_s"] / 60
        listed = (
            (codes.loinc("55411-3", "Exercise duration"), minutes, {"unit": "min", "code": "min"}),
            (codes.local("running-distance"), run["run_distance_m"], {"unit": "m", "code": "m"}),
            (codes.loinc("55423-8", "Number of steps in unspecified time Pedometer"), run["step_count"],
             {"unit": "{steps}", "code": "{steps}"}),
            (codes.local("running-cadence"), run["mean_run_cadence_spm"], {"unit": "steps/min", "code": "{steps}/min"}),
            (codes.loinc("55425-3", "Heart rate unspecified time mean by Pedometer"), run["mean_heart_rate_bpm"],
             {"unit": "beats/min", "code": "/min"}),
            (codes.local("ascent-barometric"), run["ascent_m"], {"unit": "m", "code": "m"}),
            (codes.local("matched-cadence-ratio"), run["matched_cadence_ratio"], {"unit": "1", "code": "1"}),
            (codes.local("perceived-exertion"), run["perceived_exertion_0_10"], {"unit": "{score}", "code": "{score}"}),
        )  # fmt: skip
        for code, value, unit in listed:
            known = {
                "valueQuantity": {
                    "value": None if value is None else round(float(value), 4),
                    "system": codes.UCUM,
                    **unit,
                }
            }
            yield observation(
                self._id(code["coding"][0]["code"]),
                self.patient,
                code,
                category=[codes.coded(codes.CATEGORY, "activity", "Activity")],
                effectivePeriod=self.period,
                device={"reference": self.device},
                derivedFrom=[{"reference": self.session}],
                **({"dataAbsentReason": codes.absent()} if value is None else known),
            )

    def pains(self, answers: Mapping[str | None, Mapping[str, Any]]) -> Iterator[Json]:
        """Yield the four pain answers under one LOINC code, told apart by a local component."""
        pending = bool(self.run["is_answer_pending"])
        for moment in ("before", "during", "after", "next_morning"):
            row = answers.get(moment)
            pain = self.run[f"pain_{moment}"]
            said = row["answered_utc"] if row is not None and row["answered_utc"] is not None else self.run["start_utc"]
            components = [{"code": codes.local("pain-moment"), "valueCodeableConcept": codes.local(moment)}]
            if row is not None and row["phase"]:
                components.append(
                    {
                        "code": codes.local("stride-phase"),
                        "valueCodeableConcept": {"text": str(row["phase"]).replace("_", " ")},
                    }
                )
            yield observation(
                self._id(f"pain {moment}"),
                self.patient,
                codes.loinc("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
                category=[codes.coded(codes.CATEGORY, "survey", "Survey")],
                effectiveDateTime=instant(said),
                performer=[{"reference": self.patient}],
                bodySite=_site(row),
                derivedFrom=[{"reference": self.session}],
                component=components,
                **(
                    {"dataAbsentReason": codes.absent(is_pending=pending)}
                    if pain is None
                    else {"valueInteger": int(pain)}
                ),
            )

    def red_flag_answer(self) -> Json:
        """Return what was answered to the red-flag questions: none of them, which, or nobody knows."""
        flags = self.run["red_flags"]
        named = ", ".join(codes.LOCAL_CODES.get(name, name) for name in flags or ())
        told: Json = (
            {"dataAbsentReason": codes.absent(is_pending=bool(self.run["is_answer_pending"]))}
            if flags is None
            else {"valueString": named or "none of them"}
        )
        return observation(
            self._id("red flags"),
            self.patient,
            codes.local("red-flag-questions"),
            category=[codes.coded(codes.CATEGORY, "survey", "Survey")],
            effectivePeriod=self.period,
            performer=[{"reference": self.patient}],
            derivedFrom=[{"reference": self.session}],
            **told,
        )

    def finding(self, row: Mapping[str, Any]) -> Json:
        """Return one finding: the measured value, the clinician's limit as its range, and the sentence."""
        name = f"finding {row['fact']} {row['bound']} {row['limit_value']} {row['outcome']}"
        unit = row["unit"] or "1"
        known = row["observed"] is not None
        limit = None
        if row["limit_value"] is not None:
            side = "high" if row["bound"] == "max" else "low"
            limit = [
                {side: codes.quantity(row["limit_value"], unit), "text": f"Limit of the plan; basis: {row['basis']}"}
            ]
        is_beyond = known and row["outcome"] not in ("not_assessable", "pending")
        direction = ("H", "High") if row["bound"] == "max" else ("L", "Low")
        return observation(
            self._id(name),
            self.patient,
            codes.local(row["fact"], row["sentence"] or row["fact"]),
            category=[codes.coded(codes.CATEGORY, "activity", "Activity")],
            effectivePeriod=self.period,
            derivedFrom=[{"reference": self.session}],
            interpretation=[codes.coded(codes.INTERPRETATION, *direction)] if is_beyond else None,
            note=[{"text": row["message"]}],
            referenceRange=limit,
            component=[{"code": codes.local("outcome"), "valueCodeableConcept": codes.local(row["outcome"])}],
            **(
                {"valueQuantity": codes.quantity(row["observed"], unit)}
                if known
                else {"dataAbsentReason": codes.absent(is_pending=row["outcome"] == "pending")}
            ),
        )


def _site(row: Mapping[str, Any] | None) -> Json | None:
    """Return where it hurts, in the runner's words."""
    if row is None:
        return None
    words = " ".join(word for word in (row["side"], row["place"]) if word)
    return {"text": words} if words.strip() else None
