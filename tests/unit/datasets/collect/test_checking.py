"""Whether bytes are a picture."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from tests.pictures_server import a_zip, jpeg, png_of_size

from emovere.datasets.collect.checking import check_picture, look_at_beginning
from emovere.datasets.collect.options import FetchOptions
from emovere.datasets.collect.verdicts import Refused


def picture(kind, size=(80, 60), **more):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file, kind, **more)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "suffix"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("BMP", "bmp")]
)
def test_five_formats_are_taken(kind, suffix):
    checked = check_picture(picture(kind), FetchOptions())
    assert (checked.suffix, checked.width, checked.height) == (suffix, 80, 60)


def test_the_size_is_that_of_the_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    checked = check_picture(picture("JPEG", exif=exif), FetchOptions())
    assert (checked.width, checked.height) == (60, 80)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (a_zip(), "no picture: is a zip archive"),
        (b"", "no picture: is empty"),
        (b"<html></html>", "no picture: is text"),
        (b"\x7fELF" + bytes(200), "no picture"),
        (b"%PDF-1.7", "no picture: is a PDF document"),
        (picture("TIFF"), "format: is TIFF; expected JPEG, PNG, WebP, GIF, BMP"),
        (png_of_size(50_000, 50_000), "too many pixels: 50,000 x 50,000; expected at most 50,000,000 altogether"),
        (png_of_size(2**31 - 1, 2**31 - 1), "too many pixels"),
        (png_of_size(0, 100), "too small|damaged"),
        (picture("JPEG", (47, 200)), "too small: 47 x 200; expected at least 48 each way"),
        (picture("JPEG")[:-300], "damaged: the file is truncated"),
        (picture("PNG")[:200], "damaged"),
        (jpeg(1)[:20], "damaged: the JPEG header cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(300), "damaged"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(300), "damaged"),
    ],
)
def test_everything_else_is_refused_with_its_reason(data, message):
    with pytest.raises(Refused, match=message):
        check_picture(data, FetchOptions())


def test_a_huge_picture_is_refused_before_it_takes_memory():
    tracemalloc.start()
    with pytest.raises(Refused, match="too many pixels"):
        check_picture(png_of_size(50_000, 50_000), FetchOptions())
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_a_jpeg_of_endless_scans_is_refused_before_it_takes_hours():
    data = picture("JPEG", (800, 800), progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    assert check_picture(data[:-2] + last[:100] * 5 + b"\xff\xd9", FetchOptions()).width == 800
    with pytest.raises(Refused, match="damaged: asks to be decoded in thousands of scans"):
        check_picture(data[:-2] + last[:100] * 9000 + b"\xff\xd9", FetchOptions())


def test_limits_are_options():
    with pytest.raises(Refused, match="at most 4,000 altogether"):
        check_picture(picture("PNG"), FetchOptions(max_pixels=4000))
    with pytest.raises(Refused, match="at least 61 each way"):
        check_picture(picture("PNG"), FetchOptions(min_side=61))


def test_the_beginning_is_enough_to_refuse():
    assert look_at_beginning(jpeg(1)[:64]).name == "JPEG"
    with pytest.raises(Refused):
        look_at_beginning(a_zip()[:64])


def test_rubbish_behind_a_good_beginning_never_raises_anything_else(rng):
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        data = bytearray(picture(kind))
        for _ in range(40):
            spoiled = bytearray(data)
            at = rng.integers(4, len(data), 8)
            spoiled[:] = data
            for place in at:
                spoiled[place] = rng.integers(256)
            assert verdict(bytes(spoiled)).isprintable()


def verdict(data):
    try:
        return check_picture(data, FetchOptions()).suffix
    except Refused as refused:
        return str(refused)
