"""What receivers answer, named by what follows for the message; any other failure to send is TryAgainLater."""

from __future__ import annotations

import re
from typing import Final

from pipeline.errors import GaitkeeperError, NeedsAttention, TryAgainLater

#: The longest answer of a server that is kept: its own sentence, not its manual.
MAX_ANSWER_CHARS: Final = 200

#: What to do about a refusal.
MEND_AND_REPEAT: Final = "Mend the address, then run `gaitkeeper deliver --again`."

_ADDRESS: Final = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


class ChannelDown(TryAgainLater):
    """The way is down for every message, not for this one alone."""


class ChannelClosed(NeedsAttention):
    """Nothing goes this way until somebody edits something; messages wait meanwhile."""


class Refused(GaitkeeperError):
    """The receiver refuses this one message for good."""


def said_by(answer: bytes | str) -> str:
    """Return what a server said as one short line: no control characters, and no address of a person."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return _ADDRESS.sub("<address>", line)[:MAX_ANSWER_CHARS].rstrip(" .")
