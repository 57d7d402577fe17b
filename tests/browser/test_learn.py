"""The Learn view in a real browser."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from helpers.pages import Hands, serious
from helpers.tab import Tab

from ganplay.server.learn.record_store import RecordStore

WORDS = {
    "en-US": {"right": "You were right", "mend": "Bring every start", "report": "Outwards"},
    "zh-CN": {"right": "你答对了", "mend": "让每个起点", "report": "向外，成螺旋"},
}


def does(name):
    return f'[data-does="{name}"]'


@pytest.mark.parametrize("locale", WORDS)
def test_a_lesson_from_start_to_end_by_keyboard_alone(chromium, server, locale):
    tab = Tab(chromium, server.url, locale=locale, viewport={"width": 1366, "height": 768})
    page, hands, words = tab.page, Hands(tab), WORDS[locale]
    hands.to("#view-lab")
    hands.keys.press("End")
    hands.keys.press("ArrowLeft")
    page.wait_for_selector(".ln-list button")
    assert tab.see("ganplay.away")
    hands.press('[data-lesson="oscillation"]')
    assert page.is_disabled('[data-step="run"]')

    # Predict: nothing can run before the question is answered.
    hands.to("[name=ln-answer-0]")
    hands.keys.press("Space")
    hands.keys.press("ArrowDown")
    hands.keys.press("ArrowDown")
    hands.press(does("answer"))
    page.wait_for_selector(does("on"))
    hands.keys.press("Enter")  # it has the focus now

    # Run and check: three runs, whose gauges fill; then what is next has the focus.
    hands.press(does("start_run"))
    page.wait_for_function("document.activeElement.dataset.does === 'on'", timeout=60_000)
    assert page.locator(".ln-gauge.holds").count() == 3
    assert page.locator(".ln-meter[aria-valuenow='100']").count() == 3
    assert "3" in tab.words(".ln-told")
    assert page.locator(".ln-small button").count() == 8
    before = tab.see("ganplay.learn.stage.snapshot()")
    hands.press(".ln-small button:nth-child(2)")
    assert tab.see("ganplay.learn.stage.snapshot()") != before
    assert "2" in tab.words(".ln-name")
    hands.to('.ln-formula [data-of="gauge"]')
    assert page.locator(".ln-gauges.lit").count() == 3
    hands.press(does("on"))

    # Explain.
    assert words["right"] in tab.words(".ln-body")
    hands.press(does("on"))

    # Break it, and mend it.
    hands.press(does("try"))  # unchanged it does not break
    page.wait_for_selector(".ln-gauge.fails", timeout=60_000)
    hands.type("#ln-r1", "0")
    hands.press(does("try"))
    page.wait_for_selector(".ln-gauge.holds", timeout=60_000)
    hands.press(does("on"))
    assert words["mend"] in tab.words(".ln-task")
    hands.type("#ln-r1", "11")  # out of bounds: refused by the server, in words
    hands.press(does("try"))
    page.wait_for_selector(".toasts p")
    hands.type("#ln-r1", "1")
    hands.press(does("try"))
    page.wait_for_selector(".ln-gauge.holds", timeout=60_000)

    assert page.locator(f".ln-closing {does('next')}").count() == 1

    # The report; and all is there again after a reload.
    hands.press(".ln-sheet-open")
    assert words["report"] in tab.words(".ln-sheet")
    assert page.locator(".ln-sheet img").count() == 5
    hands.keys.press("Escape")
    assert "oscillation" in tab.see("location.hash")
    page.reload()
    page.wait_for_selector(".ln-list button")
    assert page.locator('[data-lesson="oscillation"] .done').count() == 3
    # Back leads through the steps, and out of the lesson.
    for step in ("break", "explain", "run", "predict"):
        page.go_back()
        page.wait_for_function("step => ganplay.learn.place === `oscillation.${step}`", arg=step)
        assert page.get_attribute(".ln-steps [aria-current]", "data-step") == step
    page.go_back()
    page.wait_for_function("ganplay.learn.lesson.name !== 'oscillation'")
    refused = "error: Failed to load resource: the server responded with a status of 422 ()"
    tab.complaints = [c for c in tab.complaints if not c.startswith(refused[:60])]
    tab.done()


def test_a_lecturers_link_opens_at_a_task(chromium, server):
    """Frames of GANs, maps and tables; parts hidden; a language; what a symbol lights."""
    link = f"{server.url}#learn=conditional.break&hide=learn-list&lang=zh"
    tab = Tab(chromium, link, drawn=False, viewport={"width": 1366, "height": 768})
    page = tab.page
    page.wait_for_selector("#ln-lr_d")
    assert page.is_hidden(".ln-list")
    assert "让 G 忽略标签" in tab.words(".ln-task")
    assert tab.fits()
    page.fill("#ln-lr_d", "0")
    page.keyboard.press("Enter")
    page.click(does("try"))
    page.wait_for_selector(".ln-gauge.holds", timeout=120_000)
    assert page.locator(".ln-figure td").count() == 64
    whole = tab.see("ganplay.learn.stage.snapshot()")
    page.hover('.ln-formula [data-of="grid"]')
    assert tab.see("ganplay.learn.stage.plane.layers === ganplay.schema.frame.layers.grid")
    assert tab.see("ganplay.learn.stage.snapshot()") != whole
    page.mouse.move(5, 5)
    assert tab.see("ganplay.learn.stage.snapshot()") == whole
    for colours in (False, True):  # in the other theme nothing else differs
        assert serious(tab, colours) == []
        page.click(".theme")
    with page.context.expect_page() as opened:
        page.click(does("in_lab"))
    lab = opened.value
    lab.wait_for_function("window.ganplay?.config.conditional && ganplay.config.lr_d === 0")
    assert lab.evaluate("document.querySelector('#lab-loss').closest('[inert]') !== null")
    assert lab.evaluate("document.querySelector('#lab-lr_g').closest('[inert]') === null")
    # Why it is locked is told, and the way back leads to the task.
    lab.wait_for_function("document.querySelector('.from-lesson p').innerText.includes('课程“')")
    assert "G 的学习率" in lab.inner_text(".from-lesson")
    lab.click(".from-lesson button")
    lab.wait_for_selector(".ln-task")
    assert "learn=conditional.break" in lab.evaluate("location.hash")
    lab.go_back()
    lab.wait_for_selector(".from-lesson")
    tab.done()


def test_a_report_is_named_signed_handed_in_and_checked(chromium, server):
    """On a phone; a record store that the operator has named is told, and students that it is."""
    sent = []
    sender = SimpleNamespace(put=sent.append, store=RecordStore("https://lrs.example.org/x"))
    server.reports.send_to(sender)
    link = f"{server.url}#learn=oscillation"
    tab = Tab(chromium, link, drawn=False, viewport={"width": 390, "height": 844})
    page = tab.page
    page.wait_for_selector(".ln-sheet-open")
    assert "lrs.example.org, under a random number" in tab.words(".ln-sent")
    page.click(".ln-sheet-open")
    assert page.is_disabled(".ln-sign")  # there is nothing to sign yet
    page.keyboard.press("Escape")
    page.check("[name=ln-answer-0] >> nth=2")
    page.click(does("answer"))
    page.click(".ln-sheet-open")
    page.fill(".ln-student", "=李雷")
    page.check(".ln-consent input")
    assert "李雷" in tab.words(".ln-of-student")
    assert "1 of 4 points, 0 of 15" in tab.words(".ln-sheet")
    assert page.locator(".ln-wide tbody tr").count() == 15
    assert page.input_value(".ln-sheet-link").endswith("#learn")
    assert tab.fits()
    with page.expect_download() as saved:
        page.click(".ln-sign")
    assert saved.value.suggested_filename.startswith("ganplay-李雷-")
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    page.keyboard.press("Escape")
    assert "with your name: =李雷" in tab.words(".ln-sent")

    # A lecturer gets this file and one that was changed.
    page.click(".ln-check")
    files = {"a.json": text, "b.json": text.replace("李雷", "韩梅梅")}
    page.set_input_files(".ln-check-files", [
        {"name": name, "mimeType": "application/json", "buffer": content.encode()}
        for name, content in files.items()
    ])  # fmt: skip
    page.wait_for_selector(".ln-check-table tbody tr")
    assert tab.words(".ln-check-found") == "1 of 2 files are valid."
    assert page.locator(".ln-check-table tbody .ok").all_inner_texts() == ["valid"]
    assert page.locator(".ln-check-table tbody .no").all_inner_texts() == ["altered"]
    assert "韩梅梅" not in tab.words(".ln-check-table")
    assert serious(tab) == []
    assert tab.fits()
    with page.expect_download() as saved:
        page.click(".ln-check-csv")
    assert "'=李雷,".encode() in Path(saved.value.path()).read_bytes()
    page.keyboard.press("Escape")

    page.once("dialog", lambda dialog: dialog.accept())
    page.click(".ln-forget")
    assert "under a random number" in tab.words(".ln-sent")
    page.wait_for_function("!ganplay.learn.happenings.waiting.length")
    server.reports.sender = server.learn.sent_to = None
    verbs = [statement["verb"]["display"]["en"] for statement in sent]
    assert verbs[:2] == ["experienced", "answered"]
    assert sent[1]["result"]["success"] is True
    assert {one["actor"].get("name") for one in sent[:2]} == {None}
    tab.done()
