"""The page in a real browser, walked through as a visitor would."""

import json
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers.pages import serious
from helpers.tab import Tab
from PIL import Image

import ganplay
from ganplay.server.http import auth


def test_a_tour_of_the_lab(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page

    # A GAN is already learning, and all of the first screen is to be seen without scrolling.
    assert tab.see("document.querySelector('.first').getBoundingClientRect().bottom") <= 768
    assert tab.fits()
    step = tab.see("ganplay.frame.step")
    before = tab.pixels()
    tab.until(f"ganplay.frame.step > {step + 40}")
    assert tab.pixels() != before
    assert tab.words(".status-text") == "live"

    # Charts, with hover, drawn by Plotly from our own server.
    page.wait_for_selector(".chart .scatterlayer path")
    tab.until("document.querySelectorAll('.chart .main-svg').length >= 4")
    page.hover(".chart:nth-child(2) .plot .nsewdrag", position={"x": 60, "y": 30})
    page.wait_for_selector(".chart:nth-child(2) .hoverlayer text")

    # The keys: space, S, D, G, R.
    step = tab.pause()
    tab.press("s")
    assert tab.see("ganplay.frame.step") == step + 1
    d, g = tab.see("[ganplay.frame.updatesD, ganplay.frame.updatesG]")
    tab.press("d")
    assert tab.see("[ganplay.frame.updatesD, ganplay.frame.updatesG]") == [d + 1, g]
    tab.press("g")
    assert tab.see("[ganplay.frame.updatesD, ganplay.frame.updatesG]") == [d + 1, g + 1]
    tab.press("r")
    assert tab.see("ganplay.frame.step") == 0
    start = tab.pixels()
    page.press(".count", "Control+A")
    page.keyboard.type("60")
    page.click(".step-many")
    tab.until("ganplay.frame.step === 60 && !ganplay.frame.catchingUp")
    tab.settled()
    sixty = tab.pixels()
    assert sixty != start
    page.click(".rewind")
    tab.until("ganplay.frame.step === 0")
    tab.settled()
    assert tab.pixels() == start
    page.press(".count", "Enter")
    tab.until("ganplay.frame.step === 60 && !ganplay.frame.catchingUp")
    tab.settled()
    assert tab.pixels() == sixty  # the same start leads to the same picture, to the pixel
    page.fill(".count", "0")
    page.click(".step-many")
    tab.toast("Number of steps: 0 is not possible. Allowed: a whole number from 1 to 10000.")

    # Layers, one by one.
    for number in range(1, 6):
        before = tab.pixels()
        tab.press(str(number))
        assert tab.pixels() != before, f"layer {number}"
    for number in range(1, 6):
        tab.press(str(number))
    assert tab.pixels() == sixty

    # Under the pointer: coordinates, and D asked at this very point.
    box = page.locator(".plane").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".probe:not([hidden])")
    tab.settled()
    page.wait_for_function("document.querySelector('.probe').innerText.match(/D = 0\\.\\d{3}$/)")
    assert tab.words(".probe").startswith("x 0.0")
    page.mouse.move(5, 5)
    page.wait_for_selector(".probe", state="hidden")

    # A setting that changes live, by keyboard: the run goes on.
    page.focus("#lab-lr_g")
    page.fill("#lab-lr_g", "0.005")
    tab.see("ganplay.configure({ema: 0.98})")  # of which the page is told before Enter
    tab.until("ganplay.config.ema === 0.98")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.lr_g === 0.005")
    assert tab.see("ganplay.frame.step") == 60
    slider = page.locator(".row:has(#lab-lr_d) input[type=range]")
    slider.focus()
    slider.press("ArrowRight")
    tab.until("ganplay.config.lr_d > 0.001")
    # One that needs new networks says so, and restarts with the settings kept.
    page.focus("#lab-width_g")
    page.wait_for_selector("#lab-width_g-tip:visible")
    assert "Needs new networks" in tab.words("#lab-width_g-tip")
    page.fill("#lab-width_g", "24")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.width_g === 24 && ganplay.frame.step === 0")
    assert tab.see("ganplay.config.lr_g") == 0.005
    # What cannot be is told, and the control shows what is in force.
    page.fill("#lab-width_g", "99999")
    page.keyboard.press("Enter")
    tab.toast("Units per layer: 99999 is not possible. Allowed: a whole number from 1 to 256.")
    page.fill("#lab-lr_g", "")
    page.keyboard.press("Enter")
    tab.toast("Learning rate of G: null is not possible.")
    page.keyboard.press("Tab")
    assert tab.see("document.querySelector('#lab-width_g').value") == "24"
    page.fill("#lab-label_smoothing", "0.2")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.label_smoothing === 0.2")
    page.select_option("#lab-loss", "hinge")
    tab.toast("Label smoothing was set to 0: this loss has no targets to smooth.")

    # Classes, and data without any.
    page.check("#lab-conditional")
    page.wait_for_selector(".classes:not([hidden])")
    tab.settled()
    before = tab.pixels()
    page.select_option(".classes select", "4")
    tab.settled()
    assert tab.pixels() != before
    page.click("[data-data=line]")
    tab.toast("Conditional was switched off: these data have no classes.")
    page.wait_for_selector(".classes", state="hidden")
    page.wait_for_selector(".chart.missing")
    tab.until("document.querySelector('[data-tile=modes] b').textContent === '–'")

    # Presets; a new seed; slow motion.
    page.click("[data-preset=oscillation]")
    tab.until("ganplay.config.layers_g === 0 && ganplay.config.loss === 'wasserstein'")
    assert page.get_attribute("[data-preset=oscillation]", "aria-pressed") == "true"
    seed = tab.see("ganplay.config.seed")
    page.click(".new-seed")
    tab.until(f"ganplay.config.seed !== {seed}")
    page.focus(".speed")
    page.keyboard.press("Home")
    tab.until("ganplay.speed === 1")
    assert tab.words(".speed-text") == "1 steps/s"
    page.click("[data-preset=ring]")
    tab.until("ganplay.config.distribution === 'ring'")
    tab.settled()
    began = time.monotonic()
    page.keyboard.press("Space")
    tab.until("ganplay.frame.step >= 2")
    assert tab.see("ganplay.frame.step") <= 1.1 + time.monotonic() - began
    page.focus(".speed")
    page.keyboard.press("End")
    tab.until("ganplay.frame.step > 500")

    # A reload keeps the settings, and the theme and the language stay.
    page.click(".theme")
    assert tab.see("document.body.classList.contains('dark')")
    seed = tab.see("ganplay.config.seed")
    page.reload()
    tab.until("ganplay.drawn > 3 && ganplay.begun")
    assert tab.see("[ganplay.config.seed, ganplay.speed]") == [seed, None]
    assert tab.see("document.body.classList.contains('dark')")

    # Take it along: files, and a link that opens with the same settings.
    tab.see("ganplay.configure({loss: 'hinge', distribution: 'moons'})")
    tab.settled()
    page.click(".share")
    link = page.input_value(".share-link")
    assert link == f"{server.url}#state={tab.see('ganplay.state')}"
    assert "loss:hinge" in page.input_value(".share-command")
    files = {}
    for name in ("settings", "script", "points", "curves", "picture"):
        with page.expect_download() as download:
            page.click(f".save-{name}")
        files[name] = Path(download.value.path()).read_bytes()
    settings = tab.see("ganplay.config")
    assert json.loads(files["settings"]) == settings
    lines = files["points"].decode().splitlines()
    assert {line.split(",")[0] for line in lines} == {"kind", "real", "fake"}
    assert files["curves"].startswith(b"step,")
    assert b"hinge loss" in files["script"]
    assert files["picture"].startswith(b"\x89PNG")
    chosen = json.dumps({"loss": "wasserstein", "lr_g": 9, "seed": 77}).encode()
    page.set_input_files(".settings-file", {"name": "a.json", "mimeType": "", "buffer": chosen})
    tab.toast("Learning rate of G: 9 is not possible. Allowed: a number from 0 to 1.")
    tab.until("ganplay.config.seed === 77 && ganplay.config.loss === 'wasserstein'")
    page.set_input_files(".settings-file", {"name": "b.csv", "mimeType": "", "buffer": b"1,2"})
    tab.toast("b.csv holds no settings")
    page.goto(link + ";lr_d:7;<b>x</b>:1")  # the page is open: only the part behind # changes
    tab.until("ganplay.begun && ganplay.config.loss === 'hinge'")
    tab.toast("<b>x</b>: there is no setting of this name.")
    assert tab.see("ganplay.config") == settings
    assert page.url == server.url

    # Divergence is said in words, and a rewind is offered.
    tab.pause()
    tab.see(
        "ganplay.configure({loss: 'least_squares', optimizer_g: 'sgd', optimizer_d: 'sgd',"
        " lr_g: 1, lr_d: 1})"
    )
    tab.settled()
    page.keyboard.press("Space")
    page.wait_for_selector(".veil:not([hidden])")
    assert "no longer finite numbers" in tab.words(".veil-text")
    tab.until("document.querySelector('[data-tile=js] b').textContent === '–'")
    tab.see("ganplay.configure({lr_g: 0.01, lr_d: 0.01})")
    page.click(".veil-button")
    page.wait_for_selector(".veil", state="hidden")
    page.keyboard.press("Space")
    tab.until("ganplay.frame.step > 50 && !ganplay.frame.diverged")

    # Help, and Chinese by the switch; what the canvas shows stands in words beside it.
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelector('.plane').ariaLabel.includes('two real')")
    page.click(".language")
    assert tab.words(".step-d") == "D 走一步"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert page.get_attribute(".stop-when", "aria-label") == page.get_attribute(
        ".stop-when", "data-tip"
    )
    page.wait_for_function("document.querySelector('.plane').ariaLabel.includes('真实样本')")
    tab.done()


