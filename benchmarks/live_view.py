"""The lab in a real browser: frames a second, steps a second, cost and latency of a frame."""

import shutil
import sys
import time
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Row, arguments, finish, percentile
from benchmarks.servers import totals
from ganplay.live.engine import Engine
from ganplay.server.app import launch

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()

# Moves controls as a hand does, and measures until a picture that knows of it has been drawn.
LATENCY = """
async ([selector, kind, values]) => {
  const draw = ganplay.draw.bind(ganplay), times = [];
  let done = null;
  ganplay.draw = (buffer) => {
    draw(buffer);
    if (done && ganplay.frame.applied >= ganplay.sent) done();
  };
  for (const value of values) {
    const input = document.querySelector(selector.replace("$", value));
    const before = ganplay.sent, start = performance.now();
    if (kind === "click") input.click();
    else { input.value = value; input.dispatchEvent(new Event(kind, { bubbles: true })); }
    await new Promise((next) => {
      done = () => { if (ganplay.sent > before) { done = null; next(); } };
    });
    times.push(performance.now() - start);
    await new Promise((next) => setTimeout(next, 60 + 40 * Math.random()));
  }
  ganplay.draw = draw;
  return times;
}
"""


def browser_path() -> str | None:
    """Where Chromium is."""
    return shutil.which("chromium") or shutil.which("google-chrome")


def latencies(page: Page, count: int) -> list[float]:
    """Milliseconds from a control to a picture that has taken it into account."""
    slider = [100 + i % 30 for i in range(count)]
    data = ["moons", "ring", "circles", "ring"] * (count // 8)
    moved = page.evaluate(LATENCY, [".row:has(#lab-lr_d) input[type=range]", "input", slider])
    picked = page.evaluate(LATENCY, ["[data-data=$] input", "click", data])
    return moved + picked


def observe(page: Page, engine: Engine, seconds: float) -> dict[str, float]:
    """What happens on both sides within some seconds."""

    def now() -> dict[str, float]:
        drawn = page.evaluate("({ drawn: ganplay.drawn, at: performance.now() / 1000 })")
        return drawn | totals(engine)

    before = now()
    page.wait_for_timeout(seconds * 1000)
    after = now()
    gained = {name: after[name] - before[name] for name in before}
    return {
        "fps": gained["drawn"] / gained["at"],
        "steps": gained["steps"] / gained["at"],
        "frame_ms": 1000 * gained["frame_seconds"] / gained["frames"],
    }


def main() -> int:
    """Open the page, let it train as fast as it goes, and measure."""
    options = arguments(__doc__)
    seconds, count = (8.0, 24) if options.quick else (20.0, 80)
    engine = Engine()
    demo, url = launch("127.0.0.1", block=False, engine=engine)
    rows: list[Row] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        complaints: list[Any] = []
        page.on("console", lambda message: complaints.append(message))
        page.goto(url)
        page.wait_for_function("window.ganplay && ganplay.begun && ganplay.drawn > 3")
        page.fill(".seed", str(options.first_seed))
        page.focus(".speed")
        page.keyboard.press("End")
        page.wait_for_timeout(4000)
        seen = observe(page, engine, seconds)
        times = latencies(page, count)
        rows = [
            Row("frames drawn", seen["fps"], "1/s", ">= 50"),
            Row("steps trained meanwhile", seen["steps"], "1/s", ">= 200"),
            Row("server time of a frame", seen["frame_ms"], "ms", "<= 5"),
            Row("control to changed picture, p50", percentile(times, 0.5), "ms"),
            Row("control to changed picture, p95", percentile(times, 0.95), "ms", "<= 150"),
            Row("messages in the console", len(complaints), "", "== 0"),
        ]
        browser.close()
    demo.close(verbose=False)
    engine.stop()
    time.sleep(0.2)
    return finish(rows, options.json)


if __name__ == "__main__":
    sys.exit(main())
