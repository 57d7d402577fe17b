"""Every feature of the lab once, in one visit: at a desk in English, on a phone in Chinese."""

import io
import json
import re
from xml.etree import ElementTree

import pytest
from helpers.tab import Tab
from PIL import Image

from ganplay import ToyConfig, load_toy
from ganplay.common.locales import locale

NAMES = set(
    "ganplay GAN ReLU WGAN Adam SGD RMSprop English tanh SiLU Wasserstein torch Kaiming Xavier log "
    "GIF MP4 EMA critic logit Lipschitz Dirac CSV JSON PNG JPEG WebP BMP SVG UTF PyTorch Python "
    "Shift Alt Ctrl Enter Backspace Delete Home Esc safetensors".split()
)
"""Words in Latin letters that Chinese texts keep."""


class Visit(Tab):
    """A tab that knows its language, and reads every view it comes to."""

    def __init__(self, browser, server, language, size, **context):
        super().__init__(
            browser, server.url, locale={"en": "en-US", "zh": "zh-CN"}[language],
            viewport=dict(zip(("width", "height"), size, strict=True)), has_touch=True, **context,
        )  # fmt: skip
        self.language, self.text = language, locale(language)
        self.line = self.context.new_cdp_session(self.page)

    def read(self):
        """What is to be seen now: nothing sticks out, and Chinese is Chinese."""
        assert self.fits()
        if self.see("innerWidth >= 1366"):  # the whole first screen, without scrolling
            top, height = self.see(
                "[document.querySelector('.desk').offsetTop + 10, "
                "document.querySelector('.first').offsetHeight]"
            )
            assert top + height <= 768
        if self.language == "zh":
            formulas = self.page.locator(".formula").all_inner_texts()
            shown = self.see("document.querySelector('.lab').innerText")
            for formula in formulas:
                shown = shown.replace(formula, "")
            tips = self.see(
                "[...document.querySelectorAll('.lab [data-tip], .lab [aria-label]')]"
                ".filter((one) => one.checkVisibility())"
                ".map((one) => `${one.dataset.tip || ''} ${one.ariaLabel || ''}`).join(' ')"
            )
            left = set(re.findall("[A-Za-z]{3,}", shown + tips)) - NAMES
            assert not left, left

    def mode(self, name):
        self.page.click(f".mode-{name}")

    def touch(self, *places):
        """A finger drawn along places of the sheet, each x and y from 0 to 1."""
        self.page.locator(".ink").scroll_into_view_if_needed()
        box = self.page.locator(".ink").bounding_box()
        at = [
            {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]} for x, y in places
        ]
        send = self.line.send
        send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at[:1]})
        for point in at[1:]:
            send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.settled()

    def download(self, button):
        with self.page.expect_download(timeout=60_000) as coming:
            self.page.click(button)
        return coming.value.path()


def graph(tab):
    """Every part of the model graph, large and with its formula; G bends the noise."""
    page = tab.page
    parts = tab.text["graph"]["parts"]
    dashes = "document.querySelector('.graph .edges').style.strokeDashoffset"
    page.wait_for_function(f"before => {dashes} !== before", arg=tab.see(dashes))  # they flow
    for name in parts:
        page.click(f"[data-graph={name}]")
        assert tab.words(".part-box h2") == parts[name]["label"]
        assert tab.words(".part-box .formula:first-child")
        if name not in ("noise", "real"):
            large = "document.querySelector('.part-view canvas').toDataURL()"
            before = tab.see(large)
            page.wait_for_function(f"before => {large} !== before", arg=before)  # it is live
        tab.read()
        page.keyboard.press("Escape")
    page.hover("[data-graph=g]")
    page.wait_for_selector(".morph:not([hidden])")
    tab.until("ganplay.graph.morph.at > 0.2 && ganplay.graph.morph.at < 0.9")
    page.mouse.move(1, 1)
    page.wait_for_selector(".morph", state="hidden")


