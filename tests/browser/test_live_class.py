"""A live class in real browsers: the lecturer's page, students on the web and by plain requests."""

from helpers.live_class import Student
from helpers.pages import Hands, serious
from helpers.tab import Tab

from ganplay.server.learn import live_class
from ganplay.server.learn.live_class import LiveClasses

PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}
EVIL = "<img src=x onerror=hacked=1>"
PATH = "**/ganplay/class/*"
ANSWERS = """() => [...document.querySelectorAll('.lc-question .lc-row > b')]
    .map((one) => Number(one.textContent.match(/\\d+/)[0]))"""
STEPS = "() => [...document.querySelectorAll('.lc-steps .lc-row > b')].map((b) => b.textContent)"


def does(name):
    return f'[data-does="{name}"]'


def shows(tab, what, *numbers):
    """Wait until the lecturer's page shows these; how soon it does the benchmark measures."""
    tab.page.wait_for_function(f"JSON.stringify(({what})()) === JSON.stringify({list(numbers)})")


def tells(tab, words):
    """Wait until the lecturer's page says so above the counts."""
    tab.page.wait_for_function(f"document.querySelector('.lc-here').innerText.includes('{words}')")


def opened(chromium, server):
    """The lecturer's page of a new class, and its link."""
    tab = Tab(chromium, f"{server.url}#learn=oscillation", drawn=False)
    hands = Hands(tab)
    tab.page.wait_for_selector(".ln-list button")
    hands.press(".ln-class-open")
    hands.press(".lc-begin")
    tab.page.wait_for_selector(".lc-large:not(:empty)")
    link = tab.words(".lc-large")
    assert tab.page.input_value(".lc-link") == link
    assert "&learn=oscillation&class=" in link
    return tab, link


def asked(tab):
    """The paths of the class's requests that a page makes from now on."""
    found = []
    tab.page.on("request", lambda r: "/class/" in r.url and found.append(r.url.split("/")[-1]))
    return found


def without_network_errors(tab):
    """What a browser writes down where a request is refused, or is not let through."""
    tab.complaints = [c for c in tab.complaints if "Failed to load resource" not in c]
    tab.done()


def answer(tab, option):
    tab.page.check(f"[name=ln-answer-0] >> nth={option}")
    tab.page.click(does("answer"))
    tab.page.click(does("on"))


