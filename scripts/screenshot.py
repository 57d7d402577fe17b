"""Takes the README's picture of the page: `python scripts/screenshot.py docs/lab.png`."""

import sys

from playwright.sync_api import sync_playwright

from ganplay.ui.app import launch

STEPS = 640
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]  # fmt: skip


def main() -> None:
    """Let the first preset learn for a while, then pause and take the picture."""
    demo, url = launch("127.0.0.1", block=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768}, color_scheme="light")
        page.goto(url)
        page.wait_for_function(f"window.ganplay?.frame?.step > {STEPS}", timeout=60_000)
        page.click(".toggle")
        page.wait_for_timeout(2500)  # the sentence at the top is renewed every two seconds
        page.screenshot(path=sys.argv[1])
        browser.close()
    demo.close(verbose=False)


if __name__ == "__main__":
    main()
