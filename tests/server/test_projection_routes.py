"""The routes that find a picture, on the real server, and the panel in a real browser."""

import http.client
import io
import threading
import time
from urllib.parse import urlsplit

import pytest
import torch
from helpers.explore_page import MODEL, STATE, opened
from helpers.http import declared as transfers_declared
from helpers.http import heard, refusal, send, wait_until
from helpers.pages import serious
from helpers.photos import likeness, photo, plain, shadow
from PIL import Image

import ganplay
from ganplay.common.wire import pack_chunk
from ganplay.latent import projection, projection_queue
from ganplay.latent.inversion_fit import fit_of
from ganplay.media.uploads import MAX_BYTES, DrawingStyle, fitted
from ganplay.server.explore.projection_routes import MAX_SEARCHES
from ganplay.server.http import auth

# As the server searches: with more threads its sums are rounded otherwise.
pytestmark = pytest.mark.usefixtures("one_thread")
PROJECT, PICTURE = "explore/project", f"explore/picture?model={MODEL}"


@pytest.fixture(scope="module")
def model():
    return ganplay.load(MODEL)


def saved(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def order(target, hidden=b"", **asked):
    return pack_chunk({"model": MODEL} | asked, target.numpy().tobytes() + hidden)


def test_a_search_tells_how_far_it_is_and_ends_with_a_state(server, model):
    target = model.sample([77], 4)[0]
    asked = order(target, restarts=3, steps=30)
    *news, (last, pixels) = heard(send(server, PROJECT, auth.issue(), asked))
    assert [head["type"] for head, _ in news] == ["progress"] * len(news)
    assert {head["stage"] for head, _ in news} == {"samples", "classes", "descent"}
    done = [head["done"] for head, _ in news]
    assert done == sorted(done)
    assert done[-1] == news[0][0]["total"] - 1
    # All errors of the last stage were told, three of each step.
    rows = [row for head, _ in news if head["stage"] == "descent" for row in head["errors"]]
    assert [len(row) for row in rows] == [3] * 30
    assert last["type"] == "found"
    assert len(last["labels"]) == 3
    state, problems = ganplay.read_state(last["state"], MODEL, model.space)
    assert problems == []
    drawn = model.render([state])[0]
    assert drawn.numpy().tobytes() == pixels
    apart = (drawn.double() - target.double()).square().mean().sqrt()
    assert last["error"] == pytest.approx(float(apart), abs=0.3)
    assert last["read"] == {"target": "4", "picture": "4"}
    assert last["fit"] == fit_of(model.card, last["error"])._asdict()
    # It is what Python finds.
    found = projection.project(model, target, restarts=3, steps=30)
    assert str(found.state) == last["state"]


def test_what_is_hidden_and_the_class_that_is_asked_for_reach_the_search(server, model):
    target = model.sample([77], 0)[0]
    hidden = torch.zeros(32, 32, dtype=torch.bool)
    hidden[16:] = True
    asked = order(target, hidden.numpy().tobytes(), label=0, restarts=2, steps=3, seed=5)
    last, _ = heard(send(server, PROJECT, auth.issue(), asked))[-1]
    found = projection.project(model, target, hidden, label=0, restarts=2, steps=3, seed=5)
    assert last["state"] == str(found.state)


def test_orders_that_cannot_be_are_refused_by_name(server, model):
    target, token = model.sample([77], 0)[0], auth.issue()
    for data, field in (
        (b"", "model"), (b"\xff" * 99, "model"), (pack_chunk({"model": "../x"}), "model"),
        (pack_chunk({"model": ["x"]}), "model"), (pack_chunk({"model": MODEL}), "picture"),
        (order(target, b"x"), "picture"), (order(target, b"\1" * 1024), "mask"),
        (order(target, label=10), "label"), (order(target, label="4"), "label"),
        (order(target, label=True), "label"), (order(target, restarts=33), "restarts"),
        (order(target, steps=1e3), "steps"), (order(target, seed=-1), "seed"),
        (pack_chunk({"model": "digits", "label": 1}, target.numpy().tobytes()), "label"),
    ):  # fmt: skip
        status, told = refusal(server, PROJECT, token, data)
        assert (status, told["type"], told["problem"]["field"]) == (422, "problem", field)
        assert told["problem"]["allowed"]
    status, told = refusal(server, PROJECT, token, b"x" * 2**18 + b"x")
    assert (status, told["type"]) == (413, "size")


@pytest.mark.parametrize("path", [PROJECT, PICTURE])
def test_only_a_page_of_ours_is_answered(server, path):
    for token in (None, "", "x", "forged.0123456789abcdef0123456789abcdef"):
        assert refusal(server, path, token) == (401, {"type": "refused"})
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert refusal(server, path, auth.issue(), **elsewhere) == (403, {"type": "refused"})


def test_a_file_comes_back_in_the_models_shape_or_is_refused_in_words(server, model):
    token = auth.issue()
    own = model.sample([77], 4)[0]
    data = saved(Image.fromarray(own[0].numpy()))
    ((head, pixels),) = heard(send(server, PICTURE, token, data))
    assert head == {"type": "picture", "shape": [1, 32, 32], "notes": [], "ink": None}
    assert pixels == own.numpy().tobytes()
    paper = Image.new("CMYK", (300, 400))
    paper.paste((0, 0, 0, 255), (140, 100, 160, 300))
    ((head, pixels),) = heard(send(server, PICTURE, token, saved(paper, "JPEG")))
    assert [note["code"] for note in head["notes"]] == ["cmyk", "inverted", "framed"]
    assert pixels[16 * 32 + 16] > 240
    for refused, kind in (
        (b"", "nothing"), (b"hello", "text"), (b"%PDF-1.7", "pdf"), (data[:99], "broken"),
        (b"\x89PNG" + b"\0" * 99, "broken"), (saved(Image.new("1", (10_000, 10_000))), "pixels"),
        (saved(Image.new("L", (9, 9))), "empty"),
    ):  # fmt: skip
        status, told = refusal(server, PICTURE, token, refused)
        assert (status, told["type"]) == (422, kind)
        assert told["why"]
    declared = transfers_declared(server, PICTURE, token, 2 * MAX_BYTES)
    assert declared == (413, {"type": "size"})
    status, told = refusal(server, "explore/picture?model=../../etc", token, b"x")
    assert (status, told["problem"]["field"]) == (422, "model")


def test_of_a_photograph_comes_the_ink_as_dark_as_the_page_asks_for(server):
    token, data = auth.issue(), photo(lines="ruled", light=shadow(0.5, 60))
    drawn = fitted(plain(), (1, 32, 32), DrawingStyle(0, 20 / 32)).pixels
    ((head, pixels),) = heard(send(server, PICTURE, token, data))
    assert [note["code"] for note in head["notes"]] == ["inverted", "ink", "framed"]
    assert likeness(list(pixels), drawn) > 0.98
    ((again, same),) = heard(send(server, f"{PICTURE}&ink={head['ink']}", token, data))
    assert (again, same) == (head, pixels)
    ((_, all_lines),) = heard(send(server, f"{PICTURE}&ink=8", token, data))
    assert likeness(list(all_lines), drawn) < 0.9
    for level in ("4", "91", "-5", "x", "20.5", "%C2%B2", "9" * 5000):
        status, told = refusal(server, f"{PICTURE}&ink={level}", token, data)
        assert (status, told["problem"]["field"]) == (422, "ink")
    status, told = refusal(server, f"{PICTURE}&ink=90", token, photo(ink=0.6))
    assert (status, told["type"]) == (422, "no_ink")


@pytest.fixture
def held(monkeypatch):
    """Searches begin when this is set; those that were begun and ended are counted."""
    go, counts = threading.Event(), {"begun": 0, "ended": []}
    real = projection_queue.project

    def project(*given, **named):
        counts["begun"] += 1
        began = time.monotonic()
        go.wait(20)
        try:
            return real(*given, **named)
        finally:
            counts["ended"].append(time.monotonic() - began)

    monkeypatch.setattr(projection_queue, "project", project)
    yield go, counts
    go.set()


def begun(server, token, data):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    connection.request("POST", f"/ganplay/{PROJECT}", data, {"X-Ganplay-Token": token})
    return connection


def test_who_leaves_ends_the_search_within_a_second(server, model):
    """A search that would take a minute or more; another one is done right after it is left."""
    long = order(model.sample([77], 0)[0], restarts=32, steps=1000)
    line = begun(server, auth.issue(), long)
    answer = line.getresponse()
    assert answer.read(8)  # it goes on
    began = time.monotonic()
    answer.close()
    line.close()
    short = order(model.sample([77], 0)[0], label=0, restarts=1, steps=1)
    last, _ = heard(send(server, PROJECT, auth.issue(), short))[-1]
    assert last["type"] == "found"
    # One thread does all searches, so the first one is over. The second one takes some time too.
    assert time.monotonic() - began < 4
    wait_until(lambda: server.projection.slots["searches"]._free == MAX_SEARCHES)


def test_a_pages_new_search_ends_its_last_and_too_many_are_told_to_wait(server, model, held):
    go, counts = held
    data, token = order(model.sample([77], 0)[0], label=0, restarts=1, steps=1), auth.issue()
    first = begun(server, token, data)
    wait_until(lambda: counts["begun"] == 1)
    others = [begun(server, auth.issue(), data) for _ in range(MAX_SEARCHES - 2)]
    again = begun(server, token, data)
    wait_until(lambda: server.projection.slots["searches"]._free == 0)
    assert refusal(server, PROJECT, auth.issue(), data) == (429, {"type": "busy"})
    go.set()
    ends = [heard(line.getresponse().read())[-1:] for line in (first, again, *others)]
    kinds = [end[0][0]["type"] if end else None for end in ends]
    assert kinds == [kinds[0], *["found"] * (MAX_SEARCHES - 1)]
    assert kinds[0] != "found"
    wait_until(lambda: server.projection.slots["searches"]._free == MAX_SEARCHES)
    assert server.projection._newest == {}


# ---- the page -----------------------------------------------------------------------------------


def strokes(tab, *lines):
    box = tab.page.locator(".fi-touch").bounding_box()
    for line in lines:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in line]
        tab.page.mouse.move(*places[0])
        tab.page.mouse.down()
        for place in places[1:]:
            tab.page.mouse.move(*place, steps=5)
        tab.page.mouse.up()


