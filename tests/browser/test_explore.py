"""The Explore view in a real browser: what is drawn is what the model gives, to the byte."""

import io
import shlex
from urllib.parse import unquote

import pytest
from helpers.explore_page import MODEL, STATE, ExploreTab, opened
from helpers.pages import serious
from PIL import Image

from ganplay.cli import main

NAMED = 2  # directions with names stand before the others


def test_a_walk_through_explore(chromium, server, model, tmp_path, monkeypatch):
    tab = opened(chromium, server, permissions=["clipboard-read", "clipboard-write"])
    page = tab.page

    # All main parts are to be seen without scrolling, and the lab rests.
    tab.until("!ganplay.frame.playing")
    step = tab.see("ganplay.frame.step")
    bottom = "document.querySelector('.ex-gallery').getBoundingClientRect().bottom"
    assert tab.see(bottom) <= 768
    assert tab.fits()
    first = tab.drawn(model)

    # The picture can be dragged, across and up.
    box = page.locator(".ex-picture").bounding_box()
    page.mouse.move(box["x"] + 100, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 120, steps=8)
    page.mouse.up()
    assert tab.drawn(model) != first
    per_pixel = 8 / tab.see("ganplay.explore.picture.clientWidth")
    moves = tab.see(f"{STATE}.moves")
    assert moves["0"] == pytest.approx(60 * per_pixel, abs=0.01)
    assert moves["1"] == pytest.approx(80 * per_pixel, abs=0.01)
    page.locator(".ex-picture").press("ArrowLeft")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == pytest.approx(moves["0"] - 0.2)
    page.click(".ex-reset")
    assert tab.drawn(model) == first

    # A slider follows the hand; where it is let go is what is drawn.
    slider = page.locator(".ex-direction input[type=range]").nth(NAMED)
    box = slider.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    for i in range(40):
        page.mouse.move(box["x"] + box["width"] * (0.5 + 0.01 * i), y)
    page.mouse.up()
    moved = tab.see(f"{STATE}.moves[0]")
    assert moved > 2
    assert float(slider.input_value()) == moved
    assert tab.drawn(model) != first
    assert f"d0:{moved}" in tab.text()
    # Keys, a typed value, what cannot be, and back by a double click.
    slider.press("ArrowLeft")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == pytest.approx(moved - 0.05)
    number = page.locator(".ex-direction input[type=number]").nth(NAMED)
    number.fill("-7.5")
    number.press("Enter")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == -7.5
    number.fill("11")
    number.press("Enter")
    tab.toast("Direction 1: 11 is not possible. Allowed: a number from -10 to 10.")
    assert tab.see(f"{STATE}.moves[0]") == -7.5
    slider.dblclick()
    assert tab.drawn(model) == first
    # A preview leads to that end.
    page.locator(".ex-end").nth(2 * (NAMED + 1) + 1).click()
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves") == {"1": 4}

    # Seed, class, mixture, training, truncation, nudge, a plain dimension.
    page.fill("#ex-seed", "41")
    page.press("#ex-seed", "Enter")
    page.click(".ex-seed-more")
    page.click(".ex-classes button:nth-child(4)")
    tab.drawn(model)
    assert "seed:42;label:3;d1:4" in tab.text()
    page.select_option(".ex-second", "8")
    page.locator(".ex-share").press("ArrowRight")
    tab.drawn(model)
    assert "label:0.49*3+0.51*8" in tab.text()
    page.locator(".ex-steps button").nth(5).click()
    tab.drawn(model)
    assert tab.see(f"{STATE}.step") == model.steps[5]
    page.locator(".ex-truncation").press("ArrowLeft")
    tab.drawn(model)
    assert "truncation:0.99" in tab.text()
    before = tab.drawn(model)
    page.click(".ex-nudge")
    page.wait_for_function(f"{STATE}.at !== ''")
    assert tab.drawn(model) != before
    page.click(".ex-dimensions-box summary")
    page.wait_for_function("ganplay.explore.axes.latent?.length === 64")
    page.locator(".ex-dimension input[type=range]").nth(5).press("Home")
    tab.drawn(model)
    assert "z5:-4" in tab.text()
    full = tab.text()

    # Undo goes all the way back, redo forth again; a thumbnail leads there too.
    seen = tab.see("ganplay.explore.past.list.map((entry) => entry.text)")
    assert seen[-1] == full
    for text in reversed(seen[:-1]):
        page.keyboard.press("Control+z")
        tab.drawn(model)
        assert tab.text() == text
    assert tab.drawn(model) == first
    assert page.is_disabled(".ex-undo")
    for _ in seen[1:]:
        page.keyboard.press("Control+Shift+z")
    tab.drawn(model)
    assert tab.text() == full
    page.locator(".ex-past .ex-tile").first.click()
    assert tab.drawn(model) == first
    page.locator(".ex-past .ex-tile").last.click()

    # What is copied gives the same bytes; so does the saved picture.
    shown = tab.drawn(model)
    page.click(".ex-python")
    names = {}
    exec(tab.see("navigator.clipboard.readText()"), names)
    assert names["picture"].numpy().tobytes() == shown
    page.click(".ex-command")
    program, *command = shlex.split(tab.see("navigator.clipboard.readText()"))
    assert (program, command[:3]) == ("ganplay", ["sample", "--state", full])
    monkeypatch.chdir(tmp_path)
    assert main(command) == 0
    assert Image.open("picture.png").convert("L").tobytes() == shown
    with page.expect_download() as download:
        page.click(".ex-png")
    picture = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert picture.size == (32, 32)
    assert picture.convert("L").tobytes() == shown
    page.click(".ex-link")
    link = tab.see("navigator.clipboard.readText()")
    other = opened(chromium, server, link)
    assert other.drawn(model) == shown
    other.page.reload()
    other.settle()
    assert other.drawn(model) == shown
    other.done()

    # Tiles: of seeds, and of classes; the keyboard walks through them.
    page.click(".ex-reset")
    assert tab.drawn(model) == first
    page.click(".ex-after")
    page.locator(".ex-tiles .ex-tile").nth(2).click()
    tab.drawn(model)
    assert tab.see(f"{STATE}.seed") == 42
    page.click(".ex-sheet")
    page.wait_for_function("ganplay.explore.tiles.drawn === ganplay.explore.tiles.round")
    page.locator(".ex-tiles .ex-tile").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    tab.drawn(model)
    assert tab.text() == f"1;model:{MODEL};seed:2;label:1"
    assert page.locator(".ex-tiles [aria-current=true]").count() == 1

    # A line that breaks is told, and loses nothing of what the hand did meanwhile.
    told = tab.see("""new Promise((done) => {
        const {socket} = ganplay.explore.source, banner = document.querySelector(".line-banner");
        socket.addEventListener("close", () => done(banner.textContent));
        socket.close();
    })""")
    assert told == "connection lost, trying again"
    slider.press("ArrowRight")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == pytest.approx(0.05)
    page.keyboard.press("Control+z")
    tab.drawn(model)
    page.wait_for_selector(".line-banner", state="hidden")

    # A run of arrow keys is one step of undo, and none of the browser's history.
    entries, steps = tab.see("[history.length, ganplay.explore.past.at]")
    for _ in range(4):
        slider.press("ArrowRight")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == pytest.approx(0.2)
    assert tab.see("[history.length, ganplay.explore.past.at]") == [entries, steps + 1]
    page.keyboard.press("Control+z")
    tab.drawn(model)
    assert tab.text() == f"1;model:{MODEL};seed:2;label:1"

    # Back and Forward go through panels and views, each as it was left.
    shown = "[ganplay.views.shown, ganplay.explore.bench.name]"
    page.click("#ex-tab-arithmetic")
    page.click("#view-lab")
    for way, place in (
        (page.go_back, ["explore", "arithmetic"]), (page.go_back, ["explore", "gallery"]),
        (page.go_forward, ["explore", "arithmetic"]), (page.go_forward, ["lab", "arithmetic"]),
        (page.go_back, ["explore", "arithmetic"]), (page.go_back, ["explore", "gallery"]),
    ):  # fmt: skip
        way()
        page.wait_for_function(f"place => String({shown}) === String(place)", arg=place)
        link = f"#explore=1;model:{MODEL};seed:2;label:1" if place[0] == "explore" else ""
        assert unquote(tab.see("location.hash")) == link
        assert page.is_visible(".ex-gallery") == (place == ["explore", "gallery"])

    # The other language, and the lab again, which goes on from where it was.
    page.click(".language")
    assert tab.words("#view-explore") == "探索"
    assert "种子 2" in tab.words(".ex-caption")
    page.click(".language")
    page.focus("#view-explore")
    page.keyboard.press("ArrowLeft")
    tab.until(f"ganplay.playing && ganplay.frame.step > {step}")
    assert tab.see("location.hash") == ""
    page.click("#view-explore")
    assert tab.text() == f"1;model:{MODEL};seed:2;label:1"
    tab.done()


