"""Protocol files: stages and limits as data, read strictly.

A protocol is refused, with the nearest known name, rather than followed in part: an unknown fact or a wrong unit would
otherwise be a limit that never speaks.
"""

from __future__ import annotations

import difflib
import hashlib
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.settings import Home

Basis = Literal["source", "consensus", "default"]
Bound = Literal["max", "min"]
BreachOutcome = Literal["contact_clinician", "hold", "outside_plan", "note"]

_BUNDLED: Final = Path(__file__).parent / "protocols"

#: A protocol of seven stages and thirty limits has 15 KB; more than this is some other file.
MAX_FILE_BYTES: Final = 1_000_000

_LIMIT_KEYS: Final = ("fact", "unit", "max", "min", "outcome", "basis", "source", "sentence")


@dataclass(frozen=True, slots=True)
class Stage:
    """One rung, in the order of the file."""

    stage_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit on one fact in one stage."""

    stage_id: str
    fact: str
    bound: Bound
    limit_value: float  #: in the fact's own unit
    outcome: BreachOutcome
    basis: Basis
    source: str
    sentence: str  #: what is measured, for people


@dataclass(frozen=True, slots=True)
class Protocol:
    """All stages and limits of one file."""

    name: str
    version: str  #: name, version and the start of the file's digest: two different files never look the same
    title: str
    stages: tuple[Stage, ...]
    limits: tuple[Limit, ...]


def bundled_names() -> list[str]:
    """Return the protocols that come with the program."""
    return sorted(path.stem for path in _BUNDLED.glob("*.toml"))


def find_protocol(home: Home, name: str) -> Path:
    """Return the file that config.toml means: the home's own copy goes before a bundled one.

    Raises:
        NeedsAttention: there is no such protocol.
    """
    for path in (home.protocol_folder / name, home.protocol_folder / f"{name}.toml", _BUNDLED / f"{name}.toml"):
        if path.is_file():
            return path
    known = bundled_names() + sorted(path.name for path in home.protocol_folder.glob("*.toml"))
    raise NeedsAttention(
        f"{home.config_file}: there is no protocol {name!r}. {_nearest(name, known)}"
        f" Put a file into {home.protocol_folder} or name a bundled one."
    )


def load_protocol(path: Path, units: Mapping[str, str]) -> Protocol:
    """Read one protocol file.

    Args:
        path: the TOML file.
        units: every fact that a limit may name, with its unit.

    Raises:
        NeedsAttention: the file can't be followed; the sentence lists every mistake.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NeedsAttention(f"The protocol {path} can't be read: {error.strerror}.") from error
    if len(content) > MAX_FILE_BYTES:
        raise NeedsAttention(f"{path} has {len(content):,} bytes: that is no protocol (at most {MAX_FILE_BYTES:,}).")
    try:
        raw = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NeedsAttention(f"{path} is not valid TOML: {error}. Protocols are TOML files.") from error
    return _Reader(path, units).read(raw, hashlib.sha256(content).hexdigest())


