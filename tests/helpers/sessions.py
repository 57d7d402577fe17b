"""Sessions of an engine without a server."""

import json
import threading
import time

from ganplay import ToyConfig, ToyTrainer
from ganplay.live.frame import FrameRenderer
from ganplay.live.frame_codec import ENTRY, HEADER, SECTIONS
from ganplay.live.session_batch import batch_key_of

QUICK = ToyConfig(layers_g=1, layers_d=1, width_g=8, width_d=8, batch_size=16)
NAMES = (
    "magic version flags run step updates_d updates_g applied rate extent low high "
    "probe measured_at sections"
).split()
SMALL = ToyConfig(width_g=16, width_d=16, batch_size=32)


def header(data):
    """A frame's header, and how many numbers each of its sections holds."""
    values = dict(zip(NAMES, HEADER.unpack_from(data), strict=True))
    for i in range(values["sections"]):
        index, _, _, count = ENTRY.unpack_from(data, HEADER.size + i * ENTRY.size)
        values[SECTIONS[index]] = count
    return values


class Page:
    """Keeps what it is sent, and acknowledges frames unless it is told to be slow."""

    def __init__(self, owner, session_id, slow=False):
        self.owner, self.session_id, self.slow = owner, session_id, slow
        self.frames, self.events = [], []
        self.news = threading.Condition()

    def frame(self, data):
        with self.news:
            self.frames.append(header(data))
            self.news.notify()
        if not self.slow:
            # From another thread, as in life: the engine must not need this call to return.
            threading.Timer(0.001, self.owner.acknowledge, (self.session_id,)).start()

    def event(self, data):
        json.dumps(data, allow_nan=False)  # whatever is told must be plain
        with self.news:
            self.events.append(data)
            self.news.notify()

    def wait(self, condition, seconds=20):
        with self.news:
            assert self.news.wait_for(lambda: condition(self), seconds), (
                self.frames[-1:],
                self.events[-3:],
            )
        return self

    def events_of(self, kind):
        return [e for e in self.events if e["type"] == kind]


def opened(running, session_id="a", config=QUICK, slow=False, **how):
    page = Page(running, session_id, slow)
    running.open(session_id, page, config, **how)
    return page


def post(running, page, *given, session_id="a"):
    """Send commands and wait until a frame has taken the last one into account."""
    for command in given:
        page.last = getattr(page, "last", 0) + 1
        assert running.post(session_id, page.last, command)
    page.wait(lambda p: p.frames and p.frames[-1]["applied"] == p.last)
    return page.frames[-1]


def ready(config, size):
    """The kind of a configuration, once it has been tried out."""
    kind, deadline = batch_key_of(config), time.monotonic() + 120
    while time.monotonic() < deadline:
        kind.size(size)
        if all(trial.done() for trial in kind._trials.values()):
            return kind
        time.sleep(0.02)
    raise AssertionError("not tried out in time")


def same(one, other):
    a, b = everything(one), everything(other)
    return a.keys() == b.keys() and all(a[n].equal(b[n]) for n in a)


def renderer(config=SMALL, steps=5):
    trainer = ToyTrainer(config, threads=1)
    trainer.step(steps)
    made = FrameRenderer(trainer)
    made.measure()
    return made


def everything(trainer):
    return {n: t.clone() for n, t in trainer.snapshot().tensors.items()}
