"""The files of an evaluation: a row a sample, a table, and a page with before, ours and the expert's side by side."""

import html
import json
from pathlib import Path

import pyarrow.parquet as pq
from torch import Tensor

from operators.resize import resize
from pipeline.images.codec import encode
from pipeline.training.evaluation import Evaluation, Method, TestPairs
from schemas.config import ImageConfig

PAGE = "index.html"

_SHOWN = 24
_SIDE = 480
_STYLE = (
    "body{font:15px sans-serif;margin:2em;max-width:1500px}table{border-collapse:collapse}"
    "td,th{padding:.2em .8em;text-align:right}td:first-child,th:first-child{text-align:left}"
    "tr.all td{border-top:1px solid #999}figure{display:flex;gap:8px;margin:1em 0}img{max-width:32%}"
)


def write_evaluation(evaluation: Evaluation, pairs: TestPairs, model: Method, out: Path) -> None:
    """Write `samples.parquet`, `table.json`, `index.html` and its pictures into a folder.

    Args:
        evaluation: results; the model's are those of the method "ours".
        pairs: the pairs that were evaluated, of which some are shown, spread evenly.
        model: the model.
        out: the folder, made if it is missing.
    """
    pictures = out / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    pq.write_table(evaluation.samples, out / "samples.parquet")
    (out / "table.json").write_text(json.dumps(table(evaluation), indent=2) + "\n")
    count = min(_SHOWN, len(pairs))
    figures = []
    for number, pair in enumerate(pairs[i * len(pairs) // count] for i in range(count)):
        names = []
        for kind, picture in (("before", pair.input), ("ours", model(pair)), ("expert", pair.target)):
            names.append(f"pictures/{number:02d}-{kind}.jpg")
            (out / names[-1]).write_bytes(_jpeg(picture))
        images = "".join(f'<img src="{name}" alt="">' for name in names)
        figures.append(f"<h3>{html.escape(f'{pair.key}: {pair.task}, {pair.groups}')}</h3><figure>{images}</figure>")
    page = (
        f"<!doctype html><meta charset=utf-8><title>Evaluation</title><style>{_STYLE}</style>{_html_table(evaluation)}"
    )
    (out / PAGE).write_text(page + "<h2>Before, ours, the expert's</h2>" + "".join(figures), encoding="utf-8")


def table(evaluation: Evaluation) -> list[dict[str, object]]:
    """One row a part and method, with all figures."""
    keys = sorted(evaluation.closeness, key=lambda key: (key[1] != "all", not key[1].startswith("task"), key[1]))
    return [
        {"part": part, "method": method}
        | evaluation.closeness[method, part]._asdict()
        | vars(evaluation.likeness[method, part])
        for method, part in keys
    ]


def _html_table(evaluation: Evaluation) -> str:
    rows = table(evaluation)
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
