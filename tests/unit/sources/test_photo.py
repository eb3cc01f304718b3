"""Every format, mode and orientation against colours that are known beforehand."""

from __future__ import annotations

import io
import itertools
import sys
import threading
import warnings

import numpy as np
import pytest
from PIL import Image, features

from emovere.config import PhotoOptions
from emovere.errors import ShapeError, UnreadableImage
from emovere.sources.photo import frame_of, read_photo

RED, GREEN, BLUE, GREY = (255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128)
STILLS = {"JPEG": {"quality": 95, "subsampling": 0}, "PNG": {}, "WEBP": {"lossless": True}, "BMP": {}, "PPM": {}}
STILLS |= {"TIFF": {"compression": "tiff_lzw"}, "GIF": {}}
ANIMATIONS = {"GIF": {}, "PNG": {}, "WEBP": {"lossless": True}}


def quadrants(width=40, height=24):
    """Red, green over blue, grey: no two orientations look alike."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2], image[: height // 2, width // 2 :] = RED, GREEN
    image[height // 2 :, : width // 2], image[height // 2 :, width // 2 :] = BLUE, GREY
    return image


def corners(image):
    """The colours of the quadrants, row by row, where no edge is near."""
    height, width = image.shape[:2]
    return [image[height * y // 4, width * x // 4] for y in (1, 3) for x in (1, 3)]


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    image.save(buffer, format, **options)
    return buffer.getvalue()


def only(source, **options):
    (frame,) = read_photo(source, **options)
    assert frame.image.dtype == np.uint8
    assert frame.image.flags.c_contiguous
    assert frame.image.ndim == 3
    assert frame.image.shape[2] == 3
    assert (frame.index, frame.time_s) == (0, None)
    return frame


@pytest.mark.parametrize("format", STILLS)
def test_a_still_of_every_format_whatever_its_name_ends_in(tmp_path, format):
    path = tmp_path / "holiday.data"
    path.write_bytes(encoded(quadrants(), format, **STILLS[format]))
    frame = only(path)
    assert frame.size == (24, 40)
    assert frame.source == str(path)
    np.testing.assert_allclose(corners(frame.image), [RED, GREEN, BLUE, GREY], atol=4)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
def test_avif():
    frame = only(encoded(quadrants(), "AVIF", quality=100, subsampling="4:4:4"))
    np.testing.assert_allclose(corners(frame.image), [RED, GREEN, BLUE, GREY], atol=6)


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        (1, [RED, GREEN, BLUE, GREY]),
        (2, [GREEN, RED, GREY, BLUE]),
        (3, [GREY, BLUE, GREEN, RED]),
        (4, [BLUE, GREY, RED, GREEN]),
        (5, [RED, BLUE, GREEN, GREY]),
        (6, [BLUE, RED, GREY, GREEN]),
        (7, [GREY, GREEN, BLUE, RED]),
        (8, [GREEN, GREY, RED, BLUE]),
    ],
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("strip", [1 << 20, 100])
def test_exif_orientation(monkeypatch, format, orientation, expected, strip):
    monkeypatch.setattr("emovere.sources.pixels.STRIP_PIXELS", strip)
    exif = Image.Exif()
    exif[0x0112] = orientation
    frame = only(encoded(quadrants(), format, exif=exif, **STILLS[format]))
    assert frame.size == ((40, 24) if orientation >= 5 else (24, 40))
    np.testing.assert_allclose(corners(frame.image), expected, atol=4)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_corrupt_exif_is_ignored(exif, format):
    frame = only(encoded(quadrants(), format, exif=exif, **STILLS[format]))
    np.testing.assert_allclose(corners(frame.image), [RED, GREEN, BLUE, GREY], atol=4)


@pytest.mark.parametrize("value", [0, 9, 200])
def test_an_orientation_that_does_not_exist_is_ignored(value):
    exif = Image.Exif()
    exif[0x0112] = value
    assert only(encoded(quadrants(), "PNG", exif=exif)).size == (24, 40)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "BMP", "GIF"])
def test_grey(format):
    ramp = np.repeat(np.arange(0, 256, 8, dtype=np.uint8)[None], 16, axis=0)
    frame = only(encoded(ramp, format))
    np.testing.assert_allclose(frame.image, np.repeat(ramp[..., None], 3, axis=2), atol=2)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "PPM"])
def test_one_bit(format):
    checks = np.indices((9, 13)).sum(axis=0) % 2 == 0
    frame = only(encoded(checks, format))
    np.testing.assert_array_equal(frame.image, np.repeat(np.where(checks, 255, 0)[..., None], 3, axis=2))


@pytest.mark.parametrize("format", ["PNG", "GIF", "TIFF", "BMP"])
def test_palette(format):
    frame = only(encoded(Image.fromarray(quadrants()).quantize(8), format))
    np.testing.assert_array_equal(corners(frame.image), [RED, GREEN, BLUE, GREY])


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_transparent_palette_entry_becomes_white(format):
    picture = Image.fromarray(quadrants()).quantize(8)
    frame = only(encoded(picture, format, transparency=picture.getpixel((0, 0))))
    np.testing.assert_array_equal(corners(frame.image), [(255, 255, 255), GREEN, BLUE, GREY])


def test_palette_with_an_alpha_for_each_entry():
    picture = Image.fromarray(quadrants()).quantize(8)
    alphas = bytes(128 if k == picture.getpixel((0, 0)) else 255 for k in range(256))
    frame = only(encoded(picture, "PNG", transparency=alphas))
    np.testing.assert_allclose(corners(frame.image), [(255, 127, 127), GREEN, BLUE, GREY], atol=1)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_png_with_one_transparent_colour(mode):
    picture = Image.fromarray(quadrants()).convert(mode)
    frame = only(encoded(picture, "PNG", transparency=picture.getpixel((0, 0))))
    assert corners(frame.image)[0].tolist() == [255, 255, 255]
    assert corners(frame.image)[3].tolist() == list(GREY)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_is_laid_over_white(format, mode):
    values = np.full((8, 256, 4), 40, np.uint8)
    values[..., 3] = np.arange(256)
    picture = Image.fromarray(values).convert(mode)
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    frame = only(encoded(picture, format, **options))
    alpha = np.arange(256) / 255
    expected = 40 * alpha + 255 * (1 - alpha)
    np.testing.assert_allclose(frame.image[3], np.repeat(expected[:, None], 3, axis=1), atol=1)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
def test_cmyk(format):
    picture = Image.fromarray(quadrants()).convert("CMYK")
    options = {"quality": 98, "subsampling": 0} if format == "JPEG" else {}
    np.testing.assert_allclose(
        corners(only(encoded(picture, format, **options)).image), [RED, GREEN, BLUE, GREY], atol=6
    )


@pytest.mark.parametrize("strip", [1 << 20, 70])
@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
def test_sixteen_bit_grey_keeps_its_range(monkeypatch, format, strip):
    monkeypatch.setattr("emovere.sources.pixels.STRIP_PIXELS", strip)
    ramp = np.repeat(np.linspace(0, 65535, 64).astype(np.uint16)[None], 4, axis=0)
    expected = np.round(ramp.astype(float) / 257)[..., None]
    np.testing.assert_allclose(only(encoded(ramp, format)).image, np.repeat(expected, 3, axis=2), atol=1)


def test_a_dark_sixteen_bit_picture_stays_dark():
    assert only(encoded(np.full((5, 5), 257 * 3, np.uint16), "PNG")).image.max() == 3


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[0.0, 100.0, 255.0]], np.float32), [0, 100, 255]),
        (np.array([[0.0, 257.0, 65535.0]], np.float32), [0, 1, 255]),
        (np.array([[-5.0, 0.0, 5.0]], np.float32), [0, 128, 255]),
        (np.array([[np.nan, 0.2, np.inf, -np.inf]], np.float32), [0, 51, 255, 0]),
        (np.array([[np.nan, np.nan]], np.float32), [0, 0]),
        (np.array([[-7.0, -7.0]], np.float32), [0, 0]),
        (np.array([[0, 100, 255]], np.int32), [0, 100, 255]),
        (np.array([[0, 257, 65535]], np.int32), [0, 1, 255]),
        (np.array([[-(2**30), 0, 2**30]], np.int32), [0, 128, 255]),
    ],
    ids=str,
)
def test_floats_and_long_integers_by_the_range_that_holds_them(values, expected):
    assert only(encoded(values, "TIFF")).image[0, :, 0].tolist() == expected


def test_lab_tiff_becomes_rgb():
    frame = only(encoded(Image.new("LAB", (4, 4), (255, 128, 128)), "TIFF"))
    np.testing.assert_allclose(frame.image, 255, atol=3)


@pytest.mark.parametrize("format", ANIMATIONS)
def test_an_animation_gives_its_frames_and_their_times(format):
    pages = [Image.new("RGB", (12, 9), colour) for colour in (RED, GREEN, BLUE)]
    data = encoded(
        pages[0], format, save_all=True, append_images=pages[1:], duration=[100, 250, 400], **ANIMATIONS[format]
    )
    frames = list(read_photo(data, name="dance"))
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.35])
    assert [frame.image[4, 4].tolist() for frame in frames] == [list(RED), list(GREEN), list(BLUE)]
    assert {frame.source for frame in frames} == {"dance"}


@pytest.mark.parametrize("compression", ["raw", "tiff_deflate"])
def test_the_pages_of_a_tiff_have_no_time_and_sizes_of_their_own(compression):
    pages = [Image.new("RGB", (12, 9), RED), Image.new("L", (5, 30), 77), Image.new("RGBA", (7, 7), (0, 0, 255, 0))]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression=compression)
    frames = list(read_photo(data))
    assert [(f.index, f.time_s, f.size) for f in frames] == [(0, None, (9, 12)), (1, None, (30, 5)), (2, None, (7, 7))]
    assert [f.image[0, 0].tolist() for f in frames] == [list(RED), [77] * 3, [255] * 3]


def test_pages_are_decoded_as_they_are_asked_for(monkeypatch):
    pages = [Image.new("RGB", (6, 6), (k, 0, 0)) for k in range(0, 200, 10)]
    data = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    decoded = []
    load = Image.Image.load
    monkeypatch.setattr(Image.Image, "load", lambda self: (decoded.append(getattr(self, "tell", int)()), load(self))[1])
    frames = read_photo(data)
    next(frames)
    assert max(decoded) <= 1
    assert len(list(frames)) == 19


def test_the_preview_behind_a_jpeg_is_no_page():
    photo, preview = Image.fromarray(quadrants()), Image.new("RGB", (10, 10), BLUE)
    data = encoded(photo, "MPO", save_all=True, append_images=[preview])
    assert only(data).size == (24, 40)


def test_one_pixel():
    np.testing.assert_array_equal(only(encoded(Image.new("RGB", (1, 1), BLUE), "PNG")).image, [[BLUE]])


def test_real_photo(shared):
    path = shared("photos/one_smiling.jpg")
    with Image.open(path) as reference:
        expected = np.array(reference.convert("RGB"))
    np.testing.assert_array_equal(only(path).image, expected)


def test_real_animation(shared):
    frames = list(read_photo(shared("videos/one_smiling.gif")))
    assert len(frames) == 62
    assert all(a.time_s < b.time_s for a, b in itertools.pairwise(frames))
    assert {frame.size for frame in frames} == {(270, 480)}


def test_standard_input(monkeypatch):
    data = encoded(quadrants(), "PNG")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert only("-").source == "-"
    with pytest.raises(UnreadableImage, match=r"standard input: is empty .* only once"):
        next(read_photo("-"))


def test_standard_input_is_bounded(monkeypatch):
    monkeypatch.setattr("emovere.sources.photo.MAX_BYTES", 100)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(encoded(quadrants(), "PNG", pnginfo=None))))
    with pytest.raises(UnreadableImage, match="expected one picture"):
        next(read_photo("-"))


def test_no_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UnreadableImage, match="standard input"):
        next(read_photo("-"))


def test_our_limit_rules_and_not_that_of_pillow(monkeypatch):
    data = encoded(quadrants(), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert only(data).size == (24, 40)
    with pytest.raises(UnreadableImage, match=r"40 x 24 pixels; expected at most 959"):
        next(read_photo(data, PhotoOptions(max_pixels=959)))
    assert only(data, options=PhotoOptions(max_pixels=960)).size == (24, 40)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_many_threads_read_quietly_and_leave_the_filters_alone():
    odd = encoded(quadrants(), "PNG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff")
    before, problems = list(warnings.filters), []

    def work():
        try:
            for _ in range(20):
                only(odd)
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert list(warnings.filters) == before


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 3, 3), (1, 2, 3), np.uint8), (1, 2, 3)),
        (np.full((2, 3), 9, np.uint8), (9, 9, 9)),
        (np.full((2, 3, 4), (10, 20, 30, 255), np.uint8), (10, 20, 30)),
        (np.full((2, 3, 4), (10, 20, 30, 0), np.uint8), (255, 255, 255)),
        (np.full((4, 6, 3), (1, 2, 3), np.uint8)[::2, ::-2, ::-1], (3, 2, 1)),
    ],
    ids=["rgb", "grey", "rgba", "transparent", "a view"],
)
def test_arrays_become_frames(array, expected):
    frame = frame_of(array)
    assert frame.image.flags.c_contiguous
    np.testing.assert_array_equal(frame.image, np.full((2, 3, 3), expected))


def test_a_good_array_is_not_copied():
    array = np.zeros((4, 4, 3), np.uint8)
    assert np.shares_memory(frame_of(array).image, array)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((4, 4, 3), np.int64),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)
def test_other_arrays_are_refused_with_the_shapes_that_are_taken(array):
    with pytest.raises(ShapeError, match=r"\(H, W, 3\) uint8 RGB.*OpenCV.*BGR") as caught:
        frame_of(array)
    assert "\n" not in str(caught.value)


def test_what_is_no_array_is_refused():
    with pytest.raises(ShapeError, match="expected a numpy array; got list"):
        frame_of([[1, 2], [3, 4]])