def test_a_chinese_phone_behind_a_proxy_without_sockets(chromium, server):
    no_sockets = (
        "window.WebSocket = class { constructor() { setTimeout(() => this.onclose(), 5); } };"
    )
    tab = Tab(
        chromium,
        server.url,
        script=no_sockets,
        locale="zh-CN",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        is_mobile=True,
        color_scheme="dark",
    )
    page = tab.page
    assert tab.see("ganplay.link.polling")
    assert tab.words(".status-text") == "实时"
    assert tab.see("document.body.classList.contains('dark')")
    assert tab.fits()
    # One column, the picture first.
    tops = [page.locator(s).bounding_box()["y"] for s in (".deck", ".story", ".choose")]
    assert tops == sorted(tops)
    assert page.locator(".plane").bounding_box()["width"] > 240
    step = tab.see("ganplay.frame.step")
    tab.until(f"ganplay.frame.step > {step + 50}")
    page.tap("[data-preset=collapse]")
    tab.until("ganplay.config.steps_g === 10")
    page.tap("[data-data=moons]")
    tab.until("ganplay.config.distribution === 'moons' && !ganplay.data.modes")
    page.tap(".toggle")
    tab.until("!ganplay.playing")
    latin = tab.see("document.querySelector('.lab').innerText.match(/[A-Za-z]{3,}/g)")
    names = {"ganplay", "GAN", "ReLU", "WGAN", "Adam", "SGD", "RMSprop", "English", "tanh", "SiLU",
             "Wasserstein", "torch", "Kaiming", "Xavier", "log"}  # fmt: skip
    assert set(latin) <= names
    tab.done()


