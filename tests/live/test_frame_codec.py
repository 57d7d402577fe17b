import dataclasses

import pytest
import torch
from helpers.sessions import renderer
from hypothesis import given
from hypothesis import strategies as st

from ganplay import ToyConfig
from ganplay.live import frame as frames
from ganplay.live import frame_codec
from ganplay.live.frame import ALL_LAYERS, LAYERS, View
from ganplay.live.frame_codec import FLAGS, HEADER, pack, unpack
from ganplay.live.render import arrows
from ganplay.toy.diagnosis import Evidence, Finding


def close(one, other, within):
    assert one.shape == other.shape
    assert not one.numel() or (one - other).abs().max() <= within


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize("layers", [0, LAYERS["fake"], ALL_LAYERS])
def test_what_was_packed_is_unpacked(conditional, graph, layers):
    looked = renderer(ToyConfig(conditional=conditional, width_g=8, width_d=8))
    inside = {"insides": 0, "unit": ("d", 1, 3)} if graph else {}
    frame = looked.render(View(layers=layers, graph=graph, probe=(0.5, -1.0), **inside))
    again = unpack(pack(frame, run=3, applied=17, rate=123.5, flags=FLAGS["playing"]))
    for name in ("step", "updates_d", "updates_g", "measured_at"):
        assert getattr(again, name) == getattr(frame, name)
    assert again.extent == pytest.approx(frame.extent)
    assert again.probe == pytest.approx(frame.probe)
    assert again.metrics == pytest.approx(frame.metrics, rel=1e-6, nan_ok=True)
    cell = frame.extent / frames.UNIT
    close(again.fakes, frame.fakes, cell)
    close(again.grid, frame.grid, cell)
    close(arrows(again.fake_gradients), arrows(frame.fake_gradients), 1 / 127)
    low, high = frame.map_range
    close(again.map, frame.map.clamp(low, high), (high - low) / 255)
    close(again.d_histogram, frame.d_histogram, 0)
    for net in ("d", "g"):
        close(again.norms[net], frame.norms[net], 1e-6)
    assert again.unit_size == pytest.approx(frame.unit_size)
    close(again.unit, frame.unit, 1 / 127)
    assert (again.insides is None) == (not graph)
    if graph:
        close(again.insides.maps, frame.insides.maps, 1 / 127)
        close(again.insides.weights, frame.insides.weights, 1 / 127)
    if frame.labels is None or not len(frame.fakes):
        assert again.labels is None
    else:
        assert torch.equal(again.labels.long(), frame.labels)


def test_every_section_there_is_can_be_unpacked():
    looked = renderer(ToyConfig(width_g=8, width_d=8))
    frame = looked.render(View(graph=True, insides=0, unit=("d", 1, 3)))
    frame = dataclasses.replace(frame, finding=Finding("collapse", 75, Evidence(js=0.5), (2, 7)))
    packed = pack(frame, rival=pack(frame))
    assert (
        HEADER.unpack_from(packed)[-1] == len(frame_codec.SECTIONS) - 1
    )  # there are no labels here
    assert torch.equal(unpack(packed).fakes, unpack(pack(frame)).fakes)
    told = unpack(packed).finding
    assert (told.kind, told.since, told.evidence.js, told.missing) == ("collapse", 75, 0.5, (2, 7))


def test_a_frame_of_nothing_and_one_far_out_are_unpacked():
    looked = renderer(ToyConfig(noise_dim=1))
    frame = frame_codec.without_drawings(looked.render())
    assert unpack(pack(frame)).fakes.shape == (0, 2)
    far = dataclasses.replace(looked.render(), fakes=torch.full((400, 2), 1e9), quantised=None)
    unpacked = unpack(pack(far))
    assert unpacked.fakes.min() == pytest.approx(4 * frame.extent, rel=1e-3)
    assert unpacked.grid.shape == (1, frames.PATH, 2)


@pytest.fixture(scope="module")
def packed():
    looked = renderer(ToyConfig(conditional=True, width_g=8, width_d=8))
    return pack(looked.render(View(graph=True, insides=0, unit=("g", 0, 2))))


@given(st.data())
def test_broken_frames_are_refused(packed, data):
    """Whatever was changed: a `ValueError`, or a frame that can be drawn."""
    broken = bytearray(packed)
    for _ in range(data.draw(st.integers(0, 4))):
        # Header and table are where it matters.
        at = data.draw(st.integers(0, data.draw(st.sampled_from([128, len(broken)])) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.none(), st.integers(0, len(broken))))
    more = data.draw(st.binary(max_size=3))
    try:
        frame = unpack(bytes(broken[:end]) + more)
    except ValueError:
        return
    assert frame.fakes.isfinite().all()
    assert frame.grid.isfinite().all()
    assert frame.map.isfinite().all()


@given(st.binary(max_size=400))
def test_other_bytes_are_refused(data):
    for start in (b"", b"GP", b"GP\x02\x00"):
        with pytest.raises(ValueError, match=r"."):
            unpack(start + data)
