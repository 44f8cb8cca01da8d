"""Kills at random moments: a job is stopped with SIGKILL, run again, and the home held against one that nothing befell."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flows.deep import digests_of
from gaitkeeper.commands.demo import example_folder
from gaitkeeper.commands.home import make_home
from pipeline.journal import new_entry, write_entries
from pipeline.settings import Home
from pipeline.warehouse.digests import RelationDigest, differing
from support.example_home import EXAMPLE_NOW_UTC as NOW_UTC

ROOT: Final = Path(__file__).parents[2]
RUNNER_ID: Final = "me"

#: A dozen runs of the example: the watch's of four weeks, one of them cut short, and a copy of one by the phone.
FILES: Final = ("watch/2026-03-1*.fit", "watch/2026-03-2*.fit", "phone/2026-03*.gpx")

#: The command with small batches, so that a kill hits between, before and inside of several transactions.
_COMMAND: Final = "import flows.writing as writing; writing.BATCH_FILES = 3; from gaitkeeper.cli import main; main()"

#: What differs between a run that was stopped once and one that wasn't, with good reason: when the sync ran, and how often.
LEFT_OUT: Final = ("sync_run",)


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that writes, as its user calls it."""

    name: str
    arguments: tuple[str, ...]

    def run(self, home: Home) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own."""
        environment = {**os.environ, "GAITKEEPER_HOME": str(home.path), "PYTHONPATH": str(ROOT)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        return subprocess.Popen(
            [sys.executable, "-c", _COMMAND, *self.arguments, "--as-of", f"{NOW_UTC:%Y-%m-%d}"],
            env=environment,
            cwd=home.path.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self, home: Home) -> float:
        """Run it to its end and return the seconds that it took."""
        started_s = time.monotonic()
        process = self.run(home)
        _, told = process.communicate(timeout=300)
        assert process.returncode in (0, 1), told.decode()[-2000:]
        return time.monotonic() - started_s

    def kill_after(self, home: Home, delay_s: float) -> bool:
        """Start it and stop it with SIGKILL, with all that it started; return whether it was still at work."""
        process = self.run(home)
        try:
            process.communicate(timeout=delay_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return True
        return False


REBUILD: Final = Job("rebuild", ("rebuild",))
SYNC: Final = Job("sync", ("sync",))
IMPORT: Final = Job("import", ("import", "inbox"))


@dataclass(slots=True)
class Toll:
    """What many kills came to."""

    kill_count: int = 0
    hit_count: int = 0  #: kills that found the job still at work
    refused: list[str] = field(default_factory=list)  #: re-runs that did not end well
    wrong: list[str] = field(default_factory=list)  #: relations that did not come out as in a clean run

    def lines(self) -> str:
        """Return it in words."""
        return (
            f"{self.kill_count} kills, {self.hit_count} of them in mid-work: "
            f"{len(self.refused)} re-runs refused, {len(self.wrong)} relations with other rows than a clean run"
        )


def empty_home(path: Path) -> Home:
    """Make a home with the example as its source, and some words of the runner's."""
    inbox = path.parent / "inbox"
    inbox.mkdir()
    for pattern in FILES:
        for file in example_folder().glob(pattern):
            os.utime(shutil.copy(file, inbox), (0, 0))  # long ago: one that is cut is no copy that goes on
    home = Home(path)
    make_home(home, RUNNER_ID, "Europe/Madrid")
    with home.config_file.open("a", encoding="utf-8") as stream:
        stream.write(f'\n[[source]]\nkind = "folder"\npath = "{inbox}"\nrunner = "{RUNNER_ID}"\n')
    said = {"stage_id": "S2", "from_date": "2026-02-16"}
    write_entries(home, [new_entry("stage", RUNNER_ID, said, by="Dr Example", now_utc=NOW_UTC)])
    return home


def digests(home: Home) -> dict[str, RelationDigest]:
    """Return what a home's relations hold."""
    return {name: found for name, found in digests_of(home, NOW_UTC).items() if name not in LEFT_OUT}


def survive(folder: Path, kills: dict[Job, int], seed: int) -> Toll:
    """Kill each job so many times at random moments of its run, run it again, and compare; the same seed, the same moments.

    Args:
        folder: where the homes are made; each is removed after its comparison.
        kills: job -> how often.
        seed: of the moments.
    """
    moments = random.Random(seed)
    fresh = empty_home(folder / "fresh")
    clean = _copy(fresh, folder / "clean")
    took_s = {IMPORT: IMPORT.finish(clean)}
    expected = digests(clean)
    toll = Toll()
    for job, times in kills.items():
        start = fresh if job is not REBUILD else clean
        if job not in took_s:
            timed = _copy(start, folder / "timed")
            took_s[job] = job.finish(timed)
            shutil.rmtree(timed.path)
        for _ in range(times):
            victim = _copy(start, folder / "victim")
            is_well = _strike(job, victim, moments.uniform(0.2, 1.0) * took_s[job], expected, toll)
            if is_well:
                shutil.rmtree(victim.path)
            else:
                victim.path.rename(folder / f"victim-{toll.kill_count}")  # for whoever looks into it
    return toll


def _strike(job: Job, home: Home, delay_s: float, expected: dict[str, RelationDigest], toll: Toll) -> bool:
    toll.kill_count += 1
    toll.hit_count += job.kill_after(home, delay_s)
    try:
        job.finish(home)
    except AssertionError as error:
        toll.refused.append(f"{job.name} after {delay_s:.2f} s: {error}")
        return False
    wrong = differing(expected, digests(home))
    toll.wrong += [f"{job.name} after {delay_s:.2f} s: {relation}" for relation in wrong]
    return not wrong


def _copy(home: Home, path: Path) -> Home:
    shutil.copytree(home.path, path)
    return Home(path)
