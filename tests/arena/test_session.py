"""An arena as a visitor has it: what it is shown, what goes on in a turn, and what is refused."""

import json
import math
import time
from contextlib import ExitStack
from types import SimpleNamespace
from urllib.request import Request, urlopen

import numpy as np
import pytest
import torch
from helpers.lessons import pieces
from helpers.sockets import ArenaLine
from websockets.sync.client import connect

from ganplay import ToyConfig
from ganplay.arena.arena import Arena, Cell
from ganplay.arena.renderer import CELLS, METRICS, SHOWN, ThumbnailRenderer
from ganplay.arena.request import MAX_CELLS, MakeArena, ShowSeed, read, read_arena
from ganplay.arena.session import MAX_ARENAS, ArenaSession
from ganplay.common.settings import ConfigError
from ganplay.live import commands
from ganplay.live.commands import CommandError
from ganplay.live.frame import UNIT, FrameRenderer
from ganplay.live.session_table import Full
from ganplay.server.http import auth, protocol
from ganplay.server.http.waiting_line import _Place
from ganplay.toy.config import PRESETS

SMALL = ToyConfig(width_g=8, width_d=8, batch_size=16).to_dict()
RATES = {"name": "lr_g", "values": [1e-4, "1e-3"]}
LOSSES = {"name": "loss", "values": ["hinge", "wasserstein", "minimax"]}
SMOOTHED = SMALL | {"label_smoothing": 0.1}


class Page:
    """Keeps what it is sent."""

    def __init__(self):
        self.frames, self.events, self.session, self.steps = [], [], None, []

    def frame(self, data):
        arena = self.session and self.session.arena
        self.steps.append({g.trainer.steps for g in arena.groups} if arena else set())
        ((head, blobs),) = pieces(data)
        fakes, maps = (np.frombuffer(b, kind) for b, kind in zip(blobs, ("<i2", "u1"), strict=True))
        fakes = fakes.reshape(-1, SHOWN, 2)
        self.frames.append((head, fakes, maps.reshape(len(fakes), CELLS, CELLS)))

    def event(self, data):
        json.dumps(data, allow_nan=False)  # whatever is told must be plain
        self.events.append(data)

    def last(self, kind):
        return next(e for e in reversed(self.events) if e["type"] == kind)


def given(*axes, base=SMALL, **more):
    return {"base": base, "axes": list(axes), **more}


def visited(*given_commands, **content):
    """A session with a page, moved by hand, in no thread."""
    session, page = ArenaSession(0.0), Page()
    session.sink, session.seen, session.credit = page, math.inf, 2
    obey(session, commands.Hello(), MakeArena(read_arena(content)), *given_commands)
    return session, page


def obey(session, *given_commands):
    session.inbox.extend((i, command) for i, command in enumerate(given_commands, 1))
    settle(session)


def settle(session, turns=2000):
    """Take turns until there is nothing to do."""
    for _ in range(turns):
        session.credit = 2
        due = session.next_due(time.monotonic())
        if math.isinf(due):
            return
        time.sleep(max(0.0, min(due - time.monotonic(), 0.1)))
        session.advance()
    raise AssertionError("the session never rests")


def test_frames_and_standings_are_of_one_step_of_all_cells():
    content = given(RATES, LOSSES, seeds=2)
    session, page = visited(commands.Step("both", 60), **content)
    head, fakes, maps = page.frames[-1]
    assert (head["step"], head["playing"], head["lost"]) == (60, False, [])
    assert fakes.shape == (6, SHOWN, 2)
    assert len(np.unique(maps)) > 10
    told, standings = page.last("arena"), page.last("standings")
    assert [c["values"] for c in told["cells"]][:2] == [
        {"lr_g": 1e-4, "loss": "hinge"}, {"lr_g": 1e-4, "loss": "wasserstein"},
    ]  # fmt: skip
    assert told["cells"][0]["changes"] == {"lr_g": 1e-4, "loss": "hinge"}
    assert told["seeds"] == [0, 1]
    assert standings["step"] == 60
    assert sorted(cell["rank"]["js"] for cell in standings["cells"])[0] == 1
    # The very numbers and pictures of the same arena without a page.
    alone = Arena([c for c in session.request.cells if isinstance(c, Cell)], threads=1)
    alone.step(60)
    measured = alone.per_member(lambda group: ThumbnailRenderer(group.trainer).measure())
    for i, cell in enumerate(standings["cells"]):
        for k in range(2):
            for name in METRICS:
                known = measured[2 * i + k][name]
                assert cell["members"][k][name] == pytest.approx(known, abs=1e-6)
    assert len(alone.groups) == 3


