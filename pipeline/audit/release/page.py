"""The report as a page: one file that loads nothing, with a table of checks and plots."""

import html

from pipeline.audit.release.checks import Check
from pipeline.audit.release.numbers import Numbers
from pipeline.audit.release.plots import bars, histogram_plot
from pipeline.audit.release.report import Report
from schemas.jobs.release import CheckName, Threshold

_STYLE = (
    "body{font:15px sans-serif;margin:2em auto;max-width:1200px}table{border-collapse:collapse}"
    "td,th{padding:.25em .8em;text-align:left;vertical-align:top;border-bottom:1px solid #ddd}"
    ".passed{color:#262}.failed{color:#b00;font-weight:bold}.warning{color:#a60;font-weight:bold}"
    ".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(580px,1fr));gap:1em}"
    "td.small{font-size:12px;max-width:420px;overflow-wrap:anywhere}"
)
_SHARES: dict[CheckName, str] = {
    "task_share": "Tasks",
    "group_share": "Groups that move",
    "strength_share": "Strength: mean CIEDE2000 from input to target",
    "hue_named_share": "Hues that words speak of",
    "hue_seen_share": "Hues that pictures show",
    "scene_share": "Scenes",
}
_COUNTS = {
    "effect": "Sliders by their effect, in mean CIEDE2000",
    "rail": "Sliders at an end of their range",
    "origin": "Origins",
    "licence": "Sources of each licence",
    "rejected": "Rejected pairs, by reason",
}
_MOST = 25
"""Bars of a plot."""


def page(report: Report, numbers: Numbers) -> str:
    """The page in HTML. Whatever comes from the data set is escaped."""
    verdict = status(report)
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Release audit: {verdict}</title>"
        f"<style>{_STYLE}</style><h1>Release audit: {verdict}</h1>"
    )
    thresholds = report.thresholds
    facts = {
        "data set": report.fingerprint,
        "made by": f"unretouch {report.made_by}, process {report.process}",
        "thresholds": f"{thresholds.file}, version {thresholds.version}, SHA-256 {thresholds.sha256}",
        "licences for": report.licences_for or "any use",
        "sources": f"{report.sources:,}",
        "pairs": f"{report.pairs:,}, of which {report.judged:,} had their words checked against their pictures",
    }
    about = "".join(f"<tr><th>{name}</th><td>{html.escape(text)}</td></tr>" for name, text in facts.items())
    checks = "".join(map(_check_row, report.checks))
    plots = [_figure(title, _shares(report, name)) for name, title in _SHARES.items()]
    plots += [
        _figure(title, bars({name or "none": count for name, count in list(report.counts[part].items())[:_MOST]}))
        for part, title in _COUNTS.items()
    ]
    plots += [_figure(name, histogram_plot(numbers.column(name))) for name in numbers.names]
    return (
        f"{head}<table>{about}</table><h2>Checks</h2><table><tr><th>check</th><th>value</th><th>bound</th><th></th>"
        f"<th>made of</th><th>examples</th></tr>{checks}</table><h2>Shares and counts</h2>"
        f"<div class=plots>{''.join(plots)}</div></html>\n"
    )


def status(report: Report) -> str:
    """The verdict in one word."""
    return "passed" if report.passed else "blocked"


def outcome(check: Check) -> str:
    """What became of a check, in one word."""
    return "passed" if check.passed else "failed" if check.blocks else "warning"


def bound_text(threshold: Threshold) -> str:
    """A threshold as a person reads it."""
    parts = [f"{sign} {bound:g}" for sign, bound in (("≥", threshold.min), ("≤", threshold.max)) if bound is not None]
    return " and ".join(parts)


def value_text(value: float | None) -> str:
    """A number as a person reads it."""
    return "nothing to measure" if value is None else f"{value:.4g}"


def _check_row(check: Check) -> str:
    detail = ", ".join(f"{name}: {value:.4g}" for name, value in list(check.detail.items())[:_MOST])
    cells = (check.name.replace("_", " "), value_text(check.value), bound_text(check.threshold))
    found = outcome(check)
    return (
        "<tr>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells)
        + f'<td class="{found}">{found}</td><td class="small">{html.escape(detail)}</td>'
        + f'<td class="small">{html.escape(", ".join(check.examples))}</td></tr>'
    )


def _shares(report: Report, name: CheckName) -> str:
    check = next(check for check in report.checks if check.name == name)
    return bars(check.detail, percent=True, bound=check.threshold.min)


def _figure(title: str, plot: str) -> str:
    return f"<div><h3>{html.escape(title)}</h3>{plot}</div>"
