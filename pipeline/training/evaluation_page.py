"""The page of an evaluation: a table, and before, ours and the expert's side by side."""

import html
import json
from pathlib import Path

from torch import Tensor

from operators.resize import resize
from pipeline.images.codec import encode
from pipeline.training.evaluation import TestPair
from schemas.config import ImageConfig

PAGE = "index.html"

_SHOWN = 24
_SIDE = 480
_STYLE = (
    "body{font:15px sans-serif;margin:2em;max-width:1500px}table{border-collapse:collapse}"
    "td,th{padding:.2em .8em;text-align:right}td:first-child,th:first-child{text-align:left}"
    "tr.all td{border-top:1px solid #999}figure{display:flex;gap:8px;margin:1em 0}img{max-width:32%}"
)


class Page:
    """A page with a table, and some pairs side by side. Pictures are written at once, and not kept.

    Args:
        out: its folder, made if it is missing.
        count: pairs that will come, of which some are shown, spread evenly.
    """

    def __init__(self, out: Path, count: int) -> None:
        self._out = out
        shown = min(_SHOWN, count)
        self._shown = {i * count // shown for i in range(shown)}
        self._figures: list[str] = []
        (out / "pictures").mkdir(parents=True, exist_ok=True)

    def add(self, number: int, pair: TestPair, ours: Tensor) -> None:
        """Show a pair, if its number is one of those that are shown."""
        if number not in self._shown:
            return
        names = []
        for kind, picture in (("before", pair.input), ("ours", ours), ("expert", pair.target)):
            names.append(f"pictures/{len(self._figures):02d}-{kind}.jpg")
            (self._out / names[-1]).write_bytes(_jpeg(picture))
        images = "".join(f'<img src="{name}" alt="">' for name in names)
        title = html.escape(f"{pair.key}: {pair.task}, {pair.groups}")
        self._figures.append(f"<h3>{title}</h3><figure>{images}</figure>")

    def write(self, table: list[dict[str, object]]) -> Path:
        """Write the page, and the table as JSON beside it."""
        (self._out / "table.json").write_text(json.dumps(table, indent=2) + "\n")
        head = f"<!doctype html><meta charset=utf-8><title>Evaluation</title><style>{_STYLE}</style>"
        body = _html_table(table) + "<h2>Before, ours, the expert's</h2>" + "".join(self._figures)
        (self._out / PAGE).write_text(head + body, encoding="utf-8")
        return self._out / PAGE


def _html_table(rows: list[dict[str, object]]) -> str:
    head = "".join(f"<th>{html.escape(name)}</th>" for name in rows[0])
    body = []
    for before, row in zip([None, *rows], rows, strict=False):
        cells = "".join(f"<td>{html.escape(_text(value))}</td>" for value in row.values())
        first = before is None or before["part"] != row["part"]
        body.append(f"<tr{' class=all' if first else ''}>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(body)}</table>"


def _text(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _jpeg(picture: Tensor) -> bytes:
    return encode(resize(picture, _SIDE), ImageConfig(quality=90))
