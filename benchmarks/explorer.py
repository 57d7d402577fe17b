"""The Explore view in a real browser: from a slider to changed pixels, and walks.

A time ends when the browser has drawn a frame with the new picture, so up to a sixtieth of a second
of it is the wait for that frame. The same model behind a `gr.Slider` and a `gr.Image` is measured
in the same run; the two are compared without that wait: until the canvas, or the image, has its new
pixels.
"""

import argparse
from typing import Any

from playwright.sync_api import Page

import ganplay
from benchmarks import walks
from benchmarks.browser import app_page, chromium
from benchmarks.report import Row, percentile, run
from benchmarks.servers import running

MODEL = "digits-conditional"
PLACES = 37
"""Values that a slider is moved to in turn."""

# Tells when a picture is put on Explore's canvas, and when a frame with it has been drawn.
WATCH = """
() => {
  window.drawn = 0;
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...all) {
    put.apply(this, all);
    if (!this.canvas.matches(".ex-picture")) return;
    window.drawn += 1;
    const at = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.told?.([at, performance.now()])));
  };
}
"""
# Single moves of the hand, each waited for.
MOVES = """
async ([selector, count, places]) => {
  const slider = document.querySelector(selector), times = [];
  for (let i = 0; i < count; i++) {
    const seen = new Promise((done) => { window.told = done; });
    const start = performance.now();
    slider.value = -3.6 + 0.2 * ((i * 11) % places);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    times.push((await seen).map((at) => at - start));
    await new Promise((next) => setTimeout(next, 20 + 40 * Math.random()));
  }
  return times;
}
"""
# A drag: a move for every event that a hand's pointer gives, 125 a second.
DRAG = """
async ([selector, seconds]) => {
  const slider = document.querySelector(selector), start = performance.now(), before = drawn;
  let moves = 0;
  while (performance.now() - start < 1000 * seconds) {
    slider.value = 3.5 * Math.sin((performance.now() - start) / 400);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    moves += 1;
    await new Promise((next) => setTimeout(next, 8));
  }
  const passed = (performance.now() - start) / 1000;
  await new Promise((next) => setTimeout(next, 500));
  const canvas = document.querySelector(".ex-picture"), { text } = ganplay.explore.shown;
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return { rate: (drawn - before) / passed, moves, amount: slider.valueAsNumber, text,
    pixels: [...pixels].filter((_, i) => i % 4 === 0) };
}
"""
# On Gradio's page: its picture is an `img` that gets a new address.
WATCH_GRADIO = """
() => document.addEventListener("load", ({ target }) => {
  if (target.matches?.("img")) window.told?.([performance.now()]);
}, true)
"""


def is_last(seen: dict[str, Any]) -> bool:
    """Whether what stands on the canvas after a drag is what its last position gives."""
    model = ganplay.load(MODEL)
    state, problems = ganplay.read_state(seen["text"], MODEL, model.space)
    amount = sum(amount for _, amount in state.moves)  # of the one slider that was moved
    return (
        not problems
        and abs(amount - seen["amount"]) < 1e-9
        and model.render([state])[0, 0].flatten().tolist() == seen["pixels"]
    )


def sliders(page: Page, url: str, count: int, seconds: float) -> tuple[list[Row], float]:
    """From a slider to pixels in the Explore view; milliseconds to the canvas stand apart."""
    complaints: list[Any] = []
    page.on("console", lambda message: complaints.append(message))
    page.goto(f"{url}#explore=1;model:{MODEL}")
    page.wait_for_function("window.ganplay?.explore?.drawn > 0")
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    slider = ".ex-direction input[type=range]"
    page.evaluate(MOVES, [slider, 10, PLACES])  # unmeasured
    canvas, times = zip(*page.evaluate(MOVES, [slider, count, PLACES]), strict=True)
    seen = page.evaluate(DRAG, [slider, seconds])
    rows = [
        Row("slider to changed pixels, p50", percentile(list(times), 0.5), "ms", "<= 20"),
        Row("slider to changed pixels, p95", percentile(list(times), 0.95), "ms", "<= 40"),
        Row("pictures while dragging", seen["rate"], "1/s", ">= 40"),
        Row("the last position is what is drawn", float(is_last(seen)), "", "== 1"),
        Row("messages in the console", len(complaints), "", "== 0"),
    ]
    return rows, percentile(list(canvas), 0.5)


def through_gradio(count: int) -> list[float]:
    """Milliseconds from Gradio's slider to changed pixels of Gradio's image."""
    with running("benchmarks.slider_page", "--model", MODEL) as server, chromium() as browser:
        page = browser.new_page()
        page.goto(server.url)
        page.wait_for_selector("input[type=range]")
        page.wait_for_timeout(2000)
        page.evaluate(WATCH_GRADIO)
        page.evaluate(MOVES, ["input[type=range]", 5, PLACES])  # unmeasured
        times = page.evaluate(MOVES, ["input[type=range]", count, PLACES])
    return [time for (time,) in times]


def measure(options: argparse.Namespace) -> list[Row]:
    """Open both pages and measure."""
    count, seconds = (60, 3.0) if options.quick else (300, 10.0)
    with app_page() as app:
        rows, ours = sliders(app.page, app.url, count, seconds)
    theirs = percentile(through_gradio(count // 3), 0.5)
    rows += [
        Row("slider to the canvas, p50", ours, "ms"),
        Row("gr.Slider to gr.Image, p50", theirs, "ms"),
        Row("that is so many times slower", theirs / ours, "", ">= 4"),
    ]
    return rows + walks.rows(options.quick)


if __name__ == "__main__":
    run(measure)
