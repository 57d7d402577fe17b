import dataclasses
import io
import json
import struct

import av
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ganplay import ToyConfig, ToyTrainer
from ganplay.live import film as films
from ganplay.live import frame_codec
from ganplay.live.film import (
    Cancelled,
    FilmError,
    Painter,
    Style,
    film,
    read_order,
    shoot,
    style_of,
)
from ganplay.live.frame import ALL_LAYERS, LAYERS, FrameRenderer
from ganplay.live.frame_codec import pack, unpack

SMALL = ToyConfig(width_g=8, width_d=8, batch_size=16)


@pytest.fixture(scope="module")
def trainer():
    return ToyTrainer(SMALL, seeds=[1, 2], threads=1)


@pytest.fixture(scope="module")
def run(trainer):
    return shoot(trainer, 60, 6)


def style(trainer, **how):
    how = {"size": 320} | how
    return Style(style_of(trainer).real, **how)


def test_frames_are_closer_at_the_start_and_of_the_first_member(trainer, run):
    assert [frame.step for frame in run] == [0, 2, 10, 22, 38, 60]
    alone = ToyTrainer(SMALL, seeds=[1], threads=1)
    alone.step(60)
    renderer = FrameRenderer(alone)
    renderer.measure()
    torch.testing.assert_close(run[-1].fakes, renderer.render().fakes, rtol=1e-3, atol=1e-4)
    assert run[-1].metrics["js"] == pytest.approx(renderer.render().metrics["js"], abs=0.01)
    assert [frame.step for frame in shoot(alone, 0, 6)] == [60]


def read_gif(data):
    with Image.open(io.BytesIO(data)) as gif:
        size, durations, pictures = gif.size, [], []
        for i in range(gif.n_frames):
            gif.seek(i)
            durations.append(gif.info["duration"])
            pictures.append(gif.convert("RGB"))
        return size, durations, pictures


@pytest.mark.parametrize("theme", films.THEMES)
def test_a_gif_has_all_frames_in_steady_colours(trainer, run, theme):
    data = film(run, style(trainer, theme=theme), "gif", 10)
    size, durations, pictures = read_gif(data)
    assert (size, durations) == ((320, 320), [100] * 6)
    colours = films.THEMES[theme]
    for picture in pictures:
        # What is not drawn on looks the same in all.
        corner = picture.getpixel((2, 85))
        assert max(abs(a - b) for a, b in zip(corner, colours["background"], strict=True)) <= 12
    assert len({picture.tobytes() for picture in pictures}) == 6


def test_an_mp4_has_all_frames(trainer, run):
    data = film(run, style(trainer), "mp4", 12)
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 320)
        assert (stream.average_rate, stream.pix_fmt) == (12, "yuv420p")
        pictures = list(container.decode(video=0))
    assert len(pictures) == 6
    drawn = Painter(style(trainer), run[0].extent).draw(run[-1])
    shown = pictures[-1].to_image()
    difference = [abs(a - b) for a, b in zip(drawn.tobytes(), shown.tobytes(), strict=True)]
    assert sum(difference) / len(difference) < 6


def test_points_are_where_they_are_on_the_page(trainer):
    """The middle of the picture is the origin, y goes up, and a little more than all is shown."""
    made = Style(torch.tensor([[0.0, 0.0], [1.5, 3.0]]), size=424, layers=LAYERS["real"])
    renderer = FrameRenderer(ToyTrainer(SMALL, threads=1))
    picture = Painter(made, renderer.extent).draw(renderer.render())
    real = films.THEMES["light"]["real"]
    assert renderer.extent == 3
    for at in ((212, 212), (312, 12)):
        assert max(abs(a - b) for a, b in zip(picture.getpixel(at), real, strict=True)) < 60
    ground = [picture.getpixel(at) for at in ((312, 412), (112, 12), (100, 300))]
    assert all(min(colour) > 200 for colour in ground)


def test_real_points_are_discs_and_fakes_are_crosses():
    """Above the middle a disc is full, and between two arms of a cross there is nothing."""
    place, ground = torch.zeros(1, 2), films.THEMES["light"]["background"]
    made = Style(place, size=720, layers=LAYERS["real"] | LAYERS["fake"])
    frame = FrameRenderer(ToyTrainer(SMALL, threads=1)).render()
    painter = Painter(made, frame.extent)
    middle, off = painter._side // 2, round(0.75 * painter._dot)
    disc, cross = painter._points(place, None), painter._points(place, None, fake=True)
    for mask in (disc, cross):
        assert mask.getpixel((middle, middle)) == 217
    assert disc.getpixel((middle, middle - off)) == 217
    assert cross.getpixel((middle, middle - off)) == 0
    for x, y in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        assert cross.getpixel((middle + x * off, middle + y * off)) == 217
    fakes = dataclasses.replace(frame, fakes=place, fake_gradients=frame.fake_gradients[:0])
    shown = painter.draw(fakes).getpixel((360, 360))
    assert max(abs(a - b) for a, b in zip(shown, ground, strict=True)) > 60


