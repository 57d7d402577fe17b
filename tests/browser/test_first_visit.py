"""A first visit in a real browser: the tour of the Lab, and the first lesson."""

from helpers.pages import serious
from helpers.tab import FIRST_VISIT, Tab

from ganplay.lessons.lesson import FOLDER, read

GRAPH = '[data-graph="{}"]'
STOPS = [".datasets", GRAPH.format("g"), GRAPH.format("d"), ".canvas-box:not(.second)", ".verdict"]


def lit(tab):
    """Which stop of the tour is outlined."""
    return [
        i for i, stop in enumerate(STOPS) if tab.see(f"!!document.querySelector(`{stop}.toured`)")
    ]


def test_the_tour_by_keyboard_and_help_in_every_view(chromium, server):
    size = {"width": 1366, "height": 768}
    tab = Tab(chromium, server.url, script=FIRST_VISIT, viewport=size)
    page, keys = tab.page, tab.page.keyboard
    page.wait_for_selector(".tour:focus-within")
    assert serious(tab) == []
    for i in range(5):
        assert lit(tab) == [i]
        box, part = page.locator(".tour").bounding_box(), page.locator(STOPS[i]).bounding_box()
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= size["width"]
        assert box["y"] + box["height"] <= size["height"]
        apart = box["x"] >= part["x"] + part["width"] or box["x"] + box["width"] <= part["x"]
        assert apart or box["y"] >= part["y"] + part["height"]  # it covers nothing of what it shows
        keys.press("Enter")
    assert lit(tab) == []
    assert page.is_hidden(".tour")
    assert tab.see("document.activeElement.matches('.plane')")  # whose keys work now

    # Never twice, but for who asks; Escape ends it.
    page.reload()
    tab.until("ganplay.drawn > 3")
    assert page.is_hidden(".tour")
    keys.press("?")
    assert "read the lab" in tab.words(".help-box h2")
    page.click(".help-tour")
    keys.press("ArrowRight")
    assert lit(tab) == [1]
    keys.press("ArrowLeft")
    assert lit(tab) == [0]
    keys.press("Escape")
    assert lit(tab) == []
    explanations_by_pointer_and_keyboard(tab)
    for view, words in (("explore", "trained model"), ("learn", "lesson"), ("arena", "compare")):
        page.click(f"#view-{view}")
        page.wait_for_selector(f"#panel-{view} h2")
        keys.press("?")
        assert words in tab.words(".help-box h2")
        keys.press("Escape")
    tab.done()


BUBBLE = ".tip-bubble:popover-open"


def explanations_by_pointer_and_keyboard(tab):
    """None stands in a title, where no finger and no key finds it."""
    page, keys = tab.page, tab.page.keyboard
    assert tab.see("document.querySelectorAll('.lab [title]').length") == 0
    page.hover('[data-tile="js"]')
    tab.see("document.dispatchEvent(new Event('scroll'))")  # as after scrolling to it
    page.wait_for_selector(BUBBLE)
    assert tab.words(BUBBLE) == tab.see("ganplay.schema.locales.en.metrics.js.tip")
    # It stays while the pointer is on it, and goes with the pointer or with Escape.
    box = page.locator(BUBBLE).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2, steps=8)
    page.wait_for_timeout(500)
    assert page.is_visible(BUBBLE)
    keys.press("Escape")
    page.wait_for_selector(BUBBLE, state="detached")
    page.mouse.move(5, 5)
    page.hover('[data-tile="js"]')
    page.wait_for_selector(BUBBLE)
    page.mouse.move(5, 5)
    page.wait_for_selector(BUBBLE, state="detached")
    # That of a setting too.
    tip = "#lab-batch_size-tip"
    tab.see("document.querySelector('.group-data').scrollIntoView()")
    page.hover("[for=lab-batch_size]")
    page.wait_for_selector(f"{tip}:visible")
    page.hover(tip)
    page.wait_for_timeout(500)
    assert page.is_visible(tip)
    keys.press("Escape")
    page.wait_for_selector(tip, state="hidden")
    page.mouse.move(5, 5)
    page.focus(".new-seed")
    keys.press("Shift+Tab")
    keys.press("Tab")
    page.wait_for_selector(BUBBLE)
    assert tab.words(BUBBLE) == tab.see("ganplay.schema.locales.en.choose.new_seed_tip")
    keys.press("Escape")
    page.wait_for_selector(BUBBLE, state="detached")


