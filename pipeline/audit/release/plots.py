"""Plots as SVG that stands in a page: bars and histograms, without a library and without a network."""

import html
import textwrap
from collections.abc import Mapping, Sequence

from numpy import histogram, isfinite, ndarray

WIDTH, LINE = 560, 20
_LABEL, _VALUE = 190, 70
_BAR, _INK = "#4a7fb5", "#222"
_LETTERS = 30
"""Letters of a label."""
_TALL = 120
_BINS = 40


def bars(values: Mapping[str, float], percent: bool = False, bound: float | None = None) -> str:
    """Horizontal bars, one a name.

    Args:
        values: numbers of 0 or more, by name.
        percent: whether they are shares.
        bound: where to draw a line through all bars, such as a threshold.
    """
    if not values:
        return "<p>none</p>"
    room, most = WIDTH - _LABEL - _VALUE, max([*values.values(), bound or 0]) or 1
    parts = []
    for number, (name, value) in enumerate(values.items()):
        y, length = number * LINE, room * value / most
        text = f"{100 * value:.1f} %" if percent else f"{value:,.6g}"
        parts += [
            _text(_LABEL - 8, y + 14, textwrap.shorten(name, _LETTERS, placeholder="…"), "end"),
            f'<rect x="{_LABEL}" y="{y + 3}" width="{length:.1f}" height="{LINE - 6}" fill="{_BAR}"/>',
            _text(_LABEL + length + 6, y + 14, text),
        ]
    height = LINE * len(values)
    if bound is not None:
        x = _LABEL + room * bound / most
        parts.append(f'<path d="M{x:.1f} 0V{height}" stroke="#b33" stroke-dasharray="3 3"/>')
    return _svg(height, parts)


def histogram_plot(values: ndarray) -> str:
    """A histogram of numbers, (N,)."""
    finite = values[isfinite(values)]
    if not len(finite):
        return "<p>none</p>"
    counts, edges = histogram(finite, bins=_BINS)
    most, step = int(counts.max()), WIDTH / _BINS
    parts = [
        f'<rect x="{i * step:.1f}" y="{_TALL * (1 - count / most):.1f}" width="{step - 1:.1f}" '
        f'height="{_TALL * count / most:.1f}" fill="{_BAR}"/>'
        for i, count in enumerate(counts.tolist())
    ]
    parts += [_text(0, _TALL + 15, f"{edges[0]:.4g}"), _text(WIDTH, _TALL + 15, f"{edges[-1]:.4g}", "end")]
    return _svg(_TALL + LINE, parts)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{_INK}">{html.escape(text)}</text>'


def _svg(height: float, parts: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img" font-size="12">{"".join(parts)}</svg>'
