"""The map, favourites, comparing, and arithmetic in a real browser."""

import json
from urllib.parse import unquote

import pytest
from helpers.explore_page import GREY, MODEL, STATE, opened
from helpers.pages import serious

import ganplay

START = f"#explore=1;model:{MODEL};seed:7;label:4"
MOSAIC = "panels.map.mosaic"


def painted(tab, selector):
    """A canvas's grey pixels."""
    return tab.bytes_of(f"({GREY})(document.querySelector('{selector}'))")


def rendered(model, text):
    state, problems = ganplay.read_state(text, MODEL, model.space)
    assert problems == []
    return model.render([state])[0].numpy().tobytes()


def open_panel(tab, name):
    """Show a panel, and have it as a global."""
    tab.page.click(f"#ex-tab-{name}")
    tab.see(f"""(async () => {{
        (window.panels ||= {{}}).{name} = await ganplay.explore.bench.panels.{name};
    }})()""")


class Map:
    """The map of a tab."""

    def __init__(self, tab):
        self.tab = tab
        open_panel(tab, "map")
        tab.page.locator(".mp-canvas").scroll_into_view_if_needed()
        tab.see("""(() => {
            const {source} = ganplay.explore, ask = source.ask.bind(source);
            window.places = [];
            source.ask = (purpose, message) => {
                if (purpose === "map") places.push(...message.places.map(String));
                return ask(purpose, message);
            };
        })()""")
        self.full()

    def full(self):
        """Wait until all its tiles are there; the places that were asked for since last time."""
        self.tab.page.wait_for_function(
            f"(({{tiles, filling, frame}}) => tiles.size && !filling && !frame)({MOSAIC})"
            f" && !{MOSAIC}.lacking().length"
        )
        return self.tab.see("places.splice(0)")

    @property
    def view(self):
        return self.tab.see(f"{MOSAIC}.view")

    @property
    def marks(self):
        return self.tab.see(f"{MOSAIC}.marks")

    @property
    def spacing(self):
        return self.tab.see(f"{MOSAIC}.spacing")

    def tiles(self):
        """All tiles: their places and states."""
        return self.tab.see(f"[...{MOSAIC}.tiles].map(([place, {{text}}]) => [place, text])")

    def pixels(self, place):
        return self.tab.bytes_of(f"({GREY})({MOSAIC}.tiles.get('{place}').canvas)")

    def spot(self, x, y):
        """Where a place is on the screen."""
        box = self.tab.page.locator(".mp-canvas").bounding_box()
        view = self.view
        return (
            box["x"] + box["width"] / 2 + (x - view["x"]) * view["scale"],
            box["y"] + box["height"] / 2 - (y - view["y"]) * view["scale"],
        )


