"""The diagnosis on the page, as a student would follow it: see the illness, and mend it live."""

from helpers.tab import Tab


def test_a_collapse_is_seen_and_mended(chromium, server):
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    page.click("[data-preset=collapse]")
    tab.until("ganplay.config.steps_g === 10")
    tab.until("document.querySelector('.verdict').dataset.kind === 'starting'")
    assert tab.words(".verdict-name") == "Just started"
    assert not page.is_visible(".verdict-apply")
    page.focus(".speed")
    page.keyboard.press("End")

    # What is going on, the numbers behind it, and the modes that are missing.
    page.wait_for_selector(".verdict[data-kind=collapse]", timeout=90_000)
    assert tab.words(".verdict-name") == "Mode collapse"
    assert tab.words(".verdict-text").startswith("All fakes lie in one place")
    assert "D right" in tab.words(".verdict-evidence")
    tab.until("ganplay.seen.diagnosis.missing.length >= 3", 60)
    page.wait_for_selector(".verdict-apply:visible", timeout=60_000)
    assert tab.see("document.querySelector('.first').getBoundingClientRect().bottom") <= 768
    offered = tab.words(".verdict-what")
    assert "G updates per step: 10 → 1" in offered
    assert offered.endswith("Expected within 5,000 steps, as in 10 of 10 test runs: all 8 modes.")

    # The other language says the same.
    page.click(".language")
    assert tab.words(".verdict-name") == "模式崩溃"
    assert tab.words(".verdict-apply") == "采用对策"
    page.click(".language")

    # Paused as well: the settings follow as if changed by hand, and it says what it did.
    step = tab.pause()
    page.focus(".verdict-apply")
    page.keyboard.press("Enter")
    tab.until("ganplay.config.steps_g === 1")
    tab.settled()
    changed = "Changed: Gradient penalty: none → R1; G updates per step: 10 → 1"
    assert tab.words(".verdict-what") == changed
    assert page.input_value("#lab-steps_g") == "1"
    # What is expected by when, and before and now side by side, in both languages.
    assert tab.words(".verdict-stage").startswith("Not yet: all 8 modes, expected by step ")
    assert tab.words(".verdict-before") == f"Before (step {step:,})"
    assert "of 8 modes, distance" in tab.words(".verdict-before-figures")
    assert tab.words(".verdict-now-figures") == f"measured from step {step + 600:,}"
    page.click(".language")
    assert tab.words(".verdict-stage").startswith("尚未达到：覆盖全部 8 个模式")
    assert tab.words(".verdict-what").startswith("已更改：")
    page.click(".language")
    assert "steps_g" not in tab.see("ganplay.state")
    assert not page.is_visible(".verdict-apply")
    assert tab.see("ganplay.frame.step") == step  # the same networks go on
    # By steps, and not at full speed, at which it might be ill again before it is paused.
    now = step
    while page.get_attribute(".verdict", "data-kind") == "collapse" or now < step + 700:
        now += 100
        assert now < step + 10_000
        tab.see("(ganplay.send('step', {net: 'both', count: 100}), 0)")
        tab.until(f"ganplay.frame.step === {now} && !ganplay.frame.catchingUp")
        tab.settled()
    assert tab.see("ganplay.frame.run") == tab.see("ganplay.diagnosis.said.run")
    assert "of 8 modes, distance" in tab.words(".verdict-now-figures")

    # The past keeps its verdicts, without anything to be pressed there.
    tab.see(f"(ganplay.timeline.goTo({step}), 0)")
    assert page.get_attribute(".verdict", "data-kind") == "collapse"
    assert not page.is_visible(".verdict-apply")
    page.click(".timeline-live")
    assert page.get_attribute(".verdict", "data-kind") != "collapse"

    # It is taken back: the same step, the settings of before, and it may be applied again.
    page.click(".verdict-undo")
    tab.until(f"ganplay.config.steps_g === 10 && ganplay.frame.step === {step}")
    assert tab.words(".verdict-what") == f"Undone: former settings, step {step:,}."
    assert not page.is_visible(".verdict-course")

    # A remedy that takes new networks starts again; where it is locked it is not offered.
    page.click("[data-preset=vanishing]")
    tab.until("ganplay.config.loss === 'minimax'")
    tab.see("document.activeElement.blur()")
    page.keyboard.press("Space")
    page.wait_for_selector(".verdict[data-kind=strong_d] .verdict-apply:visible", timeout=90_000)
    assert "non-saturating" in tab.words(".verdict-what").lower()
    tab.see("ganplay.find('.row[data-part=loss]').inert = true, ganplay.diagnosis.remedies.show()")
    assert not page.is_visible(".verdict-apply")
    tab.see("ganplay.find('.row[data-part=loss]').inert = false, ganplay.diagnosis.remedies.show()")
    assert page.is_visible(".verdict-apply")

    # Data without modes, and two at once.
    page.click("[data-data=moons]")
    tab.until("!ganplay.data.modes && ganplay.config.distribution === 'moons'")
    page.click(".mode-pair")
    tab.until("ganplay.rival && ganplay.frame.rival")
    page.wait_for_function("document.querySelector('.verdict-rival').innerText.startsWith('B: ')")
    assert tab.words(".verdict-name").startswith("A: ")
    tab.done()


def test_after_a_divergence_the_remedy_starts_again(chromium, server):
    state = "1;loss:least_squares;optimizer_g:sgd;optimizer_d:sgd;lr_g:1.0;lr_d:1.0"
    tab = Tab(chromium, server.url, viewport={"width": 1366, "height": 768})
    page = tab.page
    tab.see(f"(location.hash = 'state={state}', 0)")
    tab.until("ganplay.begun && ganplay.config.lr_d === 1", 30)
    page.wait_for_selector(".verdict[data-kind=divergence] .verdict-apply:visible", timeout=60_000)
    assert tab.words(".verdict-text") == "The weights are no longer finite numbers."
    page.click(".verdict-apply")
    tab.until("ganplay.config.lr_d === 0.001 && !ganplay.frame.diverged && ganplay.playing")
    page.wait_for_selector(".veil", state="hidden")
    assert tab.words(".verdict-what").startswith("Changed: ")
    assert tab.words(".verdict-what").endswith("Started again")
    assert tab.words(".verdict-before-figures") == "no finite numbers"
    assert tab.words(".verdict-stage").endswith(
        "half the distance or less, expected by step 1,500."
    )
    tab.until("ganplay.frame.step > 20")
    tab.done()