def test_a_small_picture_is_that_of_the_lab():
    _, page = visited(commands.Step("both", 1), **given(RATES))
    config = ToyConfig.from_dict(SMALL | {"lr_g": 1e-4})
    arena = Arena([Cell({}, (config,))])
    arena.step(1)
    whole = FrameRenderer(arena.groups[0].trainer).look()
    _, fakes, maps = page.frames[-1]
    assert np.abs(fakes[0] - whole.fakes[:SHOWN].numpy() * UNIT / whole.extent).max() <= 1
    # The corner's cells are near each other in both maps.
    assert abs(maps[0, 0, 0] / 255 - float(whole.map[0, 0])) < 0.05


def test_another_seed_is_shown():
    session, page = visited(**given(RATES, seeds=3))
    first = page.frames[-1][1]
    obey(session, ShowSeed(2))
    head, fakes, _ = page.frames[-1]
    assert head["shown"] == 2
    assert not np.array_equal(fakes[0], first[0])
    obey(session, ShowSeed(9))
    assert page.frames[-1][0]["shown"] == 2


def test_reset_is_the_same_start_and_repeats():
    session, page = visited(commands.Step("both", 30), **given(RATES))
    before = page.last("standings")["cells"]
    start = page.last("state")["run"]
    obey(session, commands.Rewind())
    assert page.frames[-1][0]["step"] == 0
    assert page.frames[-1][0]["run"] == start + 1
    obey(session, commands.Step("both", 30))
    assert page.last("standings")["cells"] == before


def test_a_cell_that_diverges_says_so_and_leaves_the_others_untouched():
    content = given(RATES, LOSSES, seeds=2)
    session, page = visited(commands.Step("both", 20), **content)
    healthy, _ = visited(commands.Step("both", 60), **content)
    group = next(g for g in session.arena.groups if 2 in g.members)
    snapshot = group.trainer.snapshot()
    snapshot.tensors["generator.parameters"][group.members.index(2)] = math.nan
    group.trainer.restore(snapshot)  # member 2: the second cell's first seed
    obey(session, commands.Step("both", 40))
    assert page.frames[-1][0]["lost"] == [2]
    cells = page.last("standings")["cells"]
    assert cells[1]["mean"]["js"] is None
    assert cells[1]["rank"]["js"] == 6
    assert [m["js"] is None for m in cells[1]["members"]] == [True, False]
    sample = Arena.per_member(session.arena, lambda g: g.trainer.sample(100))
    known = Arena.per_member(healthy.arena, lambda g: g.trainer.sample(100))
    for i in range(12):
        assert torch.equal(sample[i], known[i]) is (i != 2), i


def test_when_all_have_diverged_it_stops():
    session, page = visited(**given(RATES))
    for group in session.arena.groups:
        snapshot = group.trainer.snapshot()
        snapshot.tensors["generator.parameters"][:] = math.nan
        group.trainer.restore(snapshot)
    obey(session, commands.Play(True))
    assert page.last("state")["playing"] is False
    assert page.frames[-1][0]["lost"] == [0, 1]


def test_what_cannot_be_stands_in_its_place_with_the_reason():
    _, page = visited(**given(LOSSES, base=SMOOTHED))
    cells = page.last("arena")["cells"]
    assert ["problems" in cell for cell in cells] == [True, True, False]
    assert cells[0]["problems"][0]["code"] == "smoothing"
    assert len(page.frames[-1][1]) == 1


def test_a_turn_ends_in_time_and_shows_nothing_half_done():
    session, page = ArenaSession(0.0), Page()
    page.session = session
    session.sink, session.seen, session.credit = page, math.inf, 2
    session.inbox += [(1, MakeArena(read_arena(given(LOSSES, seeds=5)))), (2, commands.Play(True))]
    unfinished = 0
    for _ in range(300):
        session.credit = 2
        start = time.monotonic()
        session.advance()
        unfinished += session.next_due(start) == 0
    assert unfinished > 10
    assert len(page.frames) > 2
    assert page.steps == [{head["step"]} for head, *_ in page.frames]


