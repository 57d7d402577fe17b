"""The article below the Lab in a real browser: a reader scrolls, plays, embeds, opens the Lab."""

from helpers.pages import serious
from helpers.tab import Tab

PLAYERS = "ganplay.article.part?.players"


def piece(name, rest):
    return f"{PLAYERS}.{name}.{rest}"


def to(tab, name):
    figure = f"document.querySelector('.piece[data-piece={name}]')"
    tab.see(f"{figure}.scrollIntoView({{block: 'center'}})")


def test_a_reader_scrolls_from_piece_to_piece(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    tab.pause()  # what the Lab trains is not what is looked at here
    sessions = set(server.engine.sessions())
    assert tab.see("ganplay.article.part === null")  # nothing is fetched before one is near
    tab.see("document.querySelector('.article').scrollIntoView()")
    tab.until(f"{PLAYERS}")
    to(tab, "learning")
    tab.until(piece("learning", "at > 3"))
    assert tab.see(piece("step", "recording.moments.length")) == 0

    # The next one plays when it is in sight, and the one before has paused and asks for nothing.
    to(tab, "collapse")
    tab.until(piece("collapse", "at > 3"))
    assert not tab.see(piece("learning", "playing"))
    assert not tab.see(piece("learning", "recording.busy"))
    assert "modes" in tab.words("[data-piece=collapse] .piece-now")

    # What is paused by hand stays so; keys within the article are not the Lab's.
    page.focus("[data-piece=collapse] .piece-play")
    page.keyboard.press("Space")
    assert not tab.see(piece("collapse", "playing"))
    sent = tab.see("ganplay.sent")
    page.keyboard.press("s")
    assert tab.see("ganplay.sent") == sent
    to(tab, "remedy")
    tab.until(piece("remedy", "at > 0"))
    to(tab, "collapse")
    tab.until(f"!{piece('remedy', 'playing')}")
    assert not tab.see(piece("collapse", "playing"))
    assert sessions.issuperset(server.engine.sessions())
    assert serious(tab) == []
    assert tab.fits()

    # A term opens the glossary; the line to embed follows what is chosen.
    page.click("[data-section=what] [data-term=g]")
    page.wait_for_selector(".glossary-box .now")
    page.keyboard.press("Escape")
    page.click("[data-piece=remedy] .piece-links button:nth-child(2)")
    page.select_option(".embed-lang", "zh")
    page.select_option(".embed-theme", "dark")
    line = page.input_value(".embed-line")
    assert f'src="{server.url}ganplay/piece/remedy?lang=zh&amp;theme=dark"' in line
    page.wait_for_selector(".embed-local:visible")  # 127.0.0.1 is this machine alone
    page.keyboard.press("Escape")

    # In Chinese too; and from here into the Lab, with the piece's settings.
    page.evaluate("document.querySelector('.language').click()")
    assert tab.words("[data-section=fails] h3") == "它为什么会失败？"
    page.click("[data-piece=collapse] .piece-links button:first-child")
    tab.until("ganplay.config.steps_g === 10 && ganplay.playing && ganplay.frame.playing")
    assert tab.see("document.activeElement.matches('.plane')")
    tab.done()


def test_a_link_hides_the_article_and_locks_what_would_change_the_lab(chromium, server):
    tab = Tab(chromium, f"{server.url}#hide=article", viewport={"width": 1366, "height": 768})
    tab.pause()
    assert tab.page.is_hidden(".article")
    tab.page.keyboard.press("?")
    assert tab.page.query_selector(".help-article") is None
    tab.done()

    tab = Tab(chromium, f"{server.url}#lock=lr_g&hide=share", reduced_motion="reduce")
    tab.pause()
    tab.page.keyboard.press("?")
    tab.page.click(".help-article")
    tab.until(f"{PLAYERS}")
    assert tab.see("document.activeElement.matches('.article h2')")
    assert tab.see("document.querySelectorAll('.piece-links button').length") == 0
    to(tab, "learning")
    tab.settled()
    assert not tab.see(piece("learning", "recording.busy"))  # by hand only, without motion
    tab.page.click("[data-piece=learning] .piece-play")
    tab.until(piece("learning", "at > 0"))
    tab.done()


def test_a_server_that_is_full_is_told_in_words(chromium, server):
    tab = Tab(chromium, server.url)
    tab.pause()
    answer = {"status": 429, "content_type": "application/json", "body": '{"type": "busy"}'}
    tab.page.route("**/pieces/**", lambda route: route.fulfill(**answer))
    tab.see("document.querySelector('.article').scrollIntoView()")
    tab.until(f"{PLAYERS}")
    to(tab, "learning")
    tab.until(f"{piece('learning', 'problem')} === 'busy'")
    assert "too many runs" in tab.words("[data-piece=learning] .piece-told")
    assert not tab.see(piece("learning", "playing"))
    tab.page.unroute_all()
    tab.page.click("[data-piece=learning] .piece-play")
    tab.until(piece("learning", "at > 0"))
    assert tab.words("[data-piece=learning] .piece-told") == ""
    tab.complaints[:] = [c for c in tab.complaints if "429" not in c]
    tab.done()