def test_a_bad_link_says_what_is_wrong_and_keeps_the_rest(chromium, server):
    text = "0;model:zap;seed:5;label:99;d0:77;d1:1;<b>;step:7;at:!!"
    tab = opened(chromium, server, f"{server.url}#explore={text}")
    tab.settle()
    assert tab.text() == "1;model:faces;seed:5;d1:1"  # the model that is met first
    told = tab.words(".toasts")
    for part in ("another version (0)", "the model zap", "d0: 77", "<b>", "step: 7",
                 "latent vector"):  # fmt: skip
        assert part in told
    assert tab.see("document.querySelector('.toasts b')") is None
    tab.done()


def test_a_lesson_hides_parts_of_explore(chromium, server):
    tab = opened(chromium, server, f"{server.url}#explore&hide=explore-gallery,play")
    assert not tab.page.is_visible(".ex-gallery")
    assert tab.page.is_visible(".ex-directions")
    assert tab.words(".toasts") == ""
    tab.page.goto("about:blank")
    tab.page.goto(f"{server.url}#explore&hide=explore")
    tab.until("ganplay.drawn > 3")
    assert not tab.page.is_visible("#view-explore")
    assert tab.page.is_visible(".first")
    tab.done()


def test_where_sockets_are_forbidden_plain_requests_do(chromium, server, model):
    forbidden = """(() => {
        const Real = WebSocket;
        window.WebSocket = function (at) { return new Real(at.replace("/explore/", "/no/")); };
        window.WebSocket.OPEN = 1;
    })()"""
    tab = opened(chromium, server, script=forbidden)
    tab.page.wait_for_function("ganplay.explore.source.plain")
    slider = tab.page.locator(".ex-direction input[type=range]").nth(NAMED)
    for _ in range(20):
        slider.press("ArrowRight")
    tab.drawn(model)
    assert tab.see(f"{STATE}.moves[0]") == 1

    # A view or a panel that could not be loaded says so, and is there when it is tried again.
    page = tab.page
    for file, tab_of_it, part in (
        ("walk/panel.js", "#ex-tab-walk", ".ex-walk"),
        ("learn/learn.html", "#view-learn", ".learn"),
    ):
        page.route(f"**/assets/**/{file}*", lambda route: route.abort())
        page.click(tab_of_it)
        page.wait_for_selector(f"{part} .unloaded button:enabled")
        assert "could not be loaded" in tab.words(part)
        page.unroute_all()
        page.click(f"{part} .unloaded button")
        page.wait_for_selector(f"{part} :is(.wk-timeline, .ln-list button)", state="attached")
        assert page.locator(f"{part} .unloaded").count() == 0
    # So does the whole page, in both languages: which one is asked for it does not know yet.
    page.route("**/schema.json", lambda route: route.abort())
    page.reload()
    page.wait_for_selector(".unloaded-page", state="visible")
    assert "does not answer" in tab.words(".unloaded-page [lang=en]")
    assert "页面无法加载" in tab.words(".unloaded-page [lang=zh]")
    page.unroute_all()
    page.click(".unloaded-page button")
    page.wait_for_selector(".ln-list button")
    tab.complaints.clear()  # the browser writes down that sockets and files failed
    tab.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])  # in which nothing but colours differs
