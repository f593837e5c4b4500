"""The tables of the speed benchmark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from rich.table import Table

from benchmarks.pool import Cost
from benchmarks.report import Figure
from benchmarks.runs import Split

FASTEST = "floor, scaled decode"
"""The codec's work where a source that is more than twice too large is decoded at a fraction of its size."""

FULL = "floor, full decode"


@dataclass
class Row:
    """One contestant.

    Attributes:
        name: what ran.
        processes: how many at a time, one thread each.
        per: what is counted: planned pairs, accepted pairs, or pictures where no pairs are made.
        costs: what each takes, one value a repeat.
    """

    name: str
    processes: int
    per: Literal["pair", "accepted pair", "picture"] = "pair"
    costs: list[Cost] = field(default_factory=list)

    @property
    def wall(self) -> Figure:
        """Milliseconds on the clock, over the repeats."""
        return Figure.of([1000 * cost.wall for cost in self.costs])

    @property
    def cpu(self) -> Figure:
        """Milliseconds of all processors together."""
        return Figure.of([1000 * cost.cpu for cost in self.costs])


def floor_of(row: Row, rows: Sequence[Row], floor: str) -> Row:
    """The floor of this name with as many processes, counted alike; the codec knows no rejects."""
    wanted = (floor, row.processes, "picture" if row.per == "picture" else "pair")
    return next(other for other in rows if (other.name, other.processes, other.per) == wanted)


def ratio(row: Row, rows: Sequence[Row], floor: str) -> float:
    """How many times the floor's wall time it takes."""
    return row.wall.median / floor_of(row, rows, floor).wall.median


def rows_table(rows: Sequence[Row]) -> Table:
    """All contestants: milliseconds, ratios to both floors, and what a second process brings.

    Processor time is what to look at where other programs use the machine.
    """
    table = Table(title="steady state: median and half the spread; ratios are to the floor on as many cores")
    columns = ("ms", "x scaled floor", "x full floor", "speed-up", "processor ms", "x scaled floor")
    for name in ("", "processes", "for a", *columns):
        table.add_column(name, justify="left" if name in ("", "for a") else "right")
    for row in rows:
        alone = next(one for one in rows if (one.name, one.per, one.processes) == (row.name, row.per, 1))
        table.add_row(
            row.name,
            str(row.processes),
            row.per,
            row.wall.text(),
            *(f"{ratio(row, rows, floor):.2f}" for floor in (FASTEST, FULL)),
            f"{alone.wall.median / row.wall.median:.2f}" if row is not alone else "",
            row.cpu.text(),
            f"{row.cpu.median / floor_of(row, rows, FASTEST).cpu.median:.2f}",
        )
    return table


def starts_table(runs: Mapping[int, Sequence[Split]]) -> Table:
    """The pipeline's fixed costs by number of workers."""
    table = Table(title="the pipeline's start, in seconds: what its commands take beside the pairs")
    for name in ("workers", "plan", "run", "run to first pair"):
        table.add_column(name, justify="right")
    for workers, splits in runs.items():
        columns = zip(*((split.plan_start, split.run_start, split.first_pair) for split in splits), strict=True)
        table.add_row(str(workers), *(Figure.of(values).text() for values in columns))
    return table
