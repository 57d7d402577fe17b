"""A cold start: from the command to the first paint, over the bare import of its libraries."""

import subprocess
import sys
import time

from playwright.sync_api import Browser, sync_playwright

from benchmarks.live_view import FLAGS, browser_path
from benchmarks.report import Row, arguments, finish, paired_ratio
from benchmarks.servers import served

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
    with served("ganplay.cli", "app") as (url, _):
        page.goto(url, wait_until="commit")
        page.wait_for_function(PAINTED)
        passed = time.perf_counter() - start
        page.close()
    return passed


def main() -> int:
    """Start and import in turns."""
    options = arguments(__doc__)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        ratio, ours, floor = paired_ratio(
            lambda: first_paint(browser), imports, 2 if options.quick else 7
        )
        browser.close()
    rows = [
        Row("command to first paint", ours, "s"),
        Row("import of torch and gradio", floor, "s"),
        Row("ratio", ratio, "", "<= 1.3"),
    ]
    return finish(rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