def test_own_data_are_drawn_opened_kept_and_shared(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    page.click("[data-data=own] input", force=True)  # there are none yet: the sheet opens
    assert page.is_visible(".ink")
    assert tab.see("ganplay.config.distribution") == "ring"
    box = page.locator(".ink").bounding_box()

    def at(x, y):
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def stroke(*places):
        page.mouse.move(*at(*places[0]))
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*at(*place), steps=5)
        page.mouse.up()
        tab.until("ganplay.own.pending === null")  # what was drawn has come back

    stroke((0.2, 0.2), (0.2, 0.8))
    assert tab.see("ganplay.config.distribution") == "own"
    one = tab.see("ganplay.config.points")
    assert len(one) > 100
    page.click(".draw-classes label:nth-child(3)")
    stroke((0.7, 0.2), (0.8, 0.8))
    two = tab.see("ganplay.config.points")
    assert two.split(".")[0] == one
    page.check("[value=eraser]")
    stroke((0.7, 0.2), (0.8, 0.8))
    assert tab.see("ganplay.config.points") == one
    page.click(".draw-undo")
    tab.until(f"ganplay.config.points === '{two}'")
    page.check("[value=pen]")
    page.focus(".ink")
    for key in ("Shift+ArrowUp", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    tab.until(f"ganplay.config.points.length > {len(two)}")
    page.keyboard.press("Backspace")
    tab.until(f"ganplay.config.points === '{two}'")
    page.keyboard.press("Escape")
    assert not page.is_visible(".ink")
    page.check("#lab-conditional")
    tab.until("ganplay.data.classes === 2")

    # Kept: by a preset that has other data, and a reload; and a link carries them.
    page.click("[data-preset=grid]")
    tab.until("ganplay.config.distribution === 'grid'")
    page.reload()
    tab.until("ganplay.drawn > 3 && ganplay.begun")
    page.click("[data-data=own] input", force=True)
    tab.until(f"ganplay.config.points === '{two}'")
    page.click(".share")
    assert page.input_value(".share-link").endswith(f";points:{two}")
    page.keyboard.press("Escape")

    # As many as there can be, of a table; they travel in a file.
    rows = "x,y\n" + "".join(f"{i % 150},{i // 150}\n" for i in range(20_000))
    table = {"name": "many.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.set_input_files(".points-file", table)
    page.click(".points-use")
    tab.until("ganplay.config.points.length === 80000")
    page.click(".share")
    assert page.input_value(".share-link") == "Too many points for a link: use Save settings below"
    assert "--config ganplay-settings.json" in page.input_value(".share-command")
    with page.expect_download() as download:
        page.click(".save-settings")
    settings = Path(download.value.path()).read_bytes()
    page.keyboard.press("Escape")
    page.click("[data-data=line]")
    tab.until("ganplay.config.distribution === 'line'")
    chosen = {"name": "a.json", "mimeType": "", "buffer": settings}
    page.set_input_files(".settings-file", chosen)
    tab.until("ganplay.config.points.length === 80000")
    assert tab.complaints == []
    page.set_input_files(".points-file", table | {"buffer": b"1,2\n3,<b>"})
    tab.toast("many.csv, line 2, column #2: <b> is not a number.")
    page.set_input_files(".points-file", table | {"buffer": b"%PDF-1.7" + bytes(3_000_000)})
    tab.toast("many.csv is a PDF document.")
    tab.complaints.clear()  # the browser writes down that the answer was a refusal
    tab.done()


def test_a_table_is_shown_before_it_is_used_and_its_columns_can_be_chosen(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 390, "height": 780}, has_touch=True)
    page = tab.page
    rows = "".join(f"{'kl'[i % 2]},{i},{i * i},<b>{i}\n" for i in range(30)) + "k,,4,n\n"
    table = {"name": "t.csv", "mimeType": "text/csv", "buffer": f"group,a,b,c\n{rows}".encode()}
    page.set_input_files(".points-file", table)
    page.wait_for_selector(".points-box[open]")
    roles = page.locator(".points-table select")
    assert [one.input_value() for one in roles.all()] == ["class", "x", "y", "none"]
    found = page.locator(".points-found p").all_inner_texts()
    assert found[:2] == ["30 points", "2 classes: k (15), l (15)"]
    assert found[2] == "Rows left out, without a number in x or y: 1 (the first: line 32)."
    assert page.inner_text(".points-table td:nth-child(4)") == "<b>0"
    assert tab.see("document.activeElement.className") == "points-use primary"
    assert tab.see("document.body.scrollWidth <= innerWidth")
    assert serious(tab) == []
    # Other columns, by keys: what cannot be read is told, and cannot be used.
    roles.nth(3).select_option("y")
    page.wait_for_selector(".points-found.wrong")
    assert "column c: <b>0 is not a number" in page.inner_text(".points-found")
    assert [one.input_value() for one in roles.all()] == ["class", "x", "none", "y"]
    assert page.is_disabled(".points-use")
    tab.complaints.clear()  # the browser writes down that the answer was a refusal
    roles.nth(3).select_option("none")
    assert page.inner_text(".points-found") == "Choose a column for x and another for y."
    roles.nth(2).focus()
    page.keyboard.press("y")
    roles.nth(0).select_option("none")
    page.wait_for_selector(".points-use:enabled")
    assert not page.is_visible(".points-kinds")
    page.click(".points-use")
    tab.until("ganplay.config.points.length === 4 * 30")
    assert not page.is_visible(".points-box")

    # What the page itself saves comes back, fakes too.
    page.click(".share")
    with page.expect_download() as download:
        page.click(".save-points")
    data = Path(download.value.path()).read_bytes()
    page.click(".share-close")
    page.set_input_files(".points-file", {"name": "own.csv", "mimeType": "", "buffer": data})
    page.wait_for_selector(".points-box[open]")
    count = page.inner_text(".points-found p")
    page.select_option(".points-rows", "all")
    page.wait_for_function(f"!['', '{count}'].includes(document.querySelector("
                           "'.points-found p')?.innerText ?? '')")  # fmt: skip
    page.click(".points-use")
    tab.until("ganplay.config.points.length > 4 * 30")
    tab.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])  # in which nothing but colours differs
