"""A session at a terminal as an animated SVG.

Each of the terminal's lines is a strip with all that it showed. The strip moves behind a window of
one line, so that what does not change is drawn once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Sequence

import pyte

from drawing.svg import HEIGHT, Line, Picture, dim_as_blink, lines_of

SHORTEST, LONGEST, LAST = 0.05, 2.5, 6.0
"""Seconds that a screen is in sight: at least, at most, and the last one."""

STEP = HEIGHT + 6
"""From one line of a strip to the next. Without a gap, a scaled picture shows an edge of the next one."""

_UNFINISHED = re.compile(rb"\x1b[^a-zA-Z]*$")


@dataclass(frozen=True)
class Frame:
    """The terminal's lines, and the seconds that they are in sight."""

    lines: tuple[Line, ...]
    seconds: float


def frames(raw: bytes, times: Sequence[tuple[float, int]], size: tuple[int, int]) -> list[Frame]:
    """Return what was in sight. Each of `times` has a second, and how many bytes had come by then."""
    screen = pyte.Screen(*size)
    stream = pyte.ByteStream(screen)
    shown: list[tuple[float, tuple[Line, ...]]] = []
    fed = 0
    for when, until in times:
        # A sequence whose end is still to come waits for it.
        unfinished = _UNFINISHED.search(raw[fed:until])
        upto = fed + unfinished.start() if unfinished else until
        stream.feed(dim_as_blink(raw[fed:upto]))
        fed = upto
        lines = lines_of(screen)
        if shown and lines == shown[-1][1]:
            continue
        if shown and when - shown[-1][0] < SHORTEST:
            shown[-1] = shown[-1][0], lines
        else:
            shown.append((when, lines))
    ends = [when for when, _ in shown[1:]]
    lasting = [min(LONGEST, end - when) for end, (when, _) in zip(ends, shown)]
    return [Frame(lines, time) for time, (_, lines) in zip([*lasting, LAST], shown)]


def animated(shown: Sequence[Frame], size: tuple[int, int], title: str) -> str:
    """Draw the frames one after the other, again and again."""
    total = sum(frame.seconds for frame in shown)
    starts = [sum(frame.seconds for frame in shown[:at]) for at in range(len(shown))]
    picture = Picture(size, title)
    strips, moves = [], []
    for y in range(size[1]):
        steps = [
            (start, frame.lines[y])
            for at, (start, frame) in enumerate(zip(starts, shown))
            if not at or frame.lines[y] != shown[at - 1].lines[y]
        ]
        strip = list(dict.fromkeys(line for _, line in steps))
        drawn = "".join(picture.line(line, at * STEP) for at, line in enumerate(strip))
        strips.append(
            f'<svg y="{y * HEIGHT}" width="{picture.wide}" height="{HEIGHT}"><g id="y{y}">{drawn}</g></svg>'
        )
        keys = (
            f"{start / total:.3%}{{transform:translateY({-STEP * strip.index(line)}px)}}"
            for start, line in steps
        )
        if len(steps) > 1:
            moves.append(f"@keyframes y{y}{{{''.join(keys)}}}#y{y}{{animation-name:y{y}}}")
    timing = f"g{{animation:{total:.2f}s step-end infinite}}"
    return picture.framed(strips, "\n".join((timing, *moves)))