def test_speed_is_kept_and_a_pause_is_one():
    session, page = visited(commands.Speed(50.0), **given(RATES))
    session.inbox.append((1, commands.Play(True)))
    start = time.monotonic()
    while time.monotonic() - start < 1.0:
        session.credit = 2
        session.advance()
        time.sleep(0.001)
    assert 35 <= page.frames[-1][0]["step"] <= 55
    obey(session, commands.Play(False))
    assert page.last("state")["playing"] is False


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        ({"axes": None}, "axes", "message"),
        ({"axes": [1]}, "axes", "message"),
        ({"axes": []}, "sweep", "axes"),
        (given(RATES, RATES), "sweep", "axes"),
        (given(RATES, LOSSES, {"name": "seed", "values": [1]}), "sweep", "axes"),
        (given({"name": 3}), "axis", "message"),
        (given({"name": "lr_gg", "values": [1]}), "lr_gg", "unknown"),
        (given({"name": "points", "values": ["AAAA"]}), "points", "unknown"),
        (given({"name": "lr_g", "values": []}), "lr_g", "values"),
        (given({"name": "lr_g", "values": [0.1] * 65}), "lr_g", "values"),
        (given({"name": "lr_g", "values": [0.1, "0.10"]}), "lr_g", "twice"),
        (given({"name": "lr_g", "values": [None]}), "lr_g", "message"),
        (given({"name": "lr_g", "values": [math.nan]}), "lr_g", "bounds"),
        (given({"name": "lr_g", "values": ["fast"]}), "lr_g", "bounds"),
        (given({"name": "lr_g", "values": ["1" * 99]}), "lr_g", "message"),
        (given({"name": "width", "values": [257]}), "width", "bounds"),
        (given({"name": "width", "values": ["wide"]}), "width", "bounds"),
        (given({"name": "remedy", "values": ["prayer"]}), "remedy", "bounds"),
        (given(RATES, seeds=0), "seeds", "how_many"),
        (given(RATES, seeds=True), "seeds", "how_many"),
        (given(RATES, seeds=17), "seeds", "how_many"),
        (given({"name": "seed", "values": [1, 2]}, seeds=2), "seed", "seeds"),
        (given({"name": "seed", "values": list(range(17))}), "sweep", "cells"),
        (given(RATES, LOSSES, seeds=11), "sweep", "members"),
        (given(RATES, base=[]), "base", "message"),
        (
            given({"name": "loss", "values": ["hinge"]}, base=SMOOTHED),
            "label_smoothing", "smoothing",
        ),
        (
            given({"name": "lr_d", "values": [0.1]}, {"name": "lr_ratio", "values": [2]}),
            "lr_d", "overlap",
        ),
        (
            given(RATES, base={"layers_g": 6, "layers_d": 6, "width_g": 256, "width_d": 256},
                  seeds=16),
            "sweep", "heavy",
        ),
    ],
)  # fmt: skip
def test_arenas_are_refused_by_name(content, field, code):
    with pytest.raises(ConfigError) as refused:
        read_arena(content)
    assert (refused.value.problems[0].field, refused.value.problems[0].code) == (field, code)


def test_strange_settings_give_way_as_everywhere():
    found = read_arena(given(RATES, base=SMALL | {"zap": 1, "lr_d": 9}))
    assert {p.field for p in found.problems} == {"zap", "lr_d"}
    assert found.base.lr_d == 1e-3


@pytest.mark.parametrize(
    "message",
    [None, [], "make", {}, {"type": []}, {"type": "preset", "name": "ring"}, {"type": "greet"},
     {"type": "step", "count": 10**9}, {"type": "look", "seed": -1}, {"type": "look", "seed": "0"},
     {"type": "speed", "speed": 1e9}, {"type": "play"}],
)  # fmt: skip
def test_other_messages_are_refused(message):
    with pytest.raises(CommandError):
        read(message)


def test_a_step_is_of_both_nets():
    assert read({"type": "step", "net": "d"}) == commands.Step("both", 1)


def test_there_is_room_for_some_arenas_and_the_lab(running):
    def enter(name):
        return running.enter(name, Page(), ArenaSession, ArenaSession)

    for i in range(MAX_ARENAS):
        assert enter(f"arena {i}") is False
    assert enter("arena 0") is True
    with pytest.raises(Full):
        enter("one more")
    running.open("lab", Page(), PRESETS["ring"], playing=False)
    sink = running._sessions["arena 3"].sink
    running.leave("arena 3", sink, closed=False)
    assert enter("one more") is False
    assert "arena 3" not in running._sessions


