"""What every benchmark shares: its flags, its rows, how they are printed and when it fails."""

import argparse
import json
import operator
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, NoReturn


@dataclass(frozen=True)
class Row:
    """One figure. `bound` is such as ">= 3.5"; without one it is only reported."""

    name: str
    value: float
    unit: str
    bound: str = ""

    @property
    def holds(self) -> bool:
        """Whether the value keeps its bound (NaN keeps none)."""
        if not self.bound:
            return True
        sign, number = self.bound.split()
        compare = {">=": operator.ge, "<=": operator.le, "==": operator.eq}[sign]
        return compare(self.value, float(number))


def arguments(
    description: str, argv: Sequence[str] | None = None, **own: str
) -> argparse.Namespace:
    """Flags that all benchmarks take, and a benchmark's own: its help by its name."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="end soon: within one minute or two")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="default 0")
    for name, text in own.items():
        parser.add_argument(f"--{name}", help=text)
    return parser.parse_args(argv)


def run(measure: Callable[[argparse.Namespace], Sequence[Row]], **own: str) -> NoReturn:
    """Measure and print as the command line says, and end the process as `finish` says.

    Args:
        measure: is given the flags. Its module's docstring is the help text.
        own: see `arguments`.
    """
    options = arguments(sys.modules[measure.__module__].__doc__ or "", **own)
    sys.exit(finish(measure(options), options.json))


def finish(rows: Sequence[Row], as_json: bool, **more: Any) -> int:
    """Print the rows, in JSON with what else there is by its name; 0 if every bound holds, else 1.

    JSON is a list of the rows, or an object with `rows` where there is more.
    """
    if as_json:
        plain = [asdict(row) | {"holds": row.holds} for row in rows]
        print(json.dumps({"rows": plain, **more} if more else plain, indent=2))
    else:
        width = max(len(row.name) for row in rows)
        for row in rows:
            mark = "" if not row.bound else "holds" if row.holds else "FAILS"
            print(f"{row.name:{width}}  {row.value:10.4g}  {row.unit:10}  {row.bound:10}  {mark}")
    return 0 if all(row.holds for row in rows) else 1


def markdown(titles: Sequence[str], marks: str, lines: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; `marks` say how its columns are aligned, such as "--- ---:"."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (titles, marks.split(), *lines))


def write_section(path: Path, name: str, text: str) -> None:
    """Put a text between the marks `<!-- name -->` and `<!-- end of name -->` of a file.

    Raises:
        ValueError: if the file has no such marks.
    """
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = path.read_text(encoding="utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path} has no {begin.strip()} and {end}")
    path.write_text(f"{before}{begin}\n{text.strip()}\n\n{end}{after}", encoding="utf-8")


def percentile(values: list[float], share: float) -> float:
    """The value that a share of the values does not exceed."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)]


def rate(work: Callable[[], object], seconds: float, each: int = 1) -> float:
    """Units a second of `work`, a call of which does `each`; called once, and on till then."""
    calls, spent, start = 0, 0.0, time.perf_counter()
    while not calls or spent < seconds:
        work()
        calls += 1
        spent = time.perf_counter() - start
    return each * calls / spent


def paired_rows(
    name: str, what: str, bound: str,
    ours: Callable[[], float], textbook: Callable[[], float], pairs: int,
) -> list[Row]:  # fmt: skip
    """Our rate over that of the textbook's loop, and both rates, of `what` a second."""
    ratio, rate, base = paired_ratio(ours, textbook, pairs)
    return [
        Row(f"{name}: over textbook", ratio, "x", bound),
        Row(f"{name}: {what}", rate, "1/s"),
        Row(f"{name}: textbook", base, "1/s"),
    ]


def paired_ratio(
    ours: Callable[[], float], baseline: Callable[[], float], pairs: int
) -> tuple[float, float, float]:
    """Median ratio of two measurements taken in turns, and the median of each.

    Neighbours on a shared machine slow both halves of a pair alike, so ratios within pairs are
    steadier than either rate.
    """
    baseline(), ours()  # unmeasured: both start warm
    measured = []
    for _ in range(pairs):
        base = baseline()
        measured.append((ours(), base))
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    ratio = median(ours / base for ours, base in measured)
    return ratio, median(o for o, _ in measured), median(b for _, b in measured)
