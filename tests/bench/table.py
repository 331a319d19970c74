"""The table: medians of the rounds, their ratios, and the verdict against the goals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from tests.bench.jobs import Job

RESTLESS = 0.25
"""How far the bare page may vary between rounds before the figures say nothing."""
GOALS: dict[str, tuple[float, float]] = {
    "B1": (3.0, 1.5),
    "B2a": (1.5, 1.1),
    "B2b": (1.5, 1.1),
    "B3a": (0.95, 0.98),
    "B3b": (3.0, 1.5),
    "B4": (2.5, 2.0),
    "B5": (5.0, 3.0),
    "B5p": (10.0, 5.0),
    "B5g": (1.5, 1.2),
    "B5w": (1.5, 1.2),
    "B6a": (1.5, 1.3),
    "B6b": (1.5, 1.3),
    "B7a": (2.5, 2.0),
    "B7b": (3.0, 2.0),
    "B8": (10.0, 5.0),
    "B9a": (80.0, 55.0),
    "B9b": (1.0, 0.4),
    "B10": (15.0, 8.0),
    "B10m": (10.0, 6.2),
    "B11a": (3.0, 1.5),
    "B11b": (1.5, 1.1),
    "B11c": (1.5, 1.1),
}
"""At most, and what is aimed at; for B3a at least."""
BESIDE = {
    "login": "bare", "B1": "same", "B2a": "B1", "B2b": "B1", "B6a": "hello", "B6b": "hello",
    "B7a": "login", "B7b": "login", "B12": "login", "B11a": "reviewed", "B11b": "B11a", "B11c": "B11a",
}  # fmt: skip
"""What the CPU of a job is divided by."""
WORDS = (0, 1, 5, 8)
"""Columns that hold words."""


@dataclass(frozen=True)
class Line:
    """One line as it is printed; figures that do not apply are None."""

    key: str
    words: str
    cpu: float | None = None
    value: float | None = None
    unit: str = ""
    rate: float | None = None
    p50: float | None = None
    p99: float | None = None


def lines(jobs: Mapping[str, Job], memory: float, starts: list[float]) -> list[Line]:
    """What was measured, in the order of the jobs."""
    cpu = {key: median(job.cpu) for key, job in jobs.items() if job.cpu}
    for key in ("B7b", "B3b"):
        cpu[key] -= cpu["cheap"]
    found = []
    for key, job in jobs.items():
        if key == "cheap":
            continue
        value, unit = None, ""
        if key in BESIDE:
            value, unit = cpu[key] / cpu[BESIDE[key]], f"× {BESIDE[key]}"
        elif key == "B3a" and all(jobs["raw"].rate):
            value, unit = median(job.rate) / median(jobs["raw"].rate), "× raw"
        elif key == "B3b":
            value, unit = cpu[key], "ms"
        elif key == "B8":
            value, unit = median(job.p99) / median(jobs["calm"].p99), "× calm, p99"
        found.append(
            Line(key, job.words, cpu[key], value, unit, median(job.rate), median(job.p50), median(job.p99))
        )
    found.append(Line("B9a", "a worker's anonymous memory", value=memory, unit="MiB"))
    found.append(Line("B9b", "start to first page", value=median(starts), unit="s"))
    return found


def verdict(key: str, value: float | None) -> str:
    """Where a figure stands between its goals."""
    if key not in GOALS or value is None:
        return ""
    most, aim = GOALS[key]
    reaches: Callable[[float], bool] = (lambda g: value >= g) if aim > most else (lambda g: value <= g)
    return "aim" if reaches(aim) else "ok" if reaches(most) else "OVER"


def restless(jobs: Mapping[str, Job]) -> float:
    """How far the bare page went up and down, as a part of its median."""
    cpu = jobs["bare"].cpu
    return (max(cpu) - min(cpu)) / median(cpu)


def print_table(found: list[Line], calm: bool) -> None:
    """One table for people."""
    bare = next((line.cpu for line in found if line.key == "bare"), None)
    head = ["", "job", "CPU ms", "÷ bare", "value", "", "goal", "aim", "", "req/s", "p50 ms", "p99 ms"]
    rows = [head]
    for line in found:
        most, aim = GOALS.get(line.key, (None, None))
        ratio = line.cpu / bare if line.cpu and bare else None
        rows.append([
            line.key if line.key[0] == "B" else "", line.words, _figure(line.cpu), _figure(ratio, 1),
            _figure(line.value), line.unit, _figure(most), _figure(aim), verdict(line.key, line.value) if calm else "?",
            _figure(line.rate, 0 if line.rate and line.rate > 20 else 1), _figure(line.p50, 1), _figure(line.p99, 1),
        ])  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        cells = [
            cell.ljust(width) if column in WORDS else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def _figure(number: float | None, digits: int = 2) -> str:
    return "" if number is None else f"{number:,.{digits}f}"
