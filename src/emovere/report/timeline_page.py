"""Expressions over time as one HTML file that needs nothing else: lanes to point at or to walk through by keyboard.

Drawn as SVG, which stands also where scripts are switched off; everything is said in words and tables underneath. A
policy in the page lets nothing run but its own script, and nothing be loaded from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from PIL import Image

from emovere.files import atomic_write
from emovere.report.colours import colour_of
from emovere.report.people import SAID, clock
from emovere.report.symbols import symbol
from emovere.report.timeline_data import BRIEF_S, Lane, Piece, Recording, TimelineData
from emovere.report.timeline_shape import coarser, edged, ink_on, names_inside
from emovere.report.timeline_words import CAUTION, axis_time, duration, notes, shown, summary, ticks
from emovere.report.words import counted, percent

POINTS = 700
"""Most points of one lane; more than a screen has room for only make the file larger."""

ROWS = 400
"""Most events of one recording in its table."""

MARKS, AREA = 22, 66
"""Pixels of height: of the marks above a lane, and of the lane."""

HINT = (
    "Point at a lane, or focus it and use the arrow keys, for the mix at a time. "
    "Page Up and Page Down go from event to event."
)


def write_timeline_page(data: TimelineData, path: Path) -> None:
    """Write what was gathered as a page, whole or not at all. Raises OutputError.

    White (or the page's dark ground) is time without the face. Nobody seen gives a page that says so.
    """
    recordings = data.recordings()
    page = "".join(_page(data, recordings))
    with atomic_write(path) as file:
        file.write(page)


def _page(data: TimelineData, recordings: tuple[Recording, ...]) -> Iterator[str]:
    style, script = (_asset(f"timeline.{suffix}") for suffix in ("css", "js"))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    names = ", ".join(shown(recording.name, 60) for recording in recordings[:3]) or "nothing"
    yield f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Expressions over time: {escape(names)}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Expressions over time</h1>
<p><strong>{CAUTION}</strong></p>
<ul class="legend" aria-label="Legend">
"""
    for k in data.order:
        label = data.labels[k]
        yield f'<li><img class="face" alt="" src="{_symbol(label)}">{escape(label)}</li>\n'
    yield (
        '<li class="pale"><svg aria-hidden="true"><line class="comes" x1="11" x2="11" y1="0" y2="14"/></svg>'
        "comes or goes</li>\n"
        '<li class="pale"><svg aria-hidden="true"><rect class="episode" x="1" y="4" width="20" height="6" '
        'fill="#bbbbbb"/><circle class="apex" cx="13" cy="7" r="4.5" fill="#bbbbbb"/></svg>'
        f'an expression, at its height</li>\n</ul>\n<p class="pale hint">{HINT}</p>\n</header>\n<main>\n'
    )
    if not recordings:
        yield "<p>No face was followed.</p>\n"
    for number, recording in enumerate(recordings):
        yield from _section(data, recording, number)
    about = {
        "labels": [data.labels[k] for k in data.order],
        "colours": [colour_of(data.labels[k]) for k in data.order],
        "recordings": [_points(data, recording, number) for number, recording in enumerate(recordings)],
    }
    # a "<" could end the element it stands in
    text = json.dumps(about, separators=(",", ":")).replace("<", "\\u003c")
    yield f'</main>\n<script type="application/json" id="data">{text}</script>\n<script>{script}</script>\n'
    yield "</body>\n</html>\n"


def _section(data: TimelineData, recording: Recording, number: int) -> Iterator[str]:
    span = recording.begin_s, max(recording.end_s, recording.begin_s + 1e-3)
    heading = f"recording-{number}"
    yield f'<section aria-labelledby="{heading}">\n<h2 id="{heading}">{escape(shown(recording.name))}</h2>\n'
    told = [f"{duration(recording.end_s - recording.begin_s)} in all", *notes(recording, BRIEF_S)]
    yield f'<p class="pale">{escape(", ".join(told))}</p>\n'
    for lane in recording.lanes:
        yield from _lane(data, recording, lane, span, _id(number, lane))
    if recording.lanes:
        yield f'<div class="lane"><div></div><div class="axis" aria-hidden="true">{_axis(span)}</div></div>\n'
    else:
        yield "<p>No face was followed.</p>\n</section>\n"
        return
    yield '<h3>In words</h3>\n<ul class="words">\n'
    for lane in recording.lanes:
        # a number and its sign stay on one line
        yield f"<li>{escape(summary(lane, data.labels)).replace(' %', '&nbsp;%')}</li>\n"
    yield "</ul>\n"
    yield from _table(recording)
    yield "</section>\n"


def _lane(data: TimelineData, recording: Recording, lane: Lane, span: tuple[float, float], name: str) -> Iterator[str]:
    def x(seconds: float) -> str:
        return f"{100 * (seconds - span[0]) / (span[1] - span[0]):.3f}%"

    label = f"{summary(lane, data.labels)}, in {shown(recording.name, 60)}"
    yield (
        f'<div class="lane"><div class="who"><b>#{lane.track_id}</b><span class="pale">{duration(lane.seen_s)} seen'
        f'</span></div>\n<div class="plot" id="{name}" tabindex="0" role="slider" aria-label="{escape(label)}" '
        f'aria-valuemin="{span[0]:.2f}" aria-valuemax="{span[1]:.2f}" aria-valuenow="{span[0]:.2f}" '
        f'aria-valuetext="{axis_time(span[0])}">\n<svg aria-hidden="true">'
        f'<line class="ground" x1="0" x2="100%" y1="{MARKS + AREA}" y2="{MARKS + AREA}"/>'
        f'<svg class="areas" y="{MARKS}" width="100%" height="{AREA}" viewBox="0 0 10000 1000" '
        'preserveAspectRatio="none">'
    )
    pieces = coarser(lane, POINTS)
    for piece in pieces:
        yield from _areas(data, piece, span)
    yield "</svg>\n"
    for piece in pieces:
        for at, height, text in names_inside(piece, data, span[1] - span[0]):
            middle = MARKS + AREA * (1 - height)
            yield f'<text class="name" x="{x(at)}" y="{middle:.0f}" fill="{ink_on(text)}">{escape(text)}</text>'
    for event in lane.events:
        if event.kind in ("enter", "leave"):
            place = x(event.time_s)
            yield f'<line class="comes" x1="{place}" x2="{place}" y1="{MARKS - 5}" y2="{MARKS + AREA}"/>'
    for episode in lane.episodes:
        y, colour = 9 - 6 * min(episode.level, 1), colour_of(episode.emotion)
        width = x(span[0] + max(episode.end_s - episode.begin_s, 0.002 * (span[1] - span[0])))
        yield f'<rect class="episode" x="{x(episode.begin_s)}" y="{y - 3}" width="{width}" height="6" fill="{colour}"/>'
        if episode.apex_s is not None:
            yield f'<circle class="apex" cx="{x(episode.apex_s)}" cy="{y}" r="4.5" fill="{colour}"/>'
    yield "</svg>\n</div></div>\n"


def _areas(data: TimelineData, piece: Piece, span: tuple[float, float]) -> Iterator[str]:
    times, shares = edged(piece)
    across = [f"{10000 * (time - span[0]) / (span[1] - span[0]):.0f}" for time in times]
    floor = shares[:, 0] * 0
    for k in data.order:
        ceiling = floor + shares[:, k]
        upper = [f"{x} {1000 * (1 - y):.0f}" for x, y in zip(across, ceiling, strict=True)]
        lower = [f"{x} {1000 * (1 - y):.0f}" for x, y in zip(across, floor, strict=True)]
        yield f'<path fill="{colour_of(data.labels[k])}" d="M{"L".join(upper + lower[::-1])}Z"/>'
        floor = ceiling


def _axis(span: tuple[float, float]) -> str:
    marks = []
    for place, (at, text) in enumerate(ticks(*span)):
        share = (at - span[0]) / (span[1] - span[0])
        # the first and the last stay inside the page
        anchor = ' class="first"' if share < 0.02 else ' class="last"' if share > 0.98 else ""
        hidden = ' class="odd"' if place % 2 else ""
        line = f'<line class="ground" x1="{share:.3%}" x2="{share:.3%}" y1="0" y2="5"/>'
        marks.append(f'<g{hidden}>{line}<text{anchor} x="{share:.3%}" y="19">{text}</text></g>')
    return f"<svg>{''.join(marks)}</svg>"


def _table(recording: Recording) -> Iterator[str]:
    events = sorted((event for lane in recording.lanes for event in lane.events), key=lambda event: event.time_s)
    if not events:
        return
    caption = f"{counted(len(events), 'event')}" + (f", the first {ROWS} of them" if len(events) > ROWS else "")
    yield f"<details{' open' if len(events) <= 30 else ''}><summary>{caption}</summary>\n"
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Events"><table>\n<thead><tr>'
    yield "".join(f'<th scope="col">{name}</th>' for name in ("time", "person", "event", "probability"))
    yield "</tr></thead>\n<tbody>\n"
    for event in events[:ROWS]:
        said = SAID.get(event.kind, event.kind)
        what = f"{event.emotion} {said}" if event.emotion else said
        value = "" if event.value is None else percent(event.value)
        cells = (clock(event.time_s), f"#{event.track_id}", what, value)
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>\n"
    yield "</tbody></table></div></details>\n"


def _points(data: TimelineData, recording: Recording, number: int) -> dict[str, Any]:
    """What the script tells about a recording: shares in percent, labels in the order of the stack."""
    return {
        "begin": recording.begin_s,
        "end": max(recording.end_s, recording.begin_s + 1e-3),
        "last": recording.end_s,
        "lanes": [
            {
                "id": _id(number, lane),
                "name": f"#{lane.track_id}",
                "events": sorted({round(event.time_s, 3) for event in lane.events}),
                "pieces": [
                    {
                        "begin": round(piece.begin_s, 3),
                        "end": round(piece.end_s, 3),
                        "times": [round(float(time), 3) for time in piece.times],
                        "shares": [[round(100 * float(row[k])) for k in data.order] for row in piece.probs],
                    }
                    for piece in coarser(lane, POINTS)
                ],
            }
            for lane in recording.lanes
        ],
    }


def _id(number: int, lane: Lane) -> str:
    return f"lane-{number}-{lane.track_id}"


def _symbol(label: str) -> str:
    file = io.BytesIO()
    Image.fromarray(symbol(label, 48)).save(file, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _asset(name: str) -> str:
    return (resources.files("emovere") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