@pytest.fixture
def arena(server):
    address = server.url.replace("http", "ws") + "ganplay/arena/socket"
    with ExitStack() as lines:

        def opened(token=None, origin=None, **hello):
            socket = lines.enter_context(connect(address, origin=origin, max_size=None))
            lines.callback(socket.close, 1001)
            return ArenaLine(socket, token, **hello)

        yield opened


def test_an_arena_over_a_socket(arena):
    token = auth.issue()
    line = arena(token=token)
    line.until(lambda s: s.event("welcome") and s.event("state"))
    assert line.event("arena") is None
    line.send("make", **given({"name": "remedy", "values": ["none", "r1", "spectral"]}, seeds=2))
    line.send("play", playing=True)
    line.until(lambda s: s.frames and s.frames[-1]["step"] > 20 and s.event("standings"))
    assert {len(f["blobs"][1]) for f in line.frames} == {3 * CELLS**2}
    told = line.event("arena")
    assert told["cells"][1]["changes"] == {"penalty": "r1"}
    assert told["data"][0]["modes"] == 8
    # Nonsense is answered in words, and goes on.
    line.raw("{")
    line.send("make", axes=[{"name": "lr_g", "values": [9]}])
    line.until(lambda s: s.event("error") and s.event("unmade"))
    assert line.event("unmade")["problems"][0]["field"] == "lr_g"
    step = line.frames[-1]["step"]
    line.until(lambda s: s.frames[-1]["step"] > step)
    # The page comes back to it by its token, and is told all again.
    line.socket.close(4000)
    again = arena(token=token).until(lambda s: s.event("arena") and s.event("standings"))
    assert again.event("welcome")["known"] is True
    assert len(again.event("arena")["cells"]) == 3


def test_a_page_makes_an_arena_again_that_is_gone(arena):
    line = arena(arena=given(RATES), step=30, playing=False, speed=1000)
    line.until(lambda s: s.frames and s.frames[-1]["step"] == 30 and not s.frames[-1]["catching"])
    assert line.event("welcome")["known"] is False
    broken = arena(arena={"axes": [{"name": "nothing", "values": [1]}]})
    broken.until(lambda s: s.event("welcome"))
    assert broken.event("welcome")["problems"][0]["code"] == "unknown"


def test_no_arena_overtakes_those_who_wait_for_the_lab(arena, server, monkeypatch):
    mine = arena(token=(token := auth.issue())).until(lambda s: s.event("welcome"))
    waiting = SimpleNamespace(session_id="waits", enter=lambda: None, tell=lambda event: None)
    monkeypatch.setitem(server.lab.line._places, "waits", _Place(waiting))
    assert arena().closing_code() == protocol.FULL
    mine.socket.close(4000)
    assert arena(token=token).until(lambda s: s.event("welcome")).event("welcome")["known"]


JSON = {"Content-Type": "application/json"}


def test_strangers_get_no_arena(arena, server):
    assert arena(token="forged.token").closing_code() == protocol.REFUSED
    body = json.dumps({"token": "forged", "messages": []}).encode()
    request = Request(f"{server.url}ganplay/arena/poll", body, JSON)
    with pytest.raises(OSError, match="401"):
        urlopen(request, timeout=20)


def test_an_arena_by_plain_requests(server):
    content = {"token": auth.issue(), "arena": given(RATES), "playing": True}
    for _ in range(5):
        body = json.dumps(content | {"messages": [{"type": "ack"}]}).encode()
        with urlopen(Request(f"{server.url}ganplay/arena/poll", body, JSON), timeout=20) as answer:
            data = answer.read()
        size = int.from_bytes(data[:4], "little")
        frame = data[4 + size :]
        if frame and pieces(frame)[0][0]["step"] > 0:
            return
    raise AssertionError("no frame of a step")


def test_the_page_knows_axes_with_values_to_begin_with(server):
    with urlopen(f"{server.url}ganplay/schema.json", timeout=30) as answer:
        about = json.load(answer)["arena"]
    names = {axis["name"] for axis in about["axes"]}
    assert {"loss", "penalty", "lr_ratio", "width", "batch_size", "seed", "remedy"} <= names
    for axis in about["axes"]:
        values = axis["usual"][:MAX_CELLS]
        base = PRESETS["ring"].to_dict()
        found = read_arena({"base": base, "axes": [{"name": axis["name"], "values": values}]})
        assert any(isinstance(cell, Cell) for cell in found.cells), axis["name"]