def test_the_map(chromium, server, model):
    tab = opened(chromium, server, server.url + START)
    page, first = tab.page, tab.drawn(model)
    places = Map(tab)
    assert [mark["place"] for mark in places.marks] == [[0, 0]]
    one, other = tab.see("panels.map.chosen")

    # Each tile is the model's picture of a state in the plane.
    tiles = places.tiles()
    assert len(tiles) > 40
    for place, text in tiles[::10]:
        x, y = map(float, place.split(","))
        state = ganplay.read_state(text, MODEL, model.space)[0]
        assert dict(state.moves) == {k: v for k, v in ((one, x), (other, y)) if v}
        assert places.pixels(place) == rendered(model, text)

    # A drag asks only for tiles that come into sight.
    spacing, known = places.spacing, {place for place, _ in tiles}
    x, y = places.spot(0, 0)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 130, y + 90, steps=6)
    page.mouse.up()
    more = places.full()
    assert more
    assert not known & set(more)
    view = places.view
    assert view["x"] == pytest.approx(130 / view["scale"], abs=1e-3)
    assert view["y"] == pytest.approx(90 / view["scale"], abs=1e-3)
    assert tab.drawn(model) == first  # no click

    # A click goes there, the mark too; undo comes back, and the plane stays the same.
    page.mouse.click(*places.spot(2 * spacing, spacing))
    tab.drawn(model)
    moved = f"d{one}:{2 * spacing:g};d{other}:{spacing:g}"
    assert tab.text() == f"1;model:{MODEL};seed:7;label:4;{moved}"
    assert [mark["place"] for mark in places.marks] == [[2 * spacing, spacing]]
    assert places.full() == []
    page.keyboard.press("Control+z")
    assert tab.drawn(model) == first
    assert [mark["place"] for mark in places.marks] == [[0, 0]]

    # The mark follows a slider at once; zooming keeps what is under the pointer.
    page.locator(".ex-direction input[type=range]").first.press("ArrowRight")
    tab.drawn(model)
    assert [mark["place"] for mark in places.marks] == [[0.05, 0]]
    page.locator(".mp-canvas").scroll_into_view_if_needed()
    x, y = places.spot(spacing, 0)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    places.full()
    assert places.view["scale"] > 1.4 * view["scale"]
    assert places.spot(spacing, 0) == pytest.approx((x, y), abs=1)

    # The keyboard does all of it.
    canvas = page.locator(".mp-canvas")
    canvas.press("Home")
    before = places.view["scale"]
    canvas.press("+")
    assert places.view["scale"] == pytest.approx(1.5 * before)
    canvas.press("-")
    canvas.press("ArrowRight")
    canvas.press("ArrowUp")
    canvas.press("Enter")
    page.wait_for_function(f"{STATE}.moves[{other}] > 0")
    tab.drawn(model)
    step = places.spacing
    assert tab.see(f"{STATE}.moves") == {str(one): step, str(other): step}
    canvas.press("ArrowLeft")
    canvas.press("c")
    page.wait_for_selector(".ex-compare:not([hidden])")
    page.keyboard.press("Escape")
    assert not page.is_visible(".ex-compare")

    # Other directions, and a plane through three pictures.
    page.select_option(".mp-across", str(other))
    assert page.input_value(".mp-up") == str(one)  # they changed places
    page.select_option(".mp-up", "4")
    places.full()
    page.click(".mp-corners")
    places.full()
    assert [mark.get("letter") for mark in places.marks][:3] == ["A", "B", "C"]
    page.locator(".mp-trio input").nth(2).fill("99")
    page.keyboard.press("Enter")
    places.full()
    for place, text in places.tiles()[::10]:
        assert places.pixels(place) == rendered(model, text)
    page.click(".ex-random")
    tab.drawn(model)
    page.wait_for_function(
        "/not in this plane|far from this/.test(document.querySelector('.mp-where').innerText)"
    )
    page.locator(".mp-canvas").scroll_into_view_if_needed()
    page.mouse.click(*places.spot(0.5, 0.25))
    page.wait_for_function(f"{STATE}.at !== ''")
    tab.drawn(model)
    page.mouse.move(0, 0)
    page.wait_for_function(
        "document.querySelector('.mp-where').innerText.includes('in this plane.')"
    )
    assert places.marks[3]["place"] == pytest.approx([0.5, 0.25], abs=0.01)
    # One picture thrice is no plane.
    for i in range(3):
        page.locator(".mp-trio .ex-here").nth(i).click()
    tab.toast("three different pictures")
    tab.done()


