"""A page that was hidden, or whose run the server has let go of, in a real browser."""

from helpers.tab import Tab

from ganplay.live import session_table
from ganplay.server.http import auth

HIDES = """
const frame = window.requestAnimationFrame.bind(window), held = [];
let hidden = false;
Object.defineProperty(document, "hidden", {get: () => hidden});
window.requestAnimationFrame = (does) => (hidden ? held.push(does) : frame(does));
window.hide = (on) => {
  hidden = on;
  if (!on) held.splice(0).forEach((does) => frame(does));
  document.dispatchEvent(new Event("visibilitychange"));
};
"""
"""What a browser does with a hidden tab; without a screen none is ever hidden."""


def session_of(server, tab):
    return server.engine._sessions.get(auth.session_of(tab.see("ganplay.link.current")))


def test_a_hidden_page_comes_back_when_it_is_seen(chromium, server, monkeypatch):
    tab = Tab(chromium, server.url, script=HIDES)
    tab.until("ganplay.frame.step > 40")
    monkeypatch.setattr(session_table, "LOST", 3.0)
    tab.see("hide(true)")
    tab.page.wait_for_function("ganplay.link.rests", polling=100)
    assert tab.see("ganplay.status") == "lost"
    assert session_of(server, tab) is None
    step = tab.see("ganplay.frame.step")
    tab.comes_back(lambda: tab.see("hide(false)"))
    tab.until(f"ganplay.frame.step > {step} && !ganplay.frame.catchingUp")
    assert session_of(server, tab).playing
    assert tab.words(".toasts") == ""
    tab.done()


def test_a_run_that_may_come_out_different_is_said_to(chromium, server):
    def forgotten(words):
        step = tab.pause()
        session_of(server, tab).gone_at = 0.0  # as after two minutes of silence
        tab.comes_back(lambda: tab.until("!ganplay.link.welcomed"))
        tab.until(f"ganplay.frame.step === {step} && !ganplay.frame.catchingUp")
        assert tab.words(".toasts").startswith(words)
        assert bool(words) == bool(tab.words(".toasts"))
        tab.see("document.querySelector('.toasts').replaceChildren()")

    tab = Tab(chromium, server.url)
    page, words = tab.page, "The server no longer had this run"
    forgotten("")  # the very run again
    page.fill("#lab-lr_g", "0.002")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.lr_g === 0.002")
    forgotten(words)
    tab.press("d")
    forgotten(words)
    tab.press("r")
    tab.press("s")
    forgotten("")

    # Weights of a file; and in Chinese.
    with page.expect_download() as saved:
        page.evaluate("ganplay.weights.save()")
    tab.press("r")
    page.set_input_files(".weights-file", saved.value.path())
    tab.until("ganplay.frame.step === 1")
    page.click(".language")
    forgotten("服务器已不再保留这次训练")
    tab.done()
