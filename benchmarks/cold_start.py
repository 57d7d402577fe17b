"""A cold start: from the command to the first paint, over the bare import of its libraries."""

import argparse
import subprocess
import sys
import time

from playwright.sync_api import Browser

from benchmarks.browser import chromium
from benchmarks.report import Row, paired_ratio, run
from benchmarks.servers import running

FLOOR = "import torch, gradio"
PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0"


def imports() -> float:
    """Seconds that a process takes which only imports torch and gradio."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", FLOOR], check=True)
    return time.perf_counter() - start


def first_paint(browser: Browser) -> float:
    """Seconds from the command to the first paint of the page in a browser that is open."""
    page = browser.new_page()
    start = time.perf_counter()
    with running("ganplay.cli", "app") as server:
        page.goto(server.url, wait_until="commit")
        page.wait_for_function(PAINTED)
        passed = time.perf_counter() - start
        page.close()
    return passed


def measure(options: argparse.Namespace) -> list[Row]:
    """Start and import in turns."""
    pairs = 2 if options.quick else 7
    with chromium() as browser:
        ratio, ours, floor = paired_ratio(lambda: first_paint(browser), imports, pairs)
    return [
        Row("command to first paint", ours, "s"),
        Row("import of torch and gradio", floor, "s"),
        Row("ratio", ratio, "", "<= 1.3"),
    ]


if __name__ == "__main__":
    run(measure)