def test_favourites_and_comparing(chromium, server, model, tmp_path):
    tab = opened(chromium, server, server.url + START)
    page, first, link = tab.page, tab.drawn(model), tab.text()
    tray = page.locator(".ex-favourite .ex-tile")
    assert page.is_visible(".ex-tray-empty")
    page.keyboard.press("f")
    page.wait_for_selector(".ex-favourite")
    assert page.get_attribute(".ex-star", "aria-pressed") == "true"
    page.click(".ex-seed-more")
    second = tab.drawn(model)
    assert page.get_attribute(".ex-star", "aria-pressed") == "false"
    page.click(".ex-star")
    page.wait_for_function("ganplay.explore.favourites.list.length === 2")
    kept = tab.see("ganplay.explore.favourites.list.map(({text}) => text)")
    assert kept == [tab.text(), link]
    tray.nth(1).click()
    page.wait_for_function(f"{STATE}.seed === 7")
    assert tab.drawn(model) == first
    assert tray.nth(1).get_attribute("aria-current") == "true"

    # They outlive the page; what is broken among them does not break it.
    broken = """(() => {
        const kept = JSON.parse(localStorage.getItem("ganplay.favourites"));
        kept.push({text: "<b>", shape: [1, 1, 1, 1], pixels: "AA=="}, null);
        localStorage.setItem("ganplay.favourites", JSON.stringify(kept));
    })()"""
    tab.see(broken)
    page.reload()
    tab.settle()
    assert tray.count() == 2
    assert painted(tab, ".ex-favourite canvas") == second

    # Compared with a wipe: the other picture's bytes, a divider for keys and pointer, swapped.
    tray.first.click(modifiers=["Shift"])
    page.wait_for_selector(".ex-compare:not([hidden])")
    assert tab.drawn(model) == first
    assert painted(tab, ".ex-compare canvas") == second
    assert (tab.words(".ex-one"), tab.words(".ex-other")) == (
        "seed 7 · class 4",
        "seed 8 · class 4",
    )
    page.locator(".ex-wipe").press("ArrowLeft")
    assert page.get_attribute(".ex-wipe", "aria-valuenow") == "45"
    box = page.locator(".ex-compare").bounding_box()
    handle = page.locator(".ex-wipe").bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, handle["y"] + 50, steps=4)
    page.mouse.up()
    assert page.get_attribute(".ex-wipe", "aria-valuenow") == "25"
    page.click(".ex-swap")
    page.wait_for_function(f"{STATE}.seed === 8")
    assert tab.drawn(model) == second
    page.wait_for_function("document.querySelector('.ex-other').innerText.startsWith('seed 7')")
    assert painted(tab, ".ex-compare canvas") == first
    page.keyboard.press("Escape")
    assert not page.is_visible(".ex-compare")
    page.locator(".ex-tiles .ex-tile").nth(3).focus()
    page.keyboard.press("c")
    page.wait_for_function("document.querySelector('.ex-other').innerText.startsWith('seed 3')")
    page.keyboard.press("Escape")

    # As a file and back; a tampered one says so, and nothing comes of it.
    page.click(".ex-tray-more summary")
    with page.expect_download() as download:
        page.click(".ex-tray-save")
    content = json.loads(download.value.path().read_text())
    assert content == {"ganplay": "favourites", "version": 1, "favourites": [kept[0], link]}
    tray.nth(1).focus()
    assert not page.is_visible(".ex-tray-save")
    page.keyboard.press("Delete")
    assert tray.count() == 1
    content["favourites"] += [5, "1;model:other;seed:3", f"1;model:{MODEL};seed:-1", "x" * 9000]
    file = tmp_path / "favourites.json"
    file.write_text(json.dumps(content))
    page.set_input_files(".ex-tray-file", str(file))
    tab.toast("1 of 6 favourites added")
    assert sorted(tab.see("ganplay.explore.favourites.list.map(({text}) => text)")) == sorted(kept)
    file.write_text('{"ganplay": "favourites", "version": 1, "favourites": "<b>"}')
    page.set_input_files(".ex-tray-file", str(file))
    tab.toast("favourites.json is not a file of favourites")

    # A browser without room says so, and goes on.
    tab.see("(Storage.prototype.setItem = () => { throw new Error('QuotaExceededError'); }, 0)")
    page.click(".ex-random")
    tab.settle()
    page.keyboard.press("f")
    tab.toast("does not store favourites")
    assert tray.count() == 3
    tab.done()


