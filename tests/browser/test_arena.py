"""The Arena view in a real browser."""

import csv
import io

import pytest
from helpers.pages import Hands, serious
from helpers.tab import Tab
from PIL import Image

WORDS = {
    "en-US": {"twice": "is given twice", "taken": "Opened in the lab", "first": "Which one"},
    "zh-CN": {"twice": "给了两次", "taken": "已在实验室中打开", "first": "哪一个"},
}
SMALL = "1;batch_size:16;width_g:8;width_d:8"
GRID = "base:lab;seeds:2;lr_g:1e-3,1e-2;loss:hinge,minimax,wasserstein"


def opened(chromium, server, address, **context):
    """A page whose lab has small nets, at a view."""
    tab = Tab(chromium, f"{server.url}#state={SMALL}&{address}", drawn=False, **context)
    tab.page.wait_for_function("window.ganplay?.arena?.step > 60", timeout=60_000)
    return tab


@pytest.mark.parametrize("locale", WORDS)
def test_an_arena_by_keyboard_alone(chromium, server, locale):
    size = {"width": 1366, "height": 768}
    tab = Tab(chromium, f"{server.url}#state={SMALL}", locale=locale, viewport=size)
    page, hands, words = tab.page, Hands(tab), WORDS[locale]
    hands.to("#view-lab")
    hands.keys.press("End")
    page.wait_for_selector(".ar-setup select")
    assert tab.see("ganplay.away")
    assert words["first"] in tab.words(".ar-empty")
    assert page.is_disabled(".ar-toggle")
    assert tab.fits()

    # Refused in words, then begun.
    page.select_option("#ar-axis-1", "width")
    hands.type("#ar-values-1", "8, 16, 8")
    tab.toast(words["twice"])
    assert page.is_visible(".ar-empty")
    hands.type("#ar-values-1", "4, 8, 16")
    tab.until("ganplay.arena.standings && ganplay.arena.step > 30")
    assert page.locator(".ar-tile").count() == page.locator(".ar-table tbody tr").count() == 3
    assert "arena=base:lab;seeds:3;width:4,8,16" in tab.see("location.hash")
    hands.keys.press("Escape")
    tab.see("document.activeElement.blur()")
    hands.keys.press("Space")
    tab.until("!ganplay.arena.playing")
    page.wait_for_timeout(600)
    step = tab.see("ganplay.arena.step")
    hands.keys.press("s")
    tab.until(f"ganplay.arena.step === {step + 1}")
    hands.type(".ar-count", "7")
    tab.until(f"ganplay.arena.step === {step + 8}")
    page.wait_for_timeout(600)
    tab.see("document.activeElement.blur()")
    places = [int(one) for one in page.locator(".ar-table tbody td:first-child").all_inner_texts()
              if one.isdecimal()]  # fmt: skip
    assert places == sorted(places)
    assert "[" in tab.words(".ar-table tbody")
    hands.keys.press("r")
    tab.until("ganplay.arena.step === 0 && ganplay.arena.run === 2")

    # From tile to tile, and into the lab with its settings.
    hands.to(".ar-tile")
    hands.keys.press("ArrowRight")
    hands.keys.press("ArrowRight")
    assert page.locator(".ar-tile.lit").count() == page.locator("tr.lit").count() == 1
    hands.keys.press("Enter")
    tab.toast(words["taken"])
    tab.until("ganplay.config.width_g === 16 && ganplay.config.width_d === 16")
    tab.until("ganplay.frame.step > 5 && ganplay.views.shown === 'lab'")
    assert tab.see("ganplay.config.batch_size") == 16
    tab.done()


