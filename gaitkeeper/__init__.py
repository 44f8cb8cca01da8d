"""Gaitkeeper from Python: `gaitkeeper.open(home)` is the log, its charts, and a connection that only reads.

What it needs is imported when it is used: `import gaitkeeper` itself costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaitkeeper.api import Log, open  # noqa: A004 - the name that people call, always with the package before it

__all__ = ["Log", "open"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the API has by that name
    if name not in __all__:
        raise AttributeError(f"module 'gaitkeeper' has no attribute {name!r}; it has: {', '.join(__all__)}")
    from gaitkeeper import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted(__all__)
