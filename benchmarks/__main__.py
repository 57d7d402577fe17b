"""All benchmarks one after another, and one table of them: `python -m benchmarks`.

Writes the table into docs/benchmarks.md, and all figures into docs/benchmarks.json.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import markdown, write_section

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "toy_speed", "arena", "image_speed", "live_view", "explorer", "sessions", "classroom",
    "rehearsal", "lessons", "diagnosis", "cold_start",
)  # fmt: skip
MACHINE = "{cpu}, {cores} cores, GPU: {gpu}; {system}, Python {python}, torch {torch}; {date}"
TITLES, MARKS = ("figure", "value", "bound", ""), "--- ---: --- ---"
"""Of the columns that `cells` fills."""
TABLE, ROWS = ROOT / "docs/benchmarks.md", ROOT / "docs/benchmarks.json"


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    import torch  # seconds, which the help text does not take

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    named = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "cpu": named[1] if named else platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "gpu": gpu,
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "date": time.strftime("%Y-%m-%d"),
    }


def measured(name: str, flags: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of one benchmark, in a process of its own."""
    line = [sys.executable, "-m", f"benchmarks.{name}", "--json", *flags]
    began = time.monotonic()
    print(f"{name} ", end="", file=sys.stderr, flush=True)
    done = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
    try:
        found = json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{name} ended with {done.returncode} and without figures") from None
    rows = found["rows"] if isinstance(found, dict) else found
    return [{"benchmark": name} | row for row in rows]


def cells(row: dict[str, Any]) -> list[str]:
    """A row as it stands in a table: name, value, bound, and whether it holds."""
    mark = "" if not row["bound"] else "holds" if row["holds"] else "**fails**"
    bound = row["bound"].replace(">=", "≥").replace("<=", "≤").replace("==", "=")
    return [
        row["name"].replace("|", "\\|"),
        f"{row['value']:.4g} {row['unit']}".strip(),
        bound,
        mark,
    ]


def as_markdown(about: dict[str, Any], rows: Sequence[dict[str, Any]], flags: Sequence[str]) -> str:
    """One table, with what it was measured on."""
    command = "python -m benchmarks" + ("" if flags else " --full")
    titles = ("benchmark", *TITLES)
    table = markdown(titles, f"--- {MARKS}", ([row["benchmark"], *cells(row)] for row in rows))
    return f"{MACHINE.format(**about)}: `{command}`.\n\n{table}\n"


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; nothing is written")
    parser.add_argument("--full", action="store_true", help="not in quick mode")
    options = parser.parse_args()
    if unknown := set(options.names) - set(NAMES):
        parser.error(f"{', '.join(sorted(unknown))}: one of {', '.join(NAMES)}")
    flags = [] if options.full else ["--quick"]
    rows = [row for name in options.names or NAMES for row in measured(name, flags)]
    about = machine()
    table = as_markdown(about, rows, flags)
    print(table)
    if not options.names:
        write_section(TABLE, "figures", table)
        ROWS.write_text(json.dumps({"machine": about, "rows": rows}, indent=1) + "\n", "utf-8")
    return 0 if all(row["holds"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
