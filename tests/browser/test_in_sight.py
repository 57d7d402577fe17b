"""What has to be in sight: on a projector, on a phone, and while a setting is changed."""

import pytest
from helpers.explore_page import FIRST
from helpers.pages import serious
from helpers.tab import Tab

SEEN = """(picture) => {
    const {left, top, right, bottom} = document.querySelector(picture).getBoundingClientRect();
    const clip = (low, high, most) => Math.max(0, Math.min(high, most) - Math.max(low, 0));
    const area = clip(left, right, innerWidth) * clip(top, bottom, innerHeight);
    const within = [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => document
        .elementFromPoint(left + x * (right - left), top + y * (bottom - top))));
    const free = within.filter((one) => one?.closest(".canvas-box, .ex-frame, .ln-large")).length;
    return Math.min(area / ((right - left) * (bottom - top)), free / within.length);
}"""
"""Which share of a picture is in the window, and not below something else."""
LEAST_SEEN = 0.95
SMALL = """() => {
    const walk = document.createTreeWalker(document.querySelector(".lab"), NodeFilter.SHOW_TEXT);
    const found = new Set();
    while (walk.nextNode()) {
        const {data, parentElement: one} = walk.currentNode;
        if (!data.trim() || one.closest("sub, sup, svg, .visually-hidden, .dot, .tip")) continue;
        if (one.matches("option, optgroup")) continue;
        if (!one.checkVisibility({visibilityProperty: true})) continue;
        const size = parseFloat(getComputedStyle(one).fontSize), {className, tagName} = one;
        if (size < 16) found.add(`${one.parentElement.className} ${tagName}.${className} ${size}`);
    }
    return [...found];
}"""
"""Words that nobody in the last row can read."""
NEEDED = {
    "lab": ".preset-list .data-list .seed .plane .toggle .step-d .step-both .mode-slow "
    ".verdict-name .timeline-slider .step-number",
    "explore": ".ex-short #ex-seed .ex-random .ex-truncation .ex-picture .ex-undo",
    "learn": ".ln-short .ln-title .ln-formula .ln-steps .ln-question",
    "arena": "#ar-base #ar-axis-1 #ar-seeds .ar-make .ar-toggle .ar-steps .ar-by",
}
"""By view: what one teaches with."""


def outside(tab, selectors):
    """Those of some parts that are not whole within the window."""
    size, found = tab.page.viewport_size, []
    for selector in selectors.split():
        box = tab.page.locator(selector).first.bounding_box()
        whole = box and min(box["x"], box["y"]) >= 0 and (
            box["x"] + box["width"] <= size["width"] and box["y"] + box["height"] <= size["height"]
        )  # fmt: skip
        if not whole:
            found.append((selector, box))
    return found


