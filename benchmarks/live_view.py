"""The lab in a real browser: frames a second, steps a second, cost and latency of a frame."""

import argparse
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import app_page
from benchmarks.report import Row, percentile, run

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


def latencies(page: Page, count: int) -> list[float]:
    """Milliseconds from a control to a picture that has taken it into account."""
    slider = [100 + i % 30 for i in range(count)]
    data = ["moons", "ring", "circles", "ring"] * (count // 8)
    moved = page.evaluate(LATENCY, [".row:has(#lab-lr_d) input[type=range]", "input", slider])
    picked = page.evaluate(LATENCY, ["[data-data=$] input", "click", data])
    return moved + picked


def measure(options: argparse.Namespace) -> list[Row]:
    """Open the page, let it train as fast as it goes, and measure."""
    seconds, count = (8.0, 24) if options.quick else (20.0, 80)
    with app_page() as app:
        page = app.page
        complaints: list[Any] = []
        page.on("console", lambda message: complaints.append(message))
        page.goto(app.url)
        page.wait_for_function("window.ganplay && ganplay.begun && ganplay.drawn > 3")
        page.fill(".seed", str(options.first_seed))
        page.focus(".speed")
        page.keyboard.press("End")
        page.wait_for_timeout(4000)
        gained = app.gained(seconds, "{ drawn: ganplay.drawn }")
        times = latencies(page, count)
    cost = gained["frame_seconds"] / gained["frames"]
    return [
        Row("frames drawn", gained["drawn"], "1/s", ">= 50"),
        Row("steps trained meanwhile", gained["steps"], "1/s", ">= 200"),
        Row("server time of a frame", 1000 * cost, "ms", "<= 5"),
        Row("control to changed picture, p50", percentile(times, 0.5), "ms"),
        Row("control to changed picture, p95", percentile(times, 0.95), "ms", "<= 150"),
        Row("messages in the console", len(complaints), "", "== 0"),
    ]


if __name__ == "__main__":
    run(measure)