def test_layers_that_are_switched_off_are_not_drawn(trainer, run):
    pictures = {
        layers: Painter(style(trainer, layers=layers), run[0].extent).draw(run[-1]).tobytes()
        for layers in (0, *LAYERS.values(), ALL_LAYERS)
    }
    assert len(set(pictures.values())) == len(LAYERS) + 2


def test_a_class_is_picked_out_and_a_path_is_drawn():
    config = ToyConfig(conditional=True, noise_dim=1, width_g=8, width_d=8)
    trainer = ToyTrainer(config, threads=1)
    frame, made = FrameRenderer(trainer).render(), style_of(trainer)
    pictures = [
        Painter(Style(made.real, made.labels, size=320, label=label), frame.extent).draw(frame)
        for label in (-1, 0, 1)
    ]
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_networks_that_are_no_more_are_filmed_as_nothing(trainer, run):
    nothing = frame_codec.without_drawings(run[0])
    assert len(read_gif(film([nothing, run[1]], style(trainer), "gif", 10))[2]) == 2


@pytest.mark.parametrize("kind", films.KINDS)
def test_a_film_ends_when_nobody_wants_it_any_more(trainer, run, kind):
    seen = []
    with pytest.raises(Cancelled):
        film(run, style(trainer), kind, 10, lambda count: seen.append(count) or count < 3)
    assert seen == [1, 2, 3]


# ---- what a page sends --------------------------------------------------------------------------


ASKED = {
    "format": "gif", "fps": 10, "theme": "dark", "size": 321, "layers": ALL_LAYERS, "label": -1,
    "real": [0, 8191, -8191, 5], "labels": [],
}  # fmt: skip


def order(asked=ASKED, pieces=()):
    text = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    return b"".join(struct.pack("<I", len(piece)) + piece for piece in (text, *pieces))


@pytest.fixture(scope="module")
def packed(run):
    return [pack(frame) for frame in run]


def test_an_order_is_read(packed, run):
    asked = read_order(order(ASKED | {"labels": [1, 0]}, packed))
    assert (asked.kind, asked.rate, asked.style.size) == ("gif", 10, 320)
    assert asked.style.real.tolist()[1] == pytest.approx([-3.0, 15 / 8191])
    assert asked.style.labels.tolist() == [1, 0]
    assert [frame.step for frame in asked.frames] == [frame.step for frame in run]
    assert len(read_gif(film(asked.frames, asked.style, "gif", asked.rate))[2]) == 6


def test_orders_that_cannot_be_followed_are_refused(packed):
    few = packed[:1]
    for data, code in (
        (b"", "order"), (b"\0\0\0", "order"), (b"\xff" * 9, "order"), (order(b"{"), "order"),
        (order(b"[]", few), "order"), (order(b"[" * 9999, few), "order"),
        (order(ASKED), "frames"), (order(ASKED, few * 241), "frames"),
        (order(ASKED, [b""]), "frames"),
        (order(ASKED, [few[0][:-1]]), "frames"), (order(ASKED, few)[:-1], "order"),
        (order(ASKED, few) + b"\0", "order"), (bytes(films.MAX_BYTES + 1), "size"),
    ):  # fmt: skip
        with pytest.raises(FilmError) as refused:
            read_order(data)
        assert refused.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"format": "avi"}, {"format": ["gif"]}, {"fps": 0}, {"fps": 31}, {"fps": 9.5},
        {"fps": True}, {"theme": "blue"}, {"theme": None}, {"size": 319}, {"size": 721},
        {"size": "400"},
        {"layers": 32}, {"layers": -1}, {"label": 256}, {"real": [1]}, {"real": [40000, 0]},
        {"real": [0.5, 0]}, {"real": None}, {"real": [0] * 4002}, {"real": [[0, 1]]},
        {"labels": [1]}, {"labels": [1, 256]}, {"labels": "ab"},
    ],
)  # fmt: skip
def test_each_field_of_an_order_is_checked(packed, change):
    with pytest.raises(FilmError, match=next(iter(change))) as refused:
        read_order(order(ASKED | change, packed[:1]))
    assert refused.value.code == "order"


@given(st.binary(max_size=300))
def test_other_bytes_are_no_orders(data):
    with pytest.raises(FilmError):
        read_order(data)


@given(st.data())
def test_whatever_frames_hold_they_can_be_drawn(packed, data):
    broken = bytearray(packed[3])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, data.draw(st.sampled_from([128, len(broken)])) - 1))
        broken[at] = data.draw(st.integers(0, 255))
    try:
        asked = read_order(order(ASKED, [bytes(broken)]))
    except FilmError:
        return
    for frame in asked.frames:
        assert unpack(bytes(broken)).step == frame.step
        Painter(asked.style, frame.extent).draw(frame)