def test_axe_finds_nothing_serious(chromium, server, scheme):
    tab = Tab(chromium, server.url, color_scheme=scheme, locale="zh-CN")
    tab.see("document.querySelectorAll('.lab details').forEach((one) => (one.open = true))")
    tab.until("document.querySelectorAll('.js-plotly-plot').length === 4")
    tab.pause()  # what moves is no other page, and takes the time of the test beside it
    tab.page.hover(".toggle")  # what is pointed at has to be read too
    tab.page.click(".mode-inside")
    tab.until("document.querySelectorAll('.unit').length === 48")
    for dialog in (None, ".share", ".help", "[data-graph=losses]"):
        if dialog:
            tab.page.click(dialog)
        assert serious(tab, colours=scheme == "dark") == []
        if dialog:
            tab.page.keyboard.press("Escape")
    for mode in (".mode-own", ".mode-own", ".mode-slow"):  # on, off again, on
        tab.page.click(mode)
        assert serious(tab, colours=scheme == "dark") == []
    tab.done()


def test_a_teachers_link_hides_and_locks(chromium, server):
    tab = Tab(chromium, server.url + "#state=1;loss:hinge", locale="zh-CN")
    page = tab.page
    page.click(".share")
    page.click(".teach summary")
    page.select_option(".teach-bundle select", "losses")
    assert "lock=presets,distribution,seed,own,steps,stop,pair," in page.input_value(".share-link")
    page.select_option(".teach-bundle select", "all")
    page.click(".teach-single summary")
    for part, how in (("预设", "hide"), ("单步", "lock"), ("设置：损失", "lock")):
        page.select_option(f".teach-parts label:has-text('{part}') select", how)
    page.check(".teach-parts label:has-text('投影视图') input")
    page.check(".teach-parts label:has-text('固定为当前语言') input")
    link = page.input_value(".share-link")
    parts = "hide=presets&lock=steps,settings-loss&view=projector&lang=zh"
    assert link == f"{server.url}#length=70&state=1;loss:hinge&{parts}"
    tab.done()

    tab = Tab(chromium, link.removesuffix("&lang=zh"))  # cut exactly between two pieces
    tab.toast("6 of its 70")
    tab.done()

    tab = Tab(chromium, link + "&lock=lr_g,zap&x=<b>")  # of two lists the last counts
    page = tab.page
    tab.toast("zap")
    for _ in range(2):
        assert tab.words(".step-d") == "D 走一步"
        assert not page.is_visible(".presets")
        assert tab.see("document.querySelector('#lab-lr_g').closest('[inert]') !== null")
        assert tab.see("document.querySelector('.lab').classList.contains('projector')")
        page.reload()  # what was hidden stays hidden
        tab.until("ganplay.drawn > 3 && ganplay.begun && ganplay.config.loss === 'hinge'")
    page.keyboard.press("p")
    assert not tab.see("document.querySelector('.lab').classList.contains('projector')")
    page.goto(link)
    tab.until("ganplay.begun && ganplay.drawn > 3 && ganplay.config.lr_g === 0.001")
    step = tab.pause()
    page.keyboard.press("s")  # steps are locked, their key too
    tab.settled()
    assert tab.see("ganplay.frame.step") == step
    page.keyboard.press("Space")
    tab.until(f"ganplay.frame.step > {step}")
    page.click(".language")
    assert tab.see("document.querySelector('.group-loss').inert")
    tab.done()