def explanation_by_finger(tab):
    """A long press opens it, and presses nothing; a tap on a number opens that number's."""
    page, seed = tab.page, tab.see("ganplay.config.seed")
    finger = "(one, name) => one.dispatchEvent(new PointerEvent(name, "
    finger += "{pointerType: 'touch', bubbles: true, cancelable: true}))"
    button = page.locator(".new-seed")
    button.evaluate(finger, "pointerdown")
    page.wait_for_selector(BUBBLE)
    assert tab.words(BUBBLE) == tab.see("ganplay.schema.locales.zh.choose.new_seed_tip")
    for name in ("pointerup", "click"):
        button.evaluate(finger, name)
    assert tab.see("ganplay.config.seed") == seed
    page.tap('[data-tile="js"]')
    assert tab.words(BUBBLE) == tab.see("ganplay.schema.locales.zh.metrics.js.tip")


def test_no_tour_where_a_lecturer_says_what_is_seen(chromium, server):
    tab = Tab(chromium, f"{server.url}#hide=charts", script=FIRST_VISIT)
    assert page_without_tour(tab)
    tab.done()


def page_without_tour(tab):
    return tab.page.is_hidden(".tour") and lit(tab) == []


def test_tour_and_first_lesson_with_fingers_in_chinese(chromium, server):
    lesson = read(FOLDER / "what-is-a-gan.json")
    tab = Tab(
        chromium, server.url, script=FIRST_VISIT, locale="zh-CN", has_touch=True, is_mobile=True,
        viewport={"width": 390, "height": 844},
    )  # fmt: skip
    page = tab.page
    page.wait_for_selector(".tour-next")
    assert "真实数据" in tab.words(".tour h2")
    page.tap(".tour-next")
    assert lit(tab) == [1]
    page.tap(".tour-skip")
    assert page_without_tour(tab)
    assert tab.fits()
    explanation_by_finger(tab)

    # The first lesson is open; its questions come one after the other.
    page.tap("#view-learn")
    page.wait_for_selector(".ln-question")
    assert lesson.title.zh in tab.words(".ln-title")
    page.tap(".ln-body .term")
    term = page.locator(".glossary-box .now dt").inner_text()
    assert term.startswith("GAN")
    page.fill(".glossary-find", "截断")
    assert page.locator("[data-entry]:visible").count() == 1
    page.tap(".glossary-box .primary")
    questions = [lesson.question, *lesson.further]
    for i, question in enumerate(questions):
        assert page.locator(".ln-question").count() == i + 1
        chosen = question.right if i else (question.right + 1) % len(question.answers)
        page.tap(f'[name=ln-answer-{i}][value="{chosen}"]')
        page.tap('[data-does="answer"]')
    page.tap('[data-does="on"]')
    page.tap('[data-does="start_run"]')
    page.wait_for_selector('.ln-guide [data-does="on"]', timeout=120_000)
    assert page.locator(".ln-gauge.holds").count() == len(lesson.checks)
    page.tap('[data-does="on"]')
    said = page.locator(".ln-said").all_inner_texts()
    assert len(said) == 3
    assert (
        lesson.question.answers[lesson.question.right].says.zh in said[0]
    )  # what is right instead
    assert [page.locator(".ln-said.wrong").count(), page.locator(".ln-said.right").count()] == [
        1,
        2,
    ]
    assert tab.fits()

    # Done, and on to the next one.
    assert "1 / " in tab.words(".ln-closing")
    page.tap('[data-does="next"]')
    assert lesson.title.zh not in tab.words(".ln-title")
    assert page.locator('[data-lesson="what-is-a-gan"] .done').count() == 1
    tab.done()