WHOLE = """(part) => {
    const {top, bottom} = document.querySelector(part).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
}"""


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=str)
def test_the_projector_shows_what_is_needed_in_every_view(chromium, server, size):
    viewport = dict(zip(("width", "height"), size, strict=True))
    tab = Tab(chromium, server.url, viewport=viewport)
    page = tab.page
    page.keyboard.press("p")
    assert page.get_attribute(".projecting", "aria-pressed") == "true"
    assert tab.see("location.hash") == "#view=projector"
    tab.see(f"(ganplay.views.opened.explore = '{FIRST}', 0)")
    for view, needed in NEEDED.items():
        page.click(f"#view-{view}")
        page.wait_for_selector(needed.split()[0])
        if view == "explore":
            page.wait_for_function("ganplay.explore?.drawn > 0")
            page.wait_for_selector(".ex-gauge[aria-valuenow]")
        assert not outside(tab, needed), view
        assert page.evaluate(SMALL) == [], view
        assert tab.fits()
        assert serious(tab) == [], view
    page.keyboard.press("?")
    assert "projector view" in tab.words(".help-body dl")
    assert page.evaluate(SMALL) == []
    page.keyboard.press("Escape")

    # Presets, data and lessons are lists.
    page.click("#view-learn")
    page.select_option(".ln-short", "mode-collapse")
    assert tab.see("ganplay.learn.lesson.name") == "mode-collapse"
    page.click("#view-lab")
    page.select_option(".preset-list", "collapse")
    tab.until("ganplay.config.steps_g === 10")
    page.select_option(".data-list", "moons")
    tab.until("ganplay.config.distribution === 'moons'")
    assert page.input_value(".preset-list") == ""

    # A reload keeps it; what leaves it is kept too.
    page.reload()
    tab.until("ganplay.drawn > 3 && ganplay.begun")
    page.wait_for_selector(".lab.projector")
    page.click(".projecting")
    assert tab.see("location.hash") == ""
    page.reload()
    tab.until("ganplay.drawn > 3 && ganplay.begun")
    assert not page.is_visible(".preset-list")
    tab.done()


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)], ids=str)
def test_what_a_slider_changes_is_in_sight(chromium, server, size):
    tab = Tab(chromium, server.url, viewport=dict(zip(("width", "height"), size, strict=True)))
    page = tab.page
    hidden_at = f"""async ([sliders, picture]) => {{
        const seen = {SEEN}, found = [];
        for (const one of document.querySelectorAll(sliders)) {{
            one.focus();
            one.scrollIntoView({{block: "nearest"}});
            await new Promise((done) => requestAnimationFrame(done));
            const share = seen(picture), {{top, bottom}} = one.getBoundingClientRect();
            const away = top < -2 || bottom > innerHeight + 2;
            if (share < {LEAST_SEEN} || away) found.push([one.outerHTML, share]);
        }}
        return [document.querySelectorAll(sliders).length, found];
    }}"""
    tab.pause()
    tab.see("document.querySelectorAll('.settings details').forEach((one) => (one.open = true))")
    count, hidden = page.evaluate(hidden_at, [".settings input[type=range]", ".plane"])
    assert count > 20
    assert hidden == []
    page.keyboard.press("p")  # on the projector as well
    assert page.evaluate(hidden_at, [".settings input[type=range]", ".plane"])[1] == []
    page.keyboard.press("p")
    tab.see(f"(ganplay.views.opened.explore = '{FIRST}', 0)")
    page.click("#view-explore")
    page.wait_for_function("ganplay.explore?.drawn > 0")
    page.click(".ex-dimensions-box summary")
    count, hidden = page.evaluate(hidden_at, [".ex-first input[type=range]", ".ex-picture"])
    assert count > 40
    assert hidden == []
    tab.done()


@pytest.mark.parametrize("width", [390, 360])
def test_a_phone_keeps_the_picture_in_sight(chromium, server, width):
    viewport = {"width": width, "height": 844}
    tab = Tab(chromium, server.url, viewport=viewport, has_touch=True, is_mobile=True)
    page = tab.page
    tab.pause()
    assert tab.see("document.querySelector('.desk').getBoundingClientRect().bottom") <= 2084
    assert tab.fits()
    # Settings are folded; what is opened scrolls by below the picture, and play stays at hand.
    page.tap(".group-training summary")
    page.locator("#lab-optimizer_d").scroll_into_view_if_needed()
    assert tab.see("scrollY") > 800
    assert page.evaluate(SEEN, ".plane") > LEAST_SEEN
    assert page.locator(".plane").bounding_box()["height"] < 844 * 0.4
    assert not outside(tab, ".toggle .step-number")
    assert tab.fits()
    page.tap("[data-preset=grid]")
    tab.until("ganplay.config.distribution === 'grid'")
    assert page.evaluate(SEEN, ".plane") > LEAST_SEEN
    for mode, place in (("slow", ".slow-sentence"), ("own", ".draw-done"), ("own", ".plane")):
        tab.see(f"document.querySelector('.mode-{mode}').click()")
        page.wait_for_function(f"({SEEN})('.plane') > {LEAST_SEEN}")
        if place != ".plane":
            page.wait_for_function(WHOLE, arg=place)
        assert tab.fits()
    page.tap(".fold")
    page.wait_for_selector(".charts:visible")

    # What a lecturer locks can be seen.
    tab.see("(ganplay.teach.asked.lock.push('settings-loss'), ganplay.teach.apply())")
    assert page.is_visible("#lab-loss")
    assert not page.is_visible("#lab-width_g")

    # Words for fingers, in both languages, and room for them.
    assert "Tap to enlarge" in page.get_attribute("[data-graph=noise]", "data-tip")
    page.tap(".language")
    assert "轻点放大" in page.get_attribute("[data-graph=noise]", "data-tip")
    tab.see("document.querySelectorAll('.settings details').forEach((one) => (one.open = true))")
    small = tab.see("""[...document.querySelectorAll(
        "#panel-lab :is(button, select, summary, input)")]
        .filter((one) => !one.matches("[type=checkbox], [type=radio], .graph *, .term"))
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
        .map((one) => one.outerHTML)""")
    assert small == []
    assert tab.fits()
    tab.done()