def slow_motion(tab):
    """Ten sub-steps, forth and back, with the numbers of this very step."""
    page = tab.page
    tab.mode("slow")
    tab.until("ganplay.holdsPicture === 'slow'")
    tab.settled()
    step = tab.see("ganplay.slow.kept[0].step")
    sentences, pictures = [], []
    for i in range(10):
        tab.read()
        sentences.append(tab.words(".slow-sentence"))
        pictures.append(tab.pixels())
        assert tab.see("document.querySelectorAll('.graph .lit').length") > 0
        if i in (3, 8):
            loss = tab.see(f"ganplay.frame.metrics.{'dg'[i > 5]}_loss")
            assert f"{loss:.3f}" in sentences[-1].replace("−", "-")
        if i < 9:
            page.click(".slow-on")
    assert len(set(sentences)) == len(sentences)
    assert len(set(pictures)) >= 7
    assert tab.see("ganplay.frame.step") == step
    page.click(".slow-back")
    assert tab.words(".slow-sentence") == sentences[8]
    page.click(".slow-on")
    page.click(".slow-on")  # into the next step
    tab.until(f"ganplay.slow.kept.length === 2 && ganplay.frame.step === {step + 1}")
    page.click(".slow-play")
    tab.until("ganplay.slow.at > 0")  # it goes on by itself
    page.click(".slow-play")
    tab.mode("slow")
    assert not page.is_visible(".slow")
    assert tab.see("ganplay.holdsPicture") is None


