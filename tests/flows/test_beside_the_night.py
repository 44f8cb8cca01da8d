"""What Prefect shows and runs beside the night: artefacts, the weekly report, red flags, lost runs, prefect.yaml."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from flows.artefacts import NIGHT_KEY, safe, session_key, session_page
from pipeline.errors import NeedsAttention
from pipeline.journal import new_entry, write_entries
from support.example_home import EXAMPLE_NOW_UTC, copy_of
from support.source_tree import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.settings import Home

pytestmark = pytest.mark.filterwarnings("ignore")  # Prefect's own; ours are errors everywhere else


@pytest.fixture
def own(example_home: Home, tmp_path: Path) -> Home:
    return copy_of(example_home, tmp_path / "home")


FINDING = {
    "runner_id": "anna", "session_id": "6a503e4d29", "session_date": "2026-04-10", "stage_id": "S2", "fact": "tempo_s",
    "observed": 355.0, "bound": "max", "limit_value": 0.0, "unit": "s", "outcome": "outside_plan", "start_s": 10.0,
    "end_s": None, "protocol_version": "P 1",
}  # fmt: skip


def test_what_somebody_named_is_shown_as_it_stands():
    """A protocol may be called anything; on a page it is text: no link, no picture, no tag, no second line."""
    page = session_page([{**FINDING, "protocol_version": "<img src=x>[a](http://x)\n# **P**"}])
    (line,) = [line for line in page.splitlines() if "protocol" in line]
    assert r"protocol \<img src=x\>\[a\]\(http://x\) \# \*\*P\*\*" in line
    assert (None, 3, 0.5) == (safe(None), safe(3), safe(0.5))


@pytest.mark.parametrize("session_id", ["6a503e4d29", "A_b c", "2026-03-02/Ü"])
def test_every_session_has_a_key_that_prefect_takes(session_id):
    """Lower-case letters, digits and dashes."""
    assert re.fullmatch(r"flagged-[a-z0-9]+(-[a-z0-9]+)*", session_key(session_id))


def test_a_flagged_session_is_shown_again_only_when_its_findings_change(own: Home):
    """A page a night of what everybody has seen would bury what is new."""
    from prefect.artifacts import Artifact

    from flows.judge import red_flags

    first = red_flags(str(own.path), EXAMPLE_NOW_UTC)
    second = red_flags(str(own.path), EXAMPLE_NOW_UTC)
    said = {"session_id": "6a503e4d29", "moment": "after", "pain_0_10": 6, "red_flags": ["night_or_rest_pain"]}
    write_entries(own, [new_entry("symptom", "example", said, by="example", now_utc=EXAMPLE_NOW_UTC)])
    third = red_flags(str(own.path), EXAMPLE_NOW_UTC)
    assert [["6a503e4d29"], [], ["6a503e4d29"]] == [one["session_ids"] for one in (first, second, third)]
    shown = Artifact.get("flagged-6a503e4d29")
    assert "CONTACT YOUR CLINICIAN" in shown.data
    assert "night_or_rest_pain" not in shown.data


def test_the_weekly_report_writes_the_week_and_remembers_that_it_did(own: Home):
    """What was made needs no catching up."""
    from flows import nights
    from flows.judge import weekly_report

    result = weekly_report(str(own.path), EXAMPLE_NOW_UTC)
    assert ["week-2026-W15.txt", "flagged.md"] == [name.rpartition("/")[2] for name in result["report_files"]]
    a_week_on = EXAMPLE_NOW_UTC + timedelta(days=8)
    found = [nights.is_weekly_missed(own, own.config(), now) for now in (EXAMPLE_NOW_UTC, a_week_on)]
    assert [False, True] == found


def test_two_nights_of_one_home_do_not_run_side_by_side(own: Home):
    """A sync by hand beside the nightly one gets a sentence, and the first one goes on."""
    from flows.serving import only_one
    from flows.sync import sync

    with only_one(own, "night", "unused"), pytest.raises(NeedsAttention, match=r"A night of .* is under way already"):
        sync(str(own.path), EXAMPLE_NOW_UTC)


def test_runs_that_a_killed_serve_left_open_are_closed_and_give_their_slot_back(own: Home):
    """Else the one slot of the deployment stays taken, and every later night is cancelled."""
    from prefect import get_client
    from prefect.states import Pending, Running

    from flows.schedule import RED_FLAGS, Schedule, _end_lost_runs

    schedule = Schedule(own, is_shared=True)

    async def killed_and_started_again() -> list[str]:
        from prefect.runner import Runner

        schedule._runner = Runner(name="test", limit=1, pause_on_shutdown=False)
        await schedule._register()
        deployment_id = schedule._ids[RED_FLAGS]
        seen = []
        async with get_client() as client:
            lost = await client.create_flow_run_from_deployment(deployment_id)
            await client.set_flow_run_state(lost.id, Pending())
            await client.set_flow_run_state(lost.id, Running())
            refused = await client.create_flow_run_from_deployment(deployment_id)
            await client.set_flow_run_state(refused.id, Pending())
            seen.append((await client.read_flow_run(refused.id)).state_name)
            await _end_lost_runs(client, [deployment_id])
            seen.append((await client.read_flow_run(lost.id)).state_name)
            again = await client.create_flow_run_from_deployment(deployment_id)
            await client.set_flow_run_state(again.id, Pending())
            seen.append((await client.read_flow_run(again.id)).state_name)
        return seen

    assert ["Cancelled", "Crashed", "Pending"] == asyncio.run(killed_and_started_again())


def test_a_shared_server_tells_homes_apart(own: Home, example_home: Home):
    """Two homes with a server of somebody's own must not take each other's deployments."""
    from flows.schedule import Schedule

    marks = {Schedule(home, is_shared=shared)._mark for home in (own, example_home) for shared in (True, False)}
    assert 3 == len(marks)
    assert "" in marks


def test_prefect_yaml_names_flows_that_are_there_one_at_a_time():
    """For those who run workers: every entry point loads, and a second run is cancelled."""
    from prefect.flows import load_flow_from_entrypoint

    told = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))
    flows = {one["name"]: load_flow_from_entrypoint(one["entrypoint"]) for one in told["deployments"]}
    assert {
        "nightly": "gaitkeeper sync", "weekly": "gaitkeeper weekly report", "red-flags": "gaitkeeper red flags",
    } == {name: flow.name for name, flow in flows.items()}  # fmt: skip
    assert [{"limit": 1, "collision_strategy": "CANCEL_NEW"}] * 3 == [
        one["concurrency_limit"] for one in told["deployments"]
    ]
    assert all({"home_path"} == set(one["parameters"]) for one in told["deployments"])
    assert all(set(one["parameters"]) <= set(flows[one["name"]].parameters.properties) for one in told["deployments"])


def test_telemetry_is_off_by_both_switches_unless_the_user_set_them(monkeypatch, own):
    """There are two hosts; and the pages that ask a third one are not the default."""
    import os

    from flows.environment import prepare_prefect

    for name in ("DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED", "PREFECT_SERVER_UI_V2_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    prepare_prefect(own)
    assert ("1", "false", "false") == (
        os.environ["DO_NOT_TRACK"],
        os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"],
        os.environ["PREFECT_SERVER_UI_V2_ENABLED"],
    )
    monkeypatch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "true")
    prepare_prefect(own)
    assert "true" == os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"]


def test_old_runs_are_pruned_by_the_server_itself(own):
    """The settings are names of Prefect's: one that it does not know would do nothing, silently."""
    from prefect.settings import get_current_settings

    settings = get_current_settings().server
    assert {"events", "flow_runs"} <= settings.services.db_vacuum.enabled_vacuum_types
    assert timedelta(days=90) == settings.services.db_vacuum.retention_period
    assert timedelta(days=7) == settings.events.retention_period
    assert settings.concurrency.lease_storage.endswith(".filesystem")
    assert "*" != settings.api.cors_allowed_origins


def test_the_key_of_a_night_is_one_that_prefect_takes():
    """It refuses others at the end of the night, when all the work is done."""
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", NIGHT_KEY)