def test_two_at_once_and_one_thing_changed(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    seconds = "ganplay.second.canvas.toDataURL()"
    tab.pause()
    page.click(".mode-pair")
    tab.until("ganplay.frame.step === 0 && ganplay.frame.rival")
    page.fill(".count", "40")
    page.click(".step-many")
    tab.until("ganplay.frame.step === 40 && !ganplay.frame.catchingUp")
    tab.settled()
    assert tab.see(seconds) == tab.pixels()  # equal until something is changed
    assert tab.see("document.querySelector('.first').getBoundingClientRect().bottom") <= 768
    assert "identical" in tab.words(".pair-differs")

    # One thing of B, by keyboard; A is as it was, and what differs is said.
    page.focus(".lanes input[value=a]")
    page.keyboard.press("ArrowRight")
    page.fill("#lab-lr_g", "0.02")
    page.keyboard.press("Enter")
    tab.until("ganplay.rival.config.lr_g === 0.02")
    assert tab.see("ganplay.config.lr_g") == 0.001
    assert tab.words(".pair-differs") == "B differs: Learning rate of G 0.02 instead of 0.001."
    mark = ".row:has(#lab-lr_g) .differs-mark"
    assert page.get_attribute(mark, "aria-label") == "A: 0.001, B: 0.02"
    page.check(".lanes input[value=a]", force=True)
    assert page.input_value("#lab-lr_g") == "0.001"
    assert page.is_visible(mark)
    page.click(".step-many")
    tab.until("ganplay.frame.step === 80 && !ganplay.frame.catchingUp")
    tab.settled()
    assert tab.see(seconds) != tab.pixels()
    assert page.locator("[data-tile=js] .of-b").inner_text() != ""
    tab.until("document.querySelector('.plane-second').ariaLabel?.startsWith('B. Step 80')")
    tab.until("document.querySelectorAll('.chart:nth-child(2) .js-line').length === 2")

    # Under the pointer, on either picture, D of both.
    page.hover(".plane-second")
    tab.settled()
    page.wait_for_function("document.querySelector('.probe').innerText.match(/A 0.* B 0/)")

    # A reload and the link bring both back; then B goes.
    page.click(".share")
    link = page.input_value(".share-link")
    assert link.endswith("&rival=1;ema:0.99;lr_g:0.02")
    page.reload()
    tab.until("ganplay.frame?.rival && ganplay.rival.config.lr_g === 0.02")
    tab.done()
    tab = Tab(chromium, link)
    tab.until("ganplay.frame.rival && ganplay.rival.config.lr_g === 0.02")
    assert tab.see("ganplay.config.lr_g") == 0.001
    tab.page.click(".copy-ba")
    tab.until("ganplay.config.lr_g === 0.02")
    tab.page.click("[data-preset=collapse]")
    tab.toast("B is a copy of A again")
    tab.page.click(".mode-pair")
    tab.until("!ganplay.rival && !ganplay.frame.rival")
    assert not tab.page.is_visible(".plane-second")
    assert not tab.page.is_visible(".pair-bar")
    tab.done()


def test_the_line_breaks_and_the_server_forgets(chromium, server, monkeypatch):
    tab = Tab(chromium, server.url)
    page = tab.page
    page.fill("#lab-lr_g", "0.002")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.lr_g === 0.002")
    (session_id,) = [k for k, s in server.engine._sessions.items() if s.config.lr_g == 0.002]

    # A broken line: the page comes back to the very run that it left.
    tab.until("ganplay.frame.step > 60")
    run = tab.see("ganplay.frame.run")
    tab.comes_back(lambda: tab.see("(ganplay.link.socket.close(), 0)"))
    step = tab.see("ganplay.frame.step")
    tab.until(f"ganplay.frame.step > {step}")
    assert tab.see("ganplay.frame.run") == run
    assert page.locator("[role=status].line-again").text_content() == "connected again"

    # The server has forgotten: the page restores settings and step from what it holds.
    step = tab.pause()
    with server.engine._wake:
        del server.engine._sessions[session_id]
    tab.comes_back(lambda: page.keyboard.press("s"))  # asked of a session that is gone
    tab.until(f"ganplay.frame.step >= {step}", 30)
    assert tab.see("ganplay.config.lr_g") == 0.002
    assert not tab.see("ganplay.playing")
    assert session_id in server.engine._sessions

    # The server was restarted and knows none of its tokens: the page gets a new one by itself.
    monkeypatch.setattr(auth, "_KEY", b"after a restart")
    del server.engine._sessions[session_id]
    tab.comes_back(lambda: tab.see("(ganplay.link.socket.close(), 0)"))
    tab.until(f"ganplay.frame.step >= {step}", 30)
    assert tab.see("ganplay.config.lr_g") == 0.002
    (session_id,) = [k for k, s in server.engine._sessions.items() if s.config.lr_g == 0.002]

    # A closed tab stops training, and its memory goes.
    assert tab.complaints == []
    tab.context.close()
    closed = time.monotonic()
    while session_id in server.engine._sessions:
        assert time.monotonic() - closed < 10
        time.sleep(0.1)


def test_time_back_and_forth(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page

    # A run stops where it is told to, and stays there while the condition holds.
    tab.pause()
    tab.press("r")
    start = tab.pixels()
    page.select_option(".stop-when", "steps")
    page.fill(".stop-bound", "1e9")
    page.press(".stop-bound", "Enter")
    tab.toast("at step: 1e9 is not possible. Allowed: a whole number from 1 to 1000000.")
    page.fill(".stop-bound", "150")
    page.press(".stop-bound", "Enter")
    tab.see("document.activeElement.blur()")
    for _ in range(2):
        page.keyboard.press("Space")
        tab.toast("Stopped at step 150")
        tab.until("!ganplay.playing && ganplay.frame.step === 150")
    tab.settled()
    end = tab.pixels()

    # Back by key and slider: picture and numbers are those of the moment, and marked as such.
    tab.press(",")
    tab.until("ganplay.timeline.holds")
    page.focus(".timeline-slider")
    page.keyboard.press("Home")
    tab.until("ganplay.timeline.moment.step === 0")
    assert tab.pixels() == start
    assert tab.words(".moment-name") == "step 0 of 150"
    assert tab.words(".step-number") == "0"
    page.keyboard.press("ArrowRight")
    tab.until("ganplay.timeline.moment.step === ganplay.timeline.frames[1].step")
    page.keyboard.press("ArrowLeft")
    page.click(".timeline-pin")
    assert tab.words(".second-name") == "step 0"
    page.click(".timeline-pin")
    tab.press("l")
    assert not page.is_visible(".moment-name")
    tab.until("ganplay.plane.canvas.width > 400")
    assert tab.pixels() == end

    # A curve leads to its step, however far its points lie apart; a replay leads to the present.
    tab.see(
        "['steps', 'rows'].forEach((k) => {"
        " const h = ganplay.charts.history; h[k] = [h[k][0], h[k].at(-1)]; });"
        " ganplay.charts.redraw()"
    )
    tab.until("document.querySelectorAll('.chart .plot')[1].data[0].x.length === 2")
    page.hover(".chart:nth-child(2) .plot .nsewdrag", position={"x": 60, "y": 30})
    page.wait_for_selector(".chart:nth-child(2) .hoverlayer text")
    page.mouse.down()
    page.mouse.up()
    tab.until("ganplay.timeline.holds")
    page.wait_for_selector(".chart:nth-child(2) .mark")
    page.select_option(".timeline-speed", "60")
    page.click(".timeline-replay")
    tab.until("!ganplay.timeline.holds && !ganplay.timeline.replaying")
    assert tab.pixels() == end

    # Training goes on behind the past; another run begins in the present, beside what is pinned.
    page.select_option(".stop-when", "")
    tab.press(",")
    page.click(".timeline-pin")
    held = tab.see("ganplay.timeline.moment.step")
    page.keyboard.press("Space")
    tab.until("ganplay.frame.step > 200 && ganplay.timeline.frames.at(-1).step > 200")
    assert tab.see("ganplay.plane.frame.step") == held
    tab.press("r")
    tab.until("!ganplay.timeline.holds")
    page.wait_for_function(
        "text => document.querySelector('.second-name').textContent === text",
        arg=f"step {held}, previous run",
    )
    assert tab.see("ganplay.second.frame.step") == held

    # The condition outlives a reload.
    page.select_option(".stop-when", "modes")
    tab.settled()
    page.reload()
    tab.until("ganplay.begun && ganplay.state")
    assert tab.see("document.querySelector('.stop-when').value") == "modes"
    assert page.input_value(".stop-bound") == "8"
    tab.done()


def test_a_run_is_taken_along_and_brought_back(chromium, server, tmp_path):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page, step = tab.page, tab.pause()
    if step < 2:
        tab.press("s")
        step = tab.see("ganplay.frame.step")

    def kept(button):
        with page.expect_download(timeout=60_000) as download:
            page.click(button)
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        return path

    page.click(".share")
    page.fill(".film-seconds", "99")
    page.click(".film-make")
    assert tab.words(".film-status") == "The length of a film is 1 to 12 seconds."
    page.fill(".film-seconds", "1")
    with Image.open(kept(".film-make")) as film:
        assert (film.format, film.size) == ("GIF", (480, 480))
        assert film.n_frames > 1
    assert tab.words(".film-status") == "The film is among the downloads."
    drawing = ElementTree.parse(kept(".save-svg")).getroot()
    circles = drawing.findall(".//{http://www.w3.org/2000/svg}circle")
    paths = drawing.findall(".//{http://www.w3.org/2000/svg}g[@stroke]/{*}path")
    assert (len(circles), [path.get("d").count("m0 ") for path in paths]) == (800, [400])
    weights = kept(".save-weights")
    assert ganplay.load_toy(weights).steps == step
    page.click(".share-close")

    page.click(".rewind")
    tab.until("ganplay.frame.step === 0")
    page.set_input_files(".weights-file", weights)
    tab.until(f"ganplay.frame.step === {step}")
    (tmp_path / "other.safetensors").write_bytes(weights.read_bytes()[:-1])
    page.set_input_files(".weights-file", tmp_path / "other.safetensors")
    tab.toast("other.safetensors was not loaded: it is not a complete file of ganplay's weights.")
    assert tab.see("ganplay.frame.step") == step
    assert [c for c in tab.complaints if "422" not in c] == []
    tab.context.close()