def inside(tab):
    """Units of both nets, pointed at one by one; a page further on; the bars of the gradients."""
    page = tab.page
    tab.mode("inside")
    tab.until("document.querySelectorAll('.unit').length === 48")
    large = "document.querySelector('.unit-large canvas').toDataURL()"
    seen = set()
    for net, unit in (("d", 2), ("d", 15), ("g", 2)):
        page.locator(f".net-{net} .unit").nth(unit).hover()
        words = tab.text["inside"]["unit"]
        words = words.format(net=net.upper(), layer=unit // 12 + 1, unit=unit % 12 + 1)
        page.wait_for_function(
            "words => document.querySelector('.unit-large p').textContent.startsWith(words)",
            arg=words,
        )
        tab.settled()
        seen.add(tab.see(large))
    assert len(seen) == 3
    page.click(".pager button:last-child")
    assert "13" in tab.words(".pager span")
    tab.until("ganplay.frame.units && ganplay.inside.first === 12")
    tab.read()
    page.click(".inside-close")
    assert not page.is_visible(".insides")


def own_data(tab):
    """Drawn by touch, a class apart, undone; out of a table and out of a picture."""
    page = tab.page
    tab.mode("own")
    tab.touch((0.3, 0.3), (0.3, 0.5), (0.35, 0.7))
    tab.until("ganplay.config.distribution === 'own' && ganplay.own.pending === null")
    first = tab.see("ganplay.config.points")
    page.click(".draw-classes label:nth-child(2)")
    tab.touch((0.7, 0.3), (0.65, 0.5), (0.7, 0.7))
    tab.until("ganplay.config.points.includes('.')")
    tab.read()
    page.click(".draw-undo")
    tab.until(f"ganplay.config.points === '{first}'")
    table = "x;y;类\n" + "".join(f"{i};{i * i};{'ab'[i % 2]}\n" for i in range(40))
    file = {"name": "表", "mimeType": "text/csv", "buffer": table.encode()}
    page.set_input_files(".points-file", file)
    page.wait_for_selector(".points-box[open]")
    tab.read()
    page.click(".points-use")
    tab.until("ganplay.config.points.includes('.')")
    picture, data = Image.new("L", (60, 60), 255), io.BytesIO()
    picture.paste(0, (20, 10, 40, 50))
    picture.save(data, "PNG")
    file = {"name": "bar.png", "mimeType": "image/png", "buffer": data.getvalue()}
    page.set_input_files(".points-file", file)
    tab.until("ganplay.config.points && !ganplay.config.points.includes('.')")
    page.click(".draw-done")
    drawn = tab.see("ganplay.config.points")
    run = tab.see("ganplay.frame.run")
    page.click(".rewind")
    tab.until(f"ganplay.frame.run > {run} && ganplay.frame.step < 20")
    assert tab.see("ganplay.config.points") == drawn  # it survives a reset


def time(tab):
    """It stops where it is told; back, pinned, replayed; rewound to the same picture."""
    page = tab.page
    page.select_option(".stop-when", "steps")
    page.fill(".stop-bound", "120")
    page.press(".stop-bound", "Enter")
    tab.see("(document.activeElement.blur(), ganplay.playing || ganplay.toggle())")
    tab.until("!ganplay.playing && ganplay.frame.step === 120", 40)
    tab.settled()
    end = tab.pixels()
    page.focus(".timeline-slider")
    page.keyboard.press("Home")
    tab.until("ganplay.timeline.holds && ganplay.timeline.moment.step === 0")
    page.click(".timeline-pin")
    assert page.is_visible(".plane-second")
    tab.read()
    page.click(".timeline-pin")
    page.select_option(".timeline-speed", "60")
    page.click(".timeline-replay")
    tab.until("!ganplay.timeline.holds && !ganplay.timeline.replaying")
    page.click(".rewind")
    tab.until("ganplay.frame.step === 0 && !ganplay.frame.playing")
    tab.see("ganplay.playing || ganplay.toggle()")
    tab.until("!ganplay.playing && ganplay.frame.step === 120", 40)
    tab.settled()
    tab.see("(document.activeElement.blur(), window.scrollTo(0, 0))")
    assert tab.pixels() == end
    page.select_option(".stop-when", "")


def two_at_once(tab):
    """The same start twice; one thing changed in B; settings copied back; one again."""
    page = tab.page
    page.click("[data-data=ring]")
    tab.mode("pair")
    tab.until("ganplay.frame.rival && ganplay.config.distribution === 'ring'")
    tab.see("ganplay.playing && ganplay.toggle()")
    page.click(".rewind")
    tab.until("ganplay.frame.step === 0 && !ganplay.frame.playing")
    page.click(".lanes [value=b]", force=True)
    tab.see("(document.querySelector('.group-training').open = true)")  # folded on a phone
    page.fill("#lab-lr_d", "0.02")
    page.keyboard.press("Enter")
    tab.until("ganplay.rival && ganplay.rival.config.lr_d === 0.02")
    same = "ganplay.second.canvas.toDataURL() === ganplay.plane.canvas.toDataURL()"
    tab.settled()
    assert tab.see(same)  # nothing has been trained yet
    tab.read()
    tab.see("ganplay.toggle()")
    tab.until("ganplay.frame.step > 60")
    tab.see("ganplay.toggle()")
    tab.until("!ganplay.frame.playing")
    tab.settled()
    assert tab.see("ganplay.frame.rival.step === ganplay.frame.step")
    assert not tab.see(same)
    assert tab.see("ganplay.config.lr_d") == 0.001
    tab.mode("pair")
    tab.until("!ganplay.frame.rival")


def take_away(tab, tmp_path):
    """Every file once, and what can be loaded is loaded again."""
    page = tab.page
    page.click(".share")
    tab.read()
    state = tab.see("ganplay.state")
    assert page.input_value(".share-link").endswith(f"#state={state}")
    config = ToyConfig.from_state(state)[0]
    assert json.loads(tab.download(".save-settings").read_bytes()) == config.to_dict()
    with Image.open(tab.download(".save-picture")) as picture:
        assert picture.format == "PNG"
    assert ElementTree.parse(tab.download(".save-svg")).getroot().tag.endswith("svg")
    assert tab.download(".save-points").read_text().startswith("kind,x,y,class\nreal,")
    assert tab.download(".save-curves").read_text().startswith("step,")
    compile(tab.download(".save-script").read_text(), "gan.py", "exec")
    page.fill(".film-seconds", "1")
    for kind in ("gif", "mp4"):
        page.select_option(".film-kind", kind)
        start = tab.download(".film-make").read_bytes()[:12]
        assert start.startswith(b"GIF8") or start[4:8] == b"ftyp"
    weights = tmp_path / "run.safetensors"
    weights.write_bytes(tab.download(".save-weights").read_bytes())
    step = load_toy(weights).steps
    page.click(".share-close")
    page.click(".rewind")
    tab.until("ganplay.frame.step === 0")
    page.set_input_files(".weights-file", weights)
    tab.until(f"ganplay.frame.step === {step}")


@pytest.mark.parametrize(("language", "size"), [("en", (1366, 768)), ("zh", (390, 844))])
def test_everything_once(chromium, server, tmp_path, language, size):
    tab = Visit(
        chromium, server, language, size, color_scheme={"en": "light", "zh": "dark"}[language]
    )
    tab.read()
    graph(tab)
    slow_motion(tab)
    inside(tab)
    own_data(tab)
    time(tab)
    two_at_once(tab)
    take_away(tab, tmp_path)
    tab.done()