def test_a_class_is_seen_live_by_its_lecturer_and_goes_on_after_a_restart(
    chromium, server, monkeypatch
):
    monkeypatch.setattr(live_class, "LOST_SECONDS", 3600.0)  # however slow the machine is
    lecturer, link = opened(chromium, server)
    code = link.split("class=")[1]
    others = [Student(server.url, code, name=EVIL if i == 0 else "") for i in range(6)]
    web, phone = Tab(chromium, link, drawn=False), Tab(chromium, link, drawn=False, **PHONE)
    sent = {tab: asked(tab) for tab in (web, phone)}

    # Students are told before anything is sent; who works alone sends nothing.
    for tab, words in ((web, "your answers"), (phone, "你的回答")):
        tab.page.wait_for_selector(".ln-class button")
        assert words in tab.words(".ln-class")
        assert tab.fits()
    web.page.click(does("class-decline"))
    answer(phone, 0)
    assert sent == {web: [], phone: []}
    assert lecturer.page.is_visible(".lc-empty")

    # What was answered in the class before one takes part counts, too.
    for tab in (web, phone):
        tab.page.click(does("class-join"))
        tab.page.wait_for_selector(".ln-class[data-status=in]")
    for option, student in enumerate(others):
        student.answer(option % 3, step="explain" if option == 1 else "run")
    shows(lecturer, ANSWERS, 3, 2, 2)
    shows(lecturer, STEPS, "8", "7", "1", "0", "0")
    tells(lecturer, "8 here")
    assert "7 of 8" in lecturer.words(".lc-told")

    # The right one only when the lecturer wants it; names are text.
    assert lecturer.page.locator(".lc-row.right").count() == 0
    Hands(lecturer).press(does("reveal"))
    assert lecturer.page.locator(".lc-row.right .lc-name").inner_text().startswith("C")
    lecturer.page.click(".lc-students summary")
    lecturer.page.wait_for_selector(".lc-table td")
    rows = lecturer.page.locator(".lc-table tr").all_inner_texts()
    assert len(rows) == 9
    assert any(row.startswith(EVIL) for row in rows)
    assert sum(row.startswith("Student ") for row in rows) == 7
    assert not lecturer.see("window.hacked")

    # Lines break, the server is gone and comes back without knowing anything; the others have left.
    for tab in (lecturer, web, phone):
        tab.page.route(PATH, lambda route: route.abort())
    answer(web, 2)
    web.page.wait_for_selector(".ln-class[data-status=lost]")
    lecturer.page.wait_for_selector(".lc-status:not([hidden])")
    shows(lecturer, ANSWERS, 3, 2, 2)  # what is known stays
    monkeypatch.setattr(server.live_class, "classes", LiveClasses())
    for tab in (lecturer, web, phone):
        tab.page.unroute(PATH)
    for tab in (web, phone):
        tab.page.wait_for_selector(".ln-class[data-status=in]", timeout=10_000)
    shows(lecturer, ANSWERS, 3, 2, 3)
    tells(lecturer, "2 here")
    tells(lecturer, "6 lost")

    # A student's page that is loaded again is the same student; the lecturer's goes on.
    web.page.reload()
    web.page.wait_for_selector(".ln-class[data-status=in]")
    lecturer.page.reload()
    lecturer.page.wait_for_selector(".lc-question")
    shows(lecturer, ANSWERS, 3, 2, 3)
    web.page.click(does("class-leave"))
    shows(lecturer, ANSWERS, 3, 2, 2)

    lecturer.page.once("dialog", lambda dialog: dialog.accept())
    lecturer.page.click(".lc-end")
    phone.page.wait_for_function(
        "document.querySelector('.ln-class').innerText.includes('课堂已结束')"
    )
    lecturer.page.wait_for_selector(".lc-begin")
    assert code not in server.live_class.classes._classes
    assert lecturer.see("localStorage.getItem('ganplay.class')") is None
    for tab in (lecturer, web, phone):
        without_network_errors(tab)


def test_the_lecturers_page_by_keyboard_projected_and_in_both_themes(chromium, server):
    lecturer, link = opened(chromium, server)
    student = Student(server.url, link.split("class=")[1])
    assert serious(lecturer) == []
    student.answer(1)
    shows(lecturer, ANSWERS, 0, 1, 0)
    for colours in (False, True):
        assert serious(lecturer, colours) == []
        lecturer.page.click(".theme")
    lecturer.page.click(".language")
    assert "预测" in lecturer.words(".lc-steps")
    # Another lesson, whose questions nobody has answered; the class goes on.
    lecturer.page.select_option(".lc-lesson select", "what-is-a-gan")
    shows(lecturer, "() => [document.querySelectorAll('.lc-question').length]", 3)
    assert sum(lecturer.see(ANSWERS)) == 0
    student.answer(2)
    lecturer.page.set_viewport_size({"width": 1920, "height": 1080})
    lecturer.see("ganplay.app.teach.setProjector(true)")
    assert lecturer.fits()
    lecturer.page.select_option(".lc-lesson select", "oscillation")
    shows(lecturer, ANSWERS, 0, 0, 1)
    Hands(lecturer).press(".lc-back")
    lecturer.page.wait_for_selector(".ln-class-open.on:focus")
    lecturer.see("ganplay.app.teach.setProjector(false)")
    # The Lab's own way to the class, and links that carry it.
    lecturer.page.click(".ln-link")
    assert "class=" in lecturer.page.input_value(".ln-address")
    lecturer.page.keyboard.press("Escape")
    lecturer.page.click("#view-lab")
    lecturer.page.click(".share")
    lecturer.page.click(".teach summary")
    lecturer.page.click(".teach-class")
    lecturer.page.wait_for_selector(".lc-question")
    lecturer.done()
