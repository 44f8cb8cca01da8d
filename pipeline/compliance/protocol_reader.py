"""Reads the blocks of a protocol file; collects every mistake before it refuses, so that a file is mended in one go."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, get_args

from pipeline.compliance.protocol import Basis, Bound, BreachOutcome, Criterion, Decision, Limit, Protocol, Stage
from pipeline.errors import NeedsAttention

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pipeline.compliance.protocol import KnownFacts

#: Kinds of rehab work that a stage may plan (the relation `rehab`).
REHAB_KINDS = ("drill", "strength", "mobility", "manual_therapy", "other")

#: No fact of a run comes near it: in seconds it is thirty years. A number beyond it is a slip of the keyboard.
LARGEST_VALUE = 1e9


def nearest(found: str, known: Iterable[str]) -> str:
    """Return a question that names what was probably meant."""
    close = difflib.get_close_matches(found, list(known), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else "Nothing known comes near."


class ProtocolReader:
    """One reading of one text."""

    def __init__(self, text: str, origin: str, known: KnownFacts) -> None:
        """Keep the text, to tell lines by."""
        self._lines = text.splitlines()
        self._origin = origin
        self._known = known
        self._mistakes: list[str] = []

    def read(self, raw: dict[str, Any], mark: str) -> Protocol:
        """Return the protocol that the parsed TOML says.

        Raises:
            NeedsAttention: it can't be followed.
        """
        name, version, title = (self._text(raw, key, "the file") for key in ("name", "version", "title"))
        stages = tuple(self._stages(raw.pop("stage", [])))
        stage_ids = [stage.stage_id for stage in stages]
        limits = tuple(self._limits(raw.pop("limit", []), stage_ids))
        criteria = tuple(self._criteria(raw.pop("criterion", []), stage_ids))
        self._unknown(raw, ("name", "version", "title", "stage", "limit", "criterion"), "the file")
        self._refuse_twice(limits, criteria)
        if self._mistakes:
            listed = "\n".join(f"  - {mistake}" for mistake in self._mistakes)
            raise NeedsAttention(f"The protocol {self._origin} can't be followed:\n{listed}")
        return Protocol(name, f"{name} {version} {mark}", title, stages, limits, criteria)

    # --- Blocks --------------------------------------------------------------------------------------------------

    def _blocks(self, name: str, blocks: object) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each block with the words that say where it stands."""
        if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
            self._mistakes.append(f"{name} must be blocks that start with [[{name}]]")
            return
        header = re.compile(rf"\s*\[\[\s*{name}\s*\]\]")
        starts = [number for number, line in enumerate(self._lines, 1) if header.match(line)]
        for place, block in enumerate(blocks):
            line = f"line {starts[place]}, " if place < len(starts) else ""
            yield block, f"{line}{name} {place + 1}"

    def _stages(self, blocks: object) -> Iterator[Stage]:
        seen: set[str] = set()
        for block, where in self._blocks("stage", blocks):
            stage_id = self._text(block, "id", where)
            name = self._text(block, "name", where)
            rehab = tuple(self._rehab(block.pop("rehab", {}), where))
            self._unknown(block, ("id", "name", "rehab"), where)
            if stage_id in seen:
                self._mistakes.append(f"{where}: the stage {stage_id!r} is there twice; every stage has one place")
            seen.add(stage_id)
            yield Stage(stage_id, name, rehab)
        if not seen:
            self._mistakes.append("there is no [[stage]]: a protocol has at least one")

    def _rehab(self, planned: object, where: str) -> Iterator[tuple[str, int]]:
        if not isinstance(planned, dict):
            self._mistakes.append(f"{where}: rehab names kinds and times a week, such as rehab = {{ strength = 2 }}")
            return
        for kind, times in planned.items():
            if kind not in REHAB_KINDS:
                self._mistakes.append(f"{where}: {kind!r} is no kind of rehab work. {nearest(kind, REHAB_KINDS)}")
            elif isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= 21:
                self._mistakes.append(f"{where}: rehab {kind} is {times!r}, expected times a week, 0 to 21")
            else:
                yield kind, times

    def _limits(self, blocks: object, stage_ids: list[str]) -> Iterator[Limit]:
        for block, place in self._blocks("limit", blocks):
            where = f"{place} ({block.get('fact', 'no fact')})"
            fact = self._fact(block, self._known.of_runs, where)
            outcome = self._choice(block, "outcome", get_args(BreachOutcome), where)
            words = self._words(block, where)
            for bound, stage_id, value in self._bounds(block, where, stage_ids, ("outcome",)):
                yield Limit(stage_id, fact, bound, value, outcome, *words)

    def _criteria(self, blocks: object, stage_ids: list[str]) -> Iterator[Criterion]:
        for block, place in self._blocks("criterion", blocks):
            where = f"{place} ({block.get('fact', 'no fact')})"
            fact = self._fact(block, self._known.of_today, where)
            decision = self._choice(block, "decision", get_args(Decision), where)
            words = self._words(block, where)
            for bound, stage_id, value in self._bounds(block, where, stage_ids, ("decision",)):
                yield Criterion(stage_id, decision, fact, bound, value, *words)

    # --- Parts of a block ----------------------------------------------------------------------------------------

    def _fact(self, block: dict[str, Any], known: Mapping[str, str], where: str) -> str:
        fact, unit = self._text(block, "fact", where), self._text(block, "unit", where)
        if fact and fact not in known:
            other = self._known.of_today if known is self._known.of_runs else self._known.of_runs
            kind = "criterion" if known is self._known.of_runs else "limit"
            hint = f"It can stand in a [[{kind}]] only." if fact in other else nearest(fact, known)
            self._mistakes.append(f"{where}: {fact!r} is no known fact here. {hint}")
        elif fact and unit and unit != known[fact]:
            self._mistakes.append(f"{where}: {fact} is in {known[fact]!r}, not in {unit!r}")
        return fact

    def _words(self, block: dict[str, Any], where: str) -> tuple[Basis, str, str]:
        basis = self._choice(block, "basis", get_args(Basis), where)
        return basis, self._text(block, "source", where), self._text(block, "sentence", where)

    def _bounds(
        self, block: dict[str, Any], where: str, stage_ids: list[str], own_keys: tuple[str, ...]
    ) -> Iterator[tuple[Bound, str, float]]:
        bounds: dict[Bound, object] = {bound: block.pop(bound) for bound in get_args(Bound) if bound in block}
        self._unknown(block, ("fact", "unit", "max", "min", "basis", "source", "sentence", *own_keys), where)
        if not bounds:
            self._mistakes.append(f"{where} has neither max nor min, such as max = {{ S1 = 60 }}")
        for bound, by_stage in bounds.items():
            if not isinstance(by_stage, dict):
                self._mistakes.append(f"{where}: {bound} names each stage, such as {bound} = {{ S1 = 60 }}")
                continue
            for stage_id, value in by_stage.items():
                if stage_id not in stage_ids:
                    hint = nearest(stage_id, stage_ids)
                    self._mistakes.append(f"{where}: {stage_id!r} is no stage of this file. {hint}")
                elif not _is_amount(value):
                    self._mistakes.append(
                        f"{where}: {bound} for {stage_id} is {value!r}, expected a number of 0 or more"
                    )
                else:
                    yield bound, stage_id, float(value)

    def _refuse_twice(self, limits: Iterable[Limit], criteria: Iterable[Criterion]) -> None:
        keys: list[tuple[str, str, str, str]] = [(x.stage_id, x.fact, x.bound, x.outcome) for x in limits]
        keys += [(x.stage_id, x.fact, x.bound, x.decision) for x in criteria]
        for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
            stage_id, fact, bound, what = key
            self._mistakes.append(f"{fact} has two values for {bound} ({what}) in {stage_id}: keep one")

    def _text(self, block: dict[str, Any], key: str, where: str) -> str:
        value = block.pop(key, None)
        if isinstance(value, str) and value.strip():
            return value
        self._mistakes.append(f"{where} has no {key}" if value is None else f"{where}: {key} must be a text in quotes")
        return ""

    def _choice(self, block: dict[str, Any], key: str, allowed: tuple[str, ...], where: str) -> Any:  # noqa: ANN401 - one of the Literals of protocol.py
        value = self._text(block, key, where)
        if value and value not in allowed:
            self._mistakes.append(f"{where}: {key} is {value!r}, expected one of {', '.join(allowed)}")
        return value

    def _unknown(self, block: dict[str, Any], known: tuple[str, ...], where: str) -> None:
        self._mistakes += [f"{where}: unknown key {key!r}. {nearest(key, known)}" for key in block]


def _is_amount(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= LARGEST_VALUE
