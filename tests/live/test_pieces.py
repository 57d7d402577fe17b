from itertools import pairwise

import pytest

from ganplay.live.frame_codec import unpack
from ganplay.live.pieces import PIECES, SEEDS, recorded
from ganplay.toy.config import ToyConfig
from ganplay.toy.diagnosis import KINDS


def short(name, steps):
    """A piece that ends early, with few moments."""
    return PIECES[name]._replace(steps=steps, moments=4)


def told(piece, seed=0):
    begun, *moments, done = recorded(piece, seed)
    assert begun.head["type"] == "begun"
    assert done == ({"type": "done"}, [])
    return begun.head["data"], moments


def test_moments_are_close_together_first_and_end_at_the_last_step():
    for piece in PIECES.values():
        at = piece.told_at
        assert (at[0], at[-1]) == (0, piece.steps)
        assert at == sorted(set(at))
        assert not piece.changes or piece.changed_at in at
        steps = [later - step for step, later in pairwise(at)]
        assert piece.slow or sum(steps[:10]) < sum(steps[-10:]) / 2


def test_pages_know_a_piece_by_settings_that_can_be_taken():
    for piece in PIECES.values():
        known = piece.to_dict()
        assert ToyConfig.from_state(known["state"]) == (piece.config, [])
        assert ToyConfig().repaired(known["config"]) == (piece.config, [])
        assert piece.config.repaired(known["changes"])[1] == []


def test_a_piece_is_told_in_frames_and_each_start_is_its_own(unchecked):
    piece = short("collapse", 60)
    data, moments = told(piece)
    assert data["modes"] == 8
    assert len(data["centres"]) == 16
    frames, steps = [unpack(blob) for _, (blob,) in moments], [head["step"] for head, _ in moments]
    assert steps == [frame.step for frame in frames] == piece.told_at
    assert len(frames[0].metrics) == len(frames[-1].metrics) > 4
    again, other = told(piece)[1], told(piece, SEEDS - 1)[1]
    assert [blobs for _, blobs in again] == [blobs for _, blobs in moments]
    assert other[0].blobs != moments[0].blobs


def test_a_setting_changes_on_the_way(unchecked):
    piece = short("remedy", 20)._replace(changed_at=10)
    frames = [unpack(blob) for _, (blob,) in told(piece)[1]]
    updates = {frame.step: frame.updates_g for frame in frames}
    assert updates[10] == 100
    assert updates[20] == 100 + 10 * piece.changes["steps_g"]


def test_a_step_is_told_in_its_parts(unchecked):
    data, (slow,) = told(short("step", 5))
    assert data["reach"] > 0
    assert slow.head["step"] == 6
    assert {"d", "g"} <= slow.head["seen"].keys()
    assert len(slow.head["seen"]["frames"]) == 3


@pytest.mark.parametrize("name", PIECES)
def test_every_piece_can_be_shown(name, unchecked):
    _, moments = told(short(name, 3))
    assert moments
    for _, blobs in moments:
        for blob in blobs:
            assert unpack(blob).finding.kind in KINDS