def test_axe_finds_nothing_serious(chromium, server, scheme):
    tab = opened(chromium, server, color_scheme=scheme, locale="zh-CN")
    tab.page.click(".ex-dimensions-box summary")
    for button in (".ex-sheet", ".ex-seeds"):
        tab.page.click(button)
        assert serious(tab, colours=scheme == "dark") == []
    tab.done()


def test_a_phone_has_room_for_fingers(chromium, server):
    viewport = {"width": 390, "height": 844}
    tab = opened(chromium, server, viewport=viewport, has_touch=True)
    tab.page.click(".ex-dimensions-box summary")
    tab.page.click(".ex-sheet")
    assert tab.fits()
    for view in ("#view-lab", "#view-explore"):
        tab.page.click(view)
        right = """Math.max(...[...document.querySelectorAll(".bar button")]
            .map((one) => one.getBoundingClientRect().right))"""
        assert tab.see(right) <= 390
    # Small pictures of the training lie beside a slider that does the same.
    small = tab.see("""[...document.querySelectorAll(
        ".bar button, .explore :is(button, select, input[type=range], summary):not(.ex-steps *)")]
        .filter((one) => one.checkVisibility())
        .map((one) => [one.className || one.tagName, one.getBoundingClientRect()])
        .filter(([, {width, height}]) => Math.min(width, height) < 39.5)
        .map(([name, {width, height}]) => `${name}: ${width} x ${height}`)""")
    assert small == []
    # The picture stays in sight while what changes it scrolls by.
    tab.page.locator(".ex-direction input[type=range]").last.scroll_into_view_if_needed()
    assert tab.see("scrollY") > 400
    tops = """['.line-banner', '.ex-frame'].map((one) =>
        document.querySelector(one).getBoundingClientRect().top)"""
    assert tab.see(tops)[1] == 4
    # Over both is told that the line is down.
    tab.see("ganplay.app.banner.set('explore', 'lost')")
    page = tab.page
    page.wait_for_function(f"String({tops}) === '0,38'")
    page.wait_for_selector(".line-banner:visible")
    tab.see("ganplay.app.banner.set('explore', 'live')")
    tab.done()


def test_models_that_are_left_out_are_named(chromium, server):
    def answer(route):
        content = route.fetch().json()
        content["left_out"] = [
            {"name": "<i>my-cats</i>", "code": "pointer"}, {"name": "dogs", "code": "card"},
        ]  # fmt: skip
        route.fulfill(json=content)

    tab = ExploreTab(chromium, server.url, viewport={"width": 1366, "height": 768})
    tab.page.route("**/models.json", answer)
    tab.page.click("#view-explore")
    tab.settle()
    told = tab.words(".ex-left-out")
    assert "<i>my-cats</i> is left out: its file is a Git LFS pointer." in told
    assert "dogs is left out" in told
    assert tab.fits()
    tab.page.unroute("**/models.json")
    tab.done()
