"""Pictures from strangers: made here with Pillow and by hand, read by `ganplay.media.uploads`."""

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile

from ganplay.media import uploads
from ganplay.media.uploads import MAX_BYTES, DrawingStyle, UploadError, drawing_style_of, fitted

GREY, COLOUR = (1, 32, 32), (3, 64, 64)
DIGITS = DrawingStyle(0, 20 / 32)


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def stroke(size=(320, 320), ink=0, paper=255, box=(140, 60, 180, 260)):
    """An upright stroke on paper."""
    image = Image.new("L", size, paper)
    image.paste(ink, box)
    return image


def done(data, shape=GREY, drawing_style=None):
    pixels, hidden, notes, _ = fitted(data, shape, drawing_style)
    assert hidden is None
    assert pixels.dtype == torch.uint8
    assert tuple(pixels.shape) == shape
    return pixels, [note.code for note in notes]


def refused(data, shape=GREY):
    with pytest.raises(UploadError) as error:
        fitted(data, shape)
    assert str(error.value)
    return error.value.code


def header_only(width, height):
    """A PNG that says how large it is, and has nothing else."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    pieces = [struct.pack(">I", len(head)), chunk, struct.pack(">I", zlib.crc32(chunk))]
    data = zlib.compress(b"\0" * 99)
    body = b"IDAT" + data
    pieces += [struct.pack(">I", len(data)), body, struct.pack(">I", zlib.crc32(body))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(pieces)


# ---- what is refused ----------------------------------------------------------------------------


TEXTS = {
    "text": [b"hello", b"BM is how this text begins", b"GIF", "\ufeffx,y\r\n1,2".encode()],
    "pdf": [b"%PDF-1.7 x", b"\r\n%PDF-1.4"], "nothing": [b""],
    "svg": [b"<?xml?>\n<SVG xmlns='http://www.w3.org/2000/svg'/>"],
}  # fmt: skip
OTHERS = {
    "kind": [b"\0" * 99, b"\x80\4]\x94.", b"\xff" * 99], "tiff": [b"II*\0" + b"\0" * 40],
    "archive": [b"PK\3\4" + b"\0" * 60, b"\xd0\xcf\x11\xe0\xa1\xb1", b"\x1f\x8b\x08"],
    "heic": [b"\0\0\0\x18ftypheic\0", b"\0\0\0\x1cftypavif\0"],
    "video": [b"\0\0\0\x18ftypmp42\0", b"RIFF\0\0\0\0AVI ", b"\x1aE\xdf\xa3\x9f"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "data"), [(k, d) for k, ds in (TEXTS | OTHERS).items() for d in ds]
)
def test_what_is_no_picture_is_told_what_it_is(kind, data):
    assert refused(data) == kind


def test_a_long_text_is_told_from_bytes_wherever_it_is_cut():
    assert refused("€".encode() * 50_000) == "text"
    assert refused("€".encode() * 20_000 + b"\xff" * 9) == "kind"


def test_a_picture_of_a_kind_that_is_not_read_is_refused_whatever_its_name():
    assert refused(saved(stroke(), "TIFF")) == "tiff"
    assert refused(saved(stroke(), "PPM")) == "kind"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_what_is_cut_off_is_refused(kind):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    whole = saved(Image.fromarray(noise), kind)
    assert fitted(whole, GREY).pixels.shape == GREY
    for share in (0.05, 0.3, 0.6):
        assert refused(whole[: int(share * len(whole))]) == "broken"


@pytest.fixture
def decoded(monkeypatch):
    """Formats of the pictures whose pixels were asked for."""
    seen, load = [], ImageFile.ImageFile.load

    def noted(image):
        seen.append(image.format)
        return load(image)

    monkeypatch.setattr(ImageFile.ImageFile, "load", noted)
    assert fitted(saved(Image.new("L", (64, 64), 200)), GREY)
    assert seen  # what is small is decoded, and seen here
    seen.clear()
    return seen


@pytest.mark.parametrize("size", [(10_000, 10_000), (5001, 5000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_any_is_decoded(size, decoded):
    assert refused(header_only(*size)) == "pixels"
    assert decoded == []


def test_100_megapixels_that_are_really_there_are_not_decoded(decoded):
    data = saved(Image.new("1", (10_000, 10_000)))
    assert refused(data) == "pixels"
    assert decoded == []


def test_too_many_bytes_are_refused_before_they_are_looked_at():
    assert refused(b"\x89PNG" + b"\0" * MAX_BYTES) == "size"


# ---- what is made of the others -----------------------------------------------------------------


def test_what_has_the_models_size_is_taken_as_it_is():
    own = torch.arange(1024, dtype=torch.uint8).view(1, 32, 32)
    pixels, notes = done(saved(Image.fromarray(own[0].numpy())))
    assert torch.equal(pixels, own)
    assert notes == []
    colours = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    pixels, notes = done(saved(Image.fromarray(colours)), COLOUR)
    assert torch.equal(pixels, torch.from_numpy(colours).permute(2, 0, 1))
    assert notes == []


def test_the_middle_square_is_taken_and_scaled_with_smoothing():
    image = Image.new("RGB", (300, 100), (200, 0, 0))
    image.paste((0, 0, 200), (100, 0, 200, 100))
    pixels, notes = done(saved(image), COLOUR)
    assert notes == ["cropped"]
    assert pixels[:, 1:-1, 1:-1].unique(dim=1).flatten().tolist().count(200) > 0
    assert pixels[0].max() == 0
    assert pixels[2].min() == 200
    # A fine chequerboard is grey from afar, neither black nor white.
    board = Image.fromarray((np.indices((320, 320)).sum(0) % 2 * 255).astype(np.uint8))
    pixels, _ = done(saved(board))
    assert 126 <= pixels.min() <= pixels.max() <= 129


def test_of_what_moves_the_first_picture_counts():
    frames = [Image.new("RGB", (64, 64), c) for c in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        pixels, notes = done(data, COLOUR)
        assert notes == ["first"]
        assert pixels[:, 32, 32].tolist() == [255, 0, 0]


def test_what_is_transparent_is_put_on_white():
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    clear.paste((0, 0, 255, 128), (0, 0, 64, 32))
    for kind in ("PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        pixels, notes = done(saved(clear, kind, **options), COLOUR)
        assert notes == ["clear"]
        assert pixels[:, 48, 8].tolist() == [255, 255, 255]
        assert pixels[:, 8, 8].tolist() == [127, 127, 255]
    palette = Image.new("P", (64, 64), 0)
    palette.putpalette([9, 9, 9, 0, 200, 0])
    palette.paste(1, (0, 0, 64, 32))
    pixels, notes = done(saved(palette, transparency=0), COLOUR)
    assert notes == ["clear"]
    assert pixels[:, 48, 8].tolist() == [255, 255, 255]
    assert pixels[:, 8, 8].tolist() == [0, 200, 0]
    # An alpha channel without a transparent pixel is nothing to be told of.
    assert done(saved(Image.new("RGBA", (64, 64), "red")), COLOUR)[1] == []


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_a_transparent_ground_stays_to_be_seen(ink):
    image = Image.new("LA", (320, 320), (ink, 0))
    image.paste((ink, 255), (140, 60, 180, 260))
    pixels, notes = done(saved(image), GREY, DIGITS)
    assert "clear" in notes
    assert pixels[0, 16, 16] == 255
    assert pixels[0, 0, 0] == 0


def test_colours_for_print_are_read():
    pixels, notes = done(saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG"), COLOUR)
    assert notes == ["cmyk"]
    red, green, blue = pixels[:, 32, 32].tolist()
    assert red > 200
    assert max(green, blue) < 60


def test_16_bits_are_scaled_and_not_cut_off():
    ramp = np.linspace(0, 65535, 32).astype(np.uint16)[None].repeat(32, 0)
    pixels, notes = done(saved(Image.fromarray(ramp)))
    assert notes == ["deep"]
    expected = (ramp / 257).astype(np.uint8)
    assert torch.equal(pixels[0], torch.from_numpy(expected))


def test_a_picture_is_turned_as_the_camera_was_held():
    image = Image.new("RGB", (64, 64), "blue")
    image.paste((255, 0, 0), (0, 0, 64, 32))  # red above
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: the upper side comes to the right
    pixels, notes = done(saved(image, "JPEG", exif=exif, quality=95), COLOUR)
    assert notes == ["turned"]
    assert pixels[0, 32, 56] > 200
    assert pixels[0, 32, 8] < 60


def test_a_palette_and_single_bits_are_read():
    colours = Image.new("RGB", (64, 64), (10, 200, 30)).quantize(4)
    assert done(saved(colours), COLOUR)[0][:, 9, 9].tolist() == [10, 200, 30]
    assert done(saved(Image.new("1", (32, 32), 1)))[0].min() == 255


# ---- as the model draws -------------------------------------------------------------------------


def test_black_ink_on_white_paper_becomes_light_ink_on_black():
    for ink, paper, expected in ((0, 255, ["inverted", "framed"]), (255, 0, ["framed"])):
        pixels, notes = done(saved(stroke(ink=ink, paper=paper)), GREY, DIGITS)
        assert notes == expected
        # 200 pixels high becomes 20 of 32, 40 wide becomes 4.
        rows = (pixels[0] > 128).any(1).nonzero().flatten().tolist()
        columns = (pixels[0] > 128).any(0).nonzero().flatten().tolist()
        assert rows == list(range(6, 26))
        assert columns == list(range(14, 18))
    # The other way round for a model that draws dark on white.
    pixels, notes = done(saved(stroke(ink=255, paper=0)), GREY, DrawingStyle(255, 20 / 32))
    assert notes == ["inverted", "framed"]
    assert (pixels[0, 16, 16], pixels[0, 0, 0]) == (0, 255)


def test_a_drawing_in_a_corner_comes_to_the_middle_and_pale_paper_becomes_black():
    image = stroke((640, 480), ink=70, paper=190, box=(10, 20, 30, 60))
    pixels, notes = done(saved(image), GREY, DIGITS)
    assert notes == ["inverted", "framed"]
    assert pixels[0, 0].max() == 0
    assert pixels[0, 16, 16] == 255
    rows = (pixels[0] > 128).any(1).nonzero().flatten().tolist()
    assert rows[0] + rows[-1] == 31


def test_a_mask_is_cut_out_as_the_picture_is():
    picture = saved(stroke((640, 480), box=(310, 200, 350, 400)))
    mask = Image.new("L", (320, 240), 0)
    mask.paste(255, (150, 100, 180, 150))  # the stroke's upper half
    pixels, hidden, *_ = fitted(picture, GREY, DIGITS, saved(mask))
    ink = pixels[0] > 128
    assert ink.sum() == 20 * 4
    assert (ink & hidden).nonzero()[:, 0].unique().tolist() == list(range(6, 16))
    small = Image.new("1", (32, 32))
    small.paste(1, (3, 4, 5, 9))
    hidden = fitted(saved(Image.new("RGB", (32, 32))), GREY, None, saved(small)).hidden
    assert hidden.sum() == 2 * 5
    assert hidden[4:9, 3:5].all()
    with pytest.raises(UploadError) as error:
        fitted(picture, GREY, DIGITS, saved(Image.new("L", (64, 64))))
    assert error.value.code == "mask"
    with pytest.raises(UploadError) as error:
        fitted(picture, GREY, DIGITS, b"no picture")
    assert error.value.code == "text"


def test_what_has_the_models_size_is_only_inverted():
    image = stroke((32, 32), box=(2, 3, 5, 9))
    pixels, notes = done(saved(image), GREY, DIGITS)
    assert notes == ["inverted"]
    assert torch.equal(pixels[0], 255 - torch.from_numpy(np.array(image)))


def test_an_empty_sheet_is_refused_where_something_should_be_drawn():
    sheet = saved(Image.new("L", (99, 99), 255))
    with pytest.raises(UploadError) as error:
        fitted(sheet, GREY, DIGITS)
    assert error.value.code == "empty"
    assert done(sheet)[0].min() == 255


def test_odd_shapes_are_no_trouble():
    for size in ((1, 1), (1, 5000), (5000, 1), (3, 2)):
        image = saved(stroke(size, box=(0, 0, 1, 1)))
        done(image, COLOUR)
        if size != (1, 1):
            done(image, GREY, DIGITS)


def test_how_a_model_draws_is_seen_in_its_pictures():
    pictures = torch.zeros(5, 1, 32, 32, dtype=torch.uint8)
    pictures[:, :, 6:26, 14:18] = 255
    assert drawing_style_of(pictures) == DrawingStyle(0, 20 / 32)
    assert drawing_style_of(255 - pictures) == DrawingStyle(255, 20 / 32)
    assert (
        drawing_style_of(torch.full_like(pictures, 128)) == DrawingStyle()
    )  # fills the whole square
    assert drawing_style_of(torch.zeros_like(pictures)) == DrawingStyle()  # draws nothing
    assert drawing_style_of(pictures.expand(5, 3, 32, 32)) == DrawingStyle()


def test_every_message_and_note_can_be_said():
    for code, text in uploads.MESSAGES.items():
        assert str(UploadError(code, most=5)) == text.format(most=5)
    for code, text in uploads.NOTES.items():
        assert str(uploads.Note(code, "white")) == text.format(ground="white")
