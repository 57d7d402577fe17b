"""A visitor who must not notice what happens to others."""

import torch
from helpers.http import CONFIG, STATE, send

from ganplay import ToyTrainer
from ganplay.server.http import auth
from ganplay.toy.checkpoint import toy_from_bytes


def expected(steps, config=CONFIG):
    """The points of a run that nothing disturbed."""
    trainer = ToyTrainer(config, threads=1)
    trainer.step(steps)
    return trainer.sample(50)


class Witness:
    """A visitor who takes steps while something goes wrong elsewhere, and must not notice."""

    def __init__(self, server, visit):
        self.server, self.token = server, auth.issue()
        self.line = visit(token=self.token, state=STATE, playing=False).until(lambda s: s.frames)
        self.steps = 0

    def steps_on(self, count=10):
        self.steps += count
        self.line.send("step", count=count)
        self.line.until(lambda s: s.frames[-1]["step"] == self.steps)

    def saw_nothing(self):
        self.steps_on()
        assert torch.equal(fakes(self.server, self.token), expected(self.steps))
        kinds = {"welcome", "state", "data", "remedies"}
        assert {event["type"] for event in self.line.events} <= kinds


def alive(engine):
    named = [thread for thread in engine._threads if thread.name.startswith("engine")]
    return [thread for thread in named if thread.is_alive()]


def fakes(server, token):
    return toy_from_bytes(send(server, "weights/save", token)).sample(50)