PANEL = "ganplay.explore.bench.panels.find"


def sheet(tab):
    tab.see(f"{PANEL}.then((panel) => {{ window.panel = panel; }})")
    return tab.bytes_of("panel.pad.sheet.pixels")


def test_a_digit_is_drawn_found_explored_and_undone(chromium, server, model):
    tab = opened(chromium, server)
    page = tab.page
    first = tab.drawn(model)
    page.click("#ex-tab-find")
    page.wait_for_selector(".fi-go[disabled]")  # nothing is drawn yet
    page.locator(".fi-touch").scroll_into_view_if_needed()
    strokes(tab, [(0.32, 0.28), (0.68, 0.28), (0.46, 0.76)])
    drawn = sheet(tab)
    assert max(drawn) == 255
    # A stroke is taken back and made again by keys.
    page.locator(".fi-touch").press("Backspace")
    assert max(sheet(tab)) == 0
    for key in ("Enter", "Shift+ArrowDown", "ArrowUp"):
        page.locator(".fi-touch").press(key)
    assert max(sheet(tab)) == 255
    page.click(".fi-clear")
    page.locator(".fi-touch").scroll_into_view_if_needed()
    strokes(tab, [(0.32, 0.28), (0.68, 0.28), (0.46, 0.76)])
    assert sheet(tab) == drawn
    page.fill(".fi-steps", "0")
    page.click(".fi-go")
    tab.toast("Steps: 0 is not possible. Allowed: a number from 1 to 1000.")
    page.fill(".fi-steps", "30")
    page.click(".fi-go")
    page.wait_for_selector(".fi-explore:not([disabled])", timeout=60_000)
    assert "class 7" in tab.words(".fi-said")
    words = tab.see("panel.found.fit?.word") or "unknown"
    kinds = {"fits": "It fits", "near": "Near", "off": "Off", "unknown": "No errors of this model"}
    assert tab.words(".fi-fits").startswith(kinds[words])
    assert tab.see("panel.said") == ("unmatched" if words == "off" else "done")
    assert tab.see("panel.curves.map((curve) => curve.length)") == [30] * 8
    found = tab.bytes_of("panel.whole")
    page.click(".fi-explore")
    page.wait_for_function(f"{STATE}.at !== ''")
    assert tab.drawn(model) == found
    assert tab.see(f"{STATE}.label") == [[7, 1]]
    page.keyboard.press("Control+z")
    assert tab.drawn(model) == first
    page.keyboard.press("Control+Shift+z")
    assert tab.drawn(model) == found

    # The picture above is taken, half of it hidden and filled in: what was seen stays.
    before = tab.see("panel.pad.sheet.past.length")
    page.click(".fi-present")
    page.wait_for_function(f"panel.pad.sheet.past.length > {before} && panel.pad.sheet.drawn")
    assert sheet(tab) == found
    page.click("[data-tool=hide]")
    page.locator(".fi-size").fill("8")
    page.locator(".fi-touch").scroll_into_view_if_needed()
    strokes(tab, [(0, 0.9), (1, 0.9)])
    hidden = tab.bytes_of("panel.pad.sheet.hidden")
    assert hidden[31 * 32 : 32 * 32] == bytes([1]) * 32
    assert hidden[: 16 * 32] == bytes(512)
    page.click(".fi-go")
    page.wait_for_selector(".fi-explore:not([disabled])", timeout=60_000)
    whole = tab.bytes_of("panel.whole")
    assert whole[: 16 * 32] == found[: 16 * 32]
    assert page.is_visible(".fi-filled")
    page.click(".fi-back")
    assert sheet(tab) == whole
    assert not tab.see("panel.pad.sheet.masked")

    # A search can be cancelled.
    page.fill(".fi-restarts", "32")
    page.fill(".fi-steps", "1000")
    page.click(".fi-go")
    page.wait_for_function("panel.curves.length > 0", timeout=60_000)
    page.click(".fi-cancel")
    page.wait_for_selector(".fi-go:not([hidden])")
    assert tab.words(".fi-status") == "Cancelled."
    tab.done()