def test_arithmetic_and_a_direction_of_one_s_own(chromium, server, model, tmp_path):
    tab = opened(chromium, server, server.url + START)
    page, first = tab.page, tab.drawn(model)
    for _ in range(3):
        page.keyboard.press("f")
        page.click(".ex-seed-more")
        tab.drawn(model)
    page.wait_for_function("ganplay.explore.favourites.list.length === 3")
    page.locator(".ex-past .ex-tile").first.click()
    assert tab.drawn(model) == first
    open_panel(tab, "arithmetic")
    text = "panels.arithmetic.text"

    # A - B + C at strength 0 is A to the bit; the result is explored as it is shown.
    page.wait_for_selector(".am-strip .ex-tile[data-state]")
    page.locator(".am-number").fill("0")
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelectorAll('.am-strip .ex-tile')[4].matches('[aria-current=true]')"
    )
    assert painted(tab, ".am-result") == first
    page.locator(".am-slider").press("ArrowRight")
    page.wait_for_function(f"{text}.includes('at:')")
    assert painted(tab, ".am-result") == rendered(model, tab.see(text))
    # B is a favourite: by a click after a click, and by dragging.
    page.locator(".am-row .ex-slot .ex-tile").nth(1).click()
    page.locator(".ex-favourite .ex-tile").first.click()
    assert tab.drawn(model) == first  # it was picked, not gone to
    assert page.locator(".am-row input").nth(1).input_value() == "9"
    page.locator(".ex-favourite .ex-tile").nth(1).drag_to(page.locator(".am-row .ex-slot").nth(2))
    assert page.locator(".am-row input").nth(2).input_value() == "8"
    page.locator(".am-strip .ex-tile").nth(8).click()
    page.wait_for_function(
        "document.querySelectorAll('.am-strip .ex-tile')[8].matches('[aria-current=true]')"
    )
    page.click(".am-explore")
    page.wait_for_function(f"{STATE}.at !== ''")
    result = tab.drawn(model)
    assert painted(tab, ".am-result") == result
    page.keyboard.press("Control+z")
    assert tab.drawn(model) == first

    # A direction from two groups, named, is a slider that undoes, links and outlives the page.
    for group, place in ((0, 0), (0, 1), (1, 2)):
        add = page.locator(".am-add").nth(group)
        if add.get_attribute("aria-pressed") == "false":
            add.click()
        page.locator(".ex-favourite .ex-tile").nth(place).click()
    page.keyboard.press("Escape")
    assert page.locator(".am-group:first-child .am-tiles button").count() == 2
    page.fill(".am-name", "<b>Slant</b>")
    page.click(".am-derive")
    page.wait_for_selector(".ex-direction:nth-child(9)")
    assert page.locator(".ex-name").nth(8).inner_text() == "<b>Slant</b>"
    slider = page.locator(".ex-direction input[type=range]").nth(8)
    slider.press("End")
    moved = tab.drawn(model)
    assert moved != first
    assert ";own:4*" in tab.text()
    space, vector = model.space, tab.text().partition("own:4*")[2]
    way = [ganplay.read_state(f"1;seed:{seed};label:4", MODEL, space)[0] for seed in (7, 9, 8)]
    z = [state.latent(model.directions) for state in way]
    expected = (z[1] + z[2]) / 2 - z[0]
    found = ganplay.read_state(tab.text(), MODEL, space)[0].own[0][0]
    assert found == pytest.approx((expected / expected.norm()).tolist(), abs=1e-3)
    link = tab.see("location.href")
    other = opened(chromium, server, link)
    assert other.drawn(model) == moved
    assert other.page.locator(".ex-name").nth(8).inner_text() == "Direction of a link"
    other.done()
    with page.expect_download() as download:
        page.click(".am-save")
    content = json.loads(download.value.path().read_text())
    assert content["directions"] == [
        {"model": MODEL, "name": "<b>Slant</b>", "dim": 64, "vector": unquote(vector)}
    ]
    page.keyboard.press("Control+z")
    assert tab.drawn(model) == first
    page.locator(".am-kept button").click()
    assert page.locator(".ex-direction").count() == 8
    content["directions"] += [{"model": "letters", "name": "x", "dim": 64, "vector": vector}, 7]
    file = tmp_path / "directions.json"
    file.write_text(json.dumps(content))
    page.set_input_files(".am-file", str(file))
    tab.toast("1 of 3 directions added")
    page.reload()
    tab.settle()
    assert page.locator(".ex-name").nth(8).inner_text() == "<b>Slant</b>"
    # The workbench is as it was: its panel, the sum, its strength, and both groups.
    page.wait_for_selector(".am-group:first-child .am-tiles button")
    counts = [page.locator(f".am-group:nth-child({i}) .am-tiles button").count() for i in (1, 2)]
    assert counts == [2, 1]
    seeds = [page.locator(".am-row input").nth(i).input_value() for i in (1, 2)]
    assert [*seeds, page.input_value(".am-number")] == ["9", "8", "2"]
    file.write_text("{")
    page.set_input_files(".am-file", str(file))
    tab.toast("directions.json is not a file of directions")

    # Another model has other pictures and directions.
    page.locator(".ex-model").first.click()
    tab.settle()
    assert page.locator(".ex-direction").count() == 8
    page.locator(".am-row .ex-slot .ex-tile").first.click()
    page.locator(".ex-favourite .ex-tile").first.click()
    tab.toast("to another model")
    tab.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])  # in which nothing but colours differs
