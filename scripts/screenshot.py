"""Takes the README's pictures of the page: `python scripts/screenshot.py docs`."""

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from ganplay.server.app import launch


def lab(page: Page) -> None:
    """The first preset, after it has learnt for a while."""
    page.wait_for_function("ganplay.frame.step > 640", timeout=60_000)
    page.click(".toggle")
    page.wait_for_timeout(2500)  # the sentence at the top is renewed every two seconds


def slow(page: Page) -> None:
    """G's gradient at each fake, in slow motion."""
    page.wait_for_function("ganplay.frame.step > 400", timeout=60_000)
    page.click(".mode-slow")
    page.wait_for_function("ganplay.holdsPicture === 'slow'")
    for _ in range(8):
        page.click(".slow-on")
    page.wait_for_timeout(500)


def inside(page: Page) -> None:
    """Both nets, with a unit of D pointed at."""
    page.wait_for_function("ganplay.frame.step > 900", timeout=60_000)
    page.click(".mode-inside")
    page.click(".toggle")
    page.locator(".net-d .unit").nth(14).hover()
    page.wait_for_timeout(1500)
    page.evaluate("document.querySelector('.insides').scrollIntoView()")


def pair(page: Page) -> None:
    """Two at once: the same start, and B's discriminator four times as fast."""
    page.click(".mode-pair")
    page.wait_for_selector(".plane-second")
    page.check(".lanes [value=b]", force=True)
    page.fill("#lab-lr_d", "0.004")
    page.keyboard.press("Enter")
    page.wait_for_function("ganplay.frame.step > 700", timeout=60_000)
    page.click(".toggle")
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(2500)


def explore(page: Page) -> None:
    """A digit on the way along two directions, with what was seen before."""
    page.click("#view-explore")
    drawn = "window.ganplay.explore?.drawn > 0 && ganplay.explore.drawn === ganplay.explore.asked"
    page.wait_for_function(drawn)
    page.click(".ex-model:has-text('digits-conditional')")
    page.click(".ex-classes button:nth-child(4)")
    for seed in range(7, 13):
        page.fill("#ex-seed", str(seed))
        page.keyboard.press("Enter")
        page.wait_for_function(drawn)
    page.locator(".ex-direction input[type=number]").nth(1).fill("1.5")
    page.keyboard.press("Enter")
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(8000)  # the gallery comes after the picture


def learn(page: Page) -> None:
    """The first lesson, predicted and run."""
    page.click("#view-learn")
    page.click('[data-lesson="best-discriminator"]')
    page.locator("[name=ln-answer-0]").first.check()
    page.click('[data-does="answer"]')
    page.click('[data-does="on"]')
    page.click('[data-does="start_run"]')
    page.wait_for_selector('[data-does="on"]', timeout=180_000)
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(1, 1)
    page.wait_for_timeout(1500)


def arena(page: Page) -> None:
    """Learning rates of D by those of G, two seeds each."""
    page.click("#view-arena")
    page.select_option("#ar-axis-1", "lr_d")
    page.select_option("#ar-axis-2", "lr_g")
    page.fill("#ar-seeds", "2")
    page.click(".ar-make")
    page.wait_for_function("ganplay.arena?.step > 1500", timeout=180_000)
    page.click(".ar-toggle")
    page.hover("tbody tr:first-child")
    page.wait_for_timeout(1500)


PICTURES = (lab, slow, inside, pair, explore, learn, arena)
DARK = (slow,)
"""The others are taken in the light theme."""


def main() -> None:
    """Take each picture on a page of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go; it must be there")
    folder = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder}: there is no such folder")
    demo, url = launch("127.0.0.1", block=False)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        for prepare in PICTURES:
            context = browser.new_context(viewport={"width": 1366, "height": 768})
            page = context.new_page()
            scheme = "dark" if prepare in DARK else "light"
            kept = {"ganplay.theme": scheme, "ganplay.tour": "seen"}
            page.add_init_script(f"Object.assign(localStorage, {kept})")
            page.goto(url)
            page.wait_for_function("window.ganplay?.begun && ganplay.drawn > 3", timeout=60_000)
            prepare(page)
            page.add_style_tag(content=".tip-bubble { display: none; }")
            page.screenshot(path=folder / f"{prepare.__name__}.png")
            context.close()
        browser.close()
    demo.close(verbose=False)


if __name__ == "__main__":
    main()