def test_files_are_opened_dropped_and_refused(chromium, server, model):
    tab = opened(chromium, server)
    page = tab.page
    page.click("#ex-tab-find")
    page.wait_for_selector(".fi-file", state="attached")
    paper = Image.new("L", (300, 400), 250)
    paper.paste(20, (140, 100, 160, 300))
    file = {"name": "stroke.png", "mimeType": "image/png", "buffer": saved(paper)}
    page.set_input_files(".fi-file", file)
    page.wait_for_function("document.querySelector('.fi-notes').textContent !== ''")
    assert "Dark and light were swapped" in tab.words(".fi-notes")
    rows = [row for row in range(32) if max(sheet(tab)[32 * row : 32 * row + 32]) > 128]
    assert rows == list(range(6, 26))
    page.set_input_files(".fi-file", file | {"name": "a.png", "buffer": b"<b>hello"})
    tab.toast("a.png is text, not a picture.")
    page.set_input_files(".fi-file", file | {"buffer": saved(Image.new("1", (10**4, 10**4)))})
    tab.toast("stroke.png has too many pixels: at most 25,000,000 are possible.")
    # Drawn small in a corner, it is brought into the frame.
    page.click(".fi-clear")
    page.locator(".fi-touch").scroll_into_view_if_needed()
    strokes(tab, [(0.1, 0.1), (0.1, 0.4)])
    tab.see("document.querySelector('.fi-notes').replaceChildren()")  # those of the first file
    page.click(".fi-fit")
    page.wait_for_function("document.querySelector('.fi-notes').textContent.includes('scaled')")
    rows = [row for row in range(32) if max(sheet(tab)[32 * row : 32 * row + 32]) > 128]
    assert rows[0] + rows[-1] in (30, 31, 32)
    assert 18 <= len(rows) <= 22
    tab.complaints.clear()  # the browser writes down what was refused
    tab.done()