def test_axe_finds_nothing_serious(chromium, server, scheme):
    tab = opened(chromium, server, server.url + START, color_scheme=scheme, locale="zh-CN")
    tab.page.keyboard.press("f")
    tab.page.wait_for_selector(".ex-favourite")
    for name, part in (("map", ".mp-canvas"), ("arithmetic", ".am-result")):
        tab.page.click(f"#ex-tab-{name}")
        tab.page.wait_for_selector(part)
        assert serious(tab, colours=scheme == "dark") == []
    tab.page.click("#ex-tab-map")
    tab.page.click(".mp-corners")
    tab.page.locator(".ex-past .ex-tile").first.click(modifiers=["Shift"])
    tab.page.wait_for_selector(".ex-compare:not([hidden])")
    assert serious(tab, colours=scheme == "dark") == []
    tab.done()


def test_fingers_on_a_phone(chromium, server, model):
    viewport = {"width": 390, "height": 844}
    tab = opened(chromium, server, server.url + START, viewport=viewport, has_touch=True)
    page = tab.page
    page.click(".ex-star")
    page.wait_for_selector(".ex-favourite")
    page.click("#ex-tab-arithmetic")
    page.click(".am-group:nth-child(1) .am-here")
    page.click(".ex-seed-more")
    page.click(".am-group:nth-child(2) .am-here")
    page.click(".am-derive")
    page.wait_for_selector(".am-kept li")
    page.click("#ex-tab-map")
    page.click(".mp-corners")
    page.wait_for_selector(".mp-trio canvas")
    page.click(".mp-axes")
    # A long press compares.
    page.eval_on_selector(
        ".ex-past .ex-tile",
        """tile => tile.dispatchEvent(new PointerEvent("pointerdown",
            {pointerType: "touch", bubbles: true}))""",
    )
    page.wait_for_selector(".ex-compare:not([hidden])")
    for name in ("map", "arithmetic"):
        page.click(f"#ex-tab-{name}")
        assert tab.fits()
        small = tab.see("""[...document.querySelectorAll(
            ".explore :is(button, select, summary, input:not([type=file])):not(.ex-steps *)")]
            .filter((one) => one.checkVisibility())
            .map((one) => [one.className || one.id || one.tagName, one.getBoundingClientRect()])
            .filter(([, {width, height}]) => Math.min(width, height) < 39.5)
            .map(([name, {width, height}]) => `${name}: ${width} x ${height}`)""")
        assert small == []
    # Two fingers zoom the map.
    open_panel(tab, "map")
    before = tab.see(f"{MOSAIC}.view.scale")
    page.eval_on_selector(
        ".mp-canvas",
        """canvas => {
            canvas.setPointerCapture = () => {};
            const {left, top} = canvas.getBoundingClientRect();
            const send = (name, pointerId, x) => canvas.dispatchEvent(new PointerEvent(name,
                {pointerId, pointerType: "touch", clientX: left + x, clientY: top + 100}));
            send("pointerdown", 1, 100), send("pointerdown", 2, 200);
            send("pointermove", 2, 300);
            send("pointerup", 1, 100), send("pointerup", 2, 300);
        }""",
    )
    assert tab.see(f"{MOSAIC}.view.scale") == pytest.approx(2 * before)
    assert tab.drawn(model)
    tab.done()