def test_two_axes_are_a_matrix_that_is_kept(chromium, server):
    """A link; ranks, curves, seeds and themes; files; what happens while another view is shown."""
    size = {"width": 1366, "height": 768}
    tab = opened(chromium, server, f"arena={GRID}", locale="en-US", viewport=size)
    page = tab.page
    tab.until("ganplay.arena.standings")
    assert page.locator(".ar-tile").count() == 6
    assert page.locator(".ar-across").all_inner_texts() == [
        "hinge",
        "minimax (saturating)",
        "Wasserstein",
    ]
    assert page.locator(".ar-down").all_inner_texts() == ["0.001", "0.01"]
    assert serious(tab) == []

    # Another view pauses it, and this one goes on where it was.
    page.click("#view-lab")
    page.wait_for_timeout(700)
    step = tab.see("ganplay.arena.step")
    page.wait_for_timeout(500)
    assert tab.see("ganplay.arena.step") == step
    page.click("#view-arena")
    tab.until(f"ganplay.arena.step > {step}")
    page.click(".ar-toggle")
    tab.until("!ganplay.arena.playing")
    page.wait_for_timeout(800)

    # Pictures of another seed; the numbers stay.
    picture = "ganplay.arena.cells.tiles[0].canvas.toDataURL()"
    first, numbers = tab.see(picture), tab.words(".ar-table")
    page.select_option(".ar-seed", "1")
    page.wait_for_function(f"first => {picture} !== first", arg=first)
    assert tab.words(".ar-table") == numbers
    again = tab.see(picture)
    page.click(".theme")
    assert tab.see(picture) not in (first, again)
    assert serious(tab, colours=True) == []
    page.click(".theme")
    assert tab.see(picture) == again

    # Values where a curve is pointed at, and by keys.
    page.focus(".ar-curves canvas")
    page.keyboard.press("ArrowLeft")
    assert ", step " in tab.words(".ar-value")
    assert page.locator(".ar-tile.lit").count() == 1
    page.keyboard.press("Tab")

    # Every number and picture as files.
    with page.expect_download() as saved:
        page.click(".ar-csv")
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    assert list(rows[0]) == ["step", "lr_g", "loss", "seed", "js", "modes", "high_quality"]
    last = [row for row in rows if row["step"] == rows[-1]["step"]]
    assert len(last) == 12
    shown = tab.see("ganplay.arena.standings.cells[0].members[1].js")
    assert float(last[1]["js"]) == shown
    with page.expect_download() as saved:
        page.click(".ar-png")
    with Image.open(saved.value.path()) as drawn:
        assert drawn.size == (110 + 3 * 234, 90 + 2 * 260 + 14)
        assert len(drawn.getcolors(2**20)) > 100
    module = "import('./ganplay/assets/arena/save.js')"
    command = tab.see(f"{module}.then((m) => m.commandOf(ganplay.arena.told, 70))")
    assert command == (
        f'ganplay toy --state "{SMALL}" --sweep lr_g=0.001,0.01 '
        "--sweep loss=hinge,minimax,wasserstein --seeds 2 --steps 70"
    )

    # The table, which is not changed too often, ends as the tiles do: with the newest.
    tab.see("""(() => {
        const { arena } = ganplay, next = structuredClone(arena.standings);
        next.cells.forEach((cell, i) => (cell.rank.js = 6 - i));
        arena.playing = true;
        arena.receive({ ...arena.standings, type: "standings" });
        arena.receive({ ...next, type: "standings" });
    })()""")
    for ranks in (
        "arena.cells.tiles.map((tile) => tile.rank.textContent)",
        "arena.table.rows.map((row) => row.rank.innerText[0])",
    ):
        page.wait_for_function(f"ganplay.{ranks}.join('') === '654321'")

    # An arena that comes before the Lab's session has said its settings waits for them.
    early, base = tab.see("""(() => {
        const { arena, config, state, rival, speed, stop } = ganplay;
        ganplay.config = {};
        arena.begin();
        const early = arena.asking;
        ganplay.receive({ type: "state", config, state, rival, speed, stop, playing: true });
        return [early, arena.asking.base];
    })()""")
    assert early is None
    assert [base[name] for name in ("batch_size", "width_g", "width_d")] == [16, 8, 8]
    tab.until("ganplay.arena.asking === null")
    tab.done()


def test_a_line_that_breaks_is_mended(chromium, server):
    tab = opened(chromium, server, "arena=base:lab;seeds:1;lr_g:0.001,1", locale="en-US")
    tab.see("(window.former = ganplay.arena.link.socket, former.close(), 0)")
    tab.until("ganplay.arena.link.socket !== former && ganplay.arena.status === 'live'", 30)
    step = tab.see("ganplay.arena.step")
    tab.until(f"ganplay.arena.step > {step}")
    tab.done()