def test_a_photographs_ink_is_seen_before_the_search_and_set_by_a_slider(chromium, server):
    tab = opened(chromium, server)
    page = tab.page
    page.click("#ex-tab-find")
    page.wait_for_selector(".fi-file", state="attached")
    assert not page.is_visible(".fi-ink")
    paper = photo(lines="ruled", light=shadow(0.5, 60))
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": paper}
    page.set_input_files(".fi-file", file)
    page.wait_for_selector(".fi-ink")
    drawn = fitted(plain(), (1, 32, 32), DrawingStyle(0, 20 / 32)).pixels
    assert likeness(list(sheet(tab)), drawn) > 0.98
    level = page.input_value(".fi-ink")
    assert tab.words(".fi-ink-value") == f"{level} %"
    # By keys: with the least level the printed lines are ink; nothing is as dark as the highest.
    page.locator(".fi-ink").press("Home")
    page.wait_for_function("!panel.file.asking")
    assert likeness(list(sheet(tab)), drawn) < 0.9
    page.locator(".fi-ink").fill("90")
    tab.toast("Nothing in photo.jpg is that dark")
    page.locator(".fi-ink").fill(level)
    page.wait_for_function("!panel.file.asking")
    assert likeness(list(sheet(tab)), drawn) > 0.98
    assert tab.see("panel.pad.sheet.past.length") == 1  # all of it is one step back
    page.click(".language")
    assert "多深算墨迹" in tab.words(".fi-ink-box")
    page.click(".fi-undo")
    assert max(sheet(tab)) == 0
    assert not page.is_visible(".fi-ink")
    tab.complaints.clear()  # the browser writes down what was refused
    tab.done()


@pytest.mark.parametrize("scheme", ["light", "dark"])  # in which nothing but colours differs
def test_axe_finds_nothing_serious_in_the_panel(chromium, server, scheme):
    tab = opened(chromium, server, color_scheme=scheme)
    tab.page.click("#ex-tab-find")
    tab.page.wait_for_selector(".fi-go")
    assert serious(tab, colours=scheme == "dark") == []
    tab.done()


def test_a_phone_has_room_for_fingers(chromium, server):
    tab = opened(chromium, server, viewport={"width": 390, "height": 844}, has_touch=True)
    tab.page.click("#ex-tab-find")
    tab.page.wait_for_selector(".fi-go")
    assert tab.fits()
    small = tab.see("""[...document.querySelectorAll(".ex-find :is(button, select, input)")]
        .filter((one) => one.checkVisibility())
        .map((one) => [one.className || one.tagName, one.getBoundingClientRect()])
        .filter(([, {width, height}]) => Math.min(width, height) < 39.5)
        .map(([name, {width, height}]) => `${name}: ${width} x ${height}`)""")
    assert small == []
    tab.done()