def _nearest(found: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(found, list(known), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else "Nothing known comes near."


class _Reader:
    """Collects every mistake before it refuses, so that a file is mended in one go."""

    def __init__(self, path: Path, units: Mapping[str, str]) -> None:
        self._path = path
        self._units = units
        self._mistakes: list[str] = []

    def read(self, raw: dict[str, Any], digest: str) -> Protocol:
        name = self._text(raw, "name", "the file")
        version = self._text(raw, "version", "the file")
        title = self._text(raw, "title", "the file")
        stages = self._stages(raw.pop("stage", []))
        limits = self._limits(raw.pop("limit", []), {stage.stage_id for stage in stages})
        self._unknown(raw, ("name", "version", "title", "stage", "limit"), "the file")
        if self._mistakes:
            listed = "\n".join(f"  - {mistake}" for mistake in self._mistakes)
            raise NeedsAttention(f"The protocol {self._path} can't be followed:\n{listed}")
        return Protocol(name, f"{name} {version} #{digest[:8]}", title, stages, limits)

    def _stages(self, blocks: object) -> tuple[Stage, ...]:
        stages: list[Stage] = []
        if not isinstance(blocks, list) or not blocks:
            self._mistakes.append("there is no [[stage]]: a protocol has at least one")
            return ()
        for place, block in enumerate(blocks, 1):
            where = f"stage {place}"
            stage = Stage(self._text(block, "id", where), self._text(block, "name", where))
            self._unknown(block, ("id", "name"), where)
            if stage.stage_id in {other.stage_id for other in stages}:
                self._mistakes.append(f"the stage {stage.stage_id!r} is there twice: every stage has one place")
            stages.append(stage)
        return tuple(stages)

    def _limits(self, blocks: object, stage_ids: set[str]) -> tuple[Limit, ...]:
        limits: list[Limit] = []
        if not isinstance(blocks, list):
            self._mistakes.append("limit must be blocks that start with [[limit]]")
            return ()
        for place, block in enumerate(blocks, 1):
            limits += self._limit(block, f"limit {place} ({block.get('fact', 'no fact')})", stage_ids)
        seen: set[tuple[str, str, str, str]] = set()
        for limit in limits:
            key = (limit.stage_id, limit.fact, limit.bound, limit.outcome)
            if key in seen:
                self._mistakes.append(f"{limit.fact} has two values for {limit.bound} in {limit.stage_id}: keep one")
            seen.add(key)
        return tuple(limits)

    def _limit(self, block: dict[str, Any], where: str, stage_ids: set[str]) -> list[Limit]:
        fact = self._text(block, "fact", where)
        self._check_fact(fact, self._text(block, "unit", where), where)
        outcome = self._choice(block, "outcome", get_args(BreachOutcome), where)
        basis = self._choice(block, "basis", get_args(Basis), where)
        source = self._text(block, "source", where)
        sentence = self._text(block, "sentence", where)
        bounds = {bound: block.pop(bound) for bound in get_args(Bound) if bound in block}
        self._unknown(block, _LIMIT_KEYS, where)
        if not bounds:
            self._mistakes.append(f"{where} has neither max nor min, such as max = {{ S1 = 60 }}")
        return [
            Limit(stage_id, fact, bound, value, outcome, basis, source, sentence)
            for bound, by_stage in bounds.items()
            for stage_id, value in self._values(by_stage, bound, where, stage_ids)
        ]

    def _check_fact(self, fact: str, unit: str, where: str) -> None:
        if not fact:
            return
        if fact not in self._units:
            self._mistakes.append(f"{where}: {fact!r} is no known fact. {_nearest(fact, self._units)}")
        elif unit and unit != self._units[fact]:
            self._mistakes.append(f"{where}: {fact} is in {self._units[fact]!r}, not in {unit!r}")

    def _values(self, by_stage: object, bound: str, where: str, stage_ids: set[str]) -> Iterable[tuple[str, float]]:
        if not isinstance(by_stage, dict):
            self._mistakes.append(f"{where}: {bound} names each stage, such as {bound} = {{ S1 = 60 }}")
            return
        for stage_id, value in by_stage.items():
            if stage_id not in stage_ids:
                self._mistakes.append(
                    f"{where}: {stage_id!r} is no stage of this file. {_nearest(stage_id, stage_ids)}"
                )
            elif (
                isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0
            ):
                self._mistakes.append(f"{where}: {bound} for {stage_id} is {value!r}, expected a number of 0 or more")
            else:
                yield stage_id, float(value)

    def _text(self, block: dict[str, Any], key: str, where: str) -> str:
        value = block.pop(key, None)
        if isinstance(value, str) and value.strip():
            return value
        self._mistakes.append(f"{where} has no {key}" if value is None else f"{where}: {key} must be a text in quotes")
        return ""

    def _choice(self, block: dict[str, Any], key: str, allowed: tuple[str, ...], where: str) -> Any:  # noqa: ANN401 - one of the Literals above
        value = self._text(block, key, where)
        if value and value not in allowed:
            self._mistakes.append(f"{where}: {key} is {value!r}, expected one of {', '.join(allowed)}")
        return value

    def _unknown(self, block: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        self._mistakes += [f"{where}: unknown key {key!r}. {_nearest(key, known)}" for key in block]
