"""Every bad file is one UnreadableImage with a message of one line, never anything else, never a warning."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from emovere.config import PhotoOptions
from emovere.errors import UnreadableImage
from emovere.sources.photo import read_photo

SMALL = PhotoOptions(max_pixels=1_000_000)


def encoded(image, format, **options):
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def noise(width=48, height=40, seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8))


def animation(format, **options):
    return encoded(noise(), format, save_all=True, append_images=[noise(seed=1), noise(seed=2)], **options)


VALID = {
    "jpeg": encoded(noise(), "JPEG"),
    "progressive jpeg": encoded(noise(), "JPEG", progressive=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"),
    "png": encoded(noise(), "PNG"),
    "palette png": encoded(noise().quantize(16), "PNG", transparency=3),
    "gif": encoded(noise(), "GIF"),
    "webp": encoded(noise(), "WEBP"),
    "bmp": encoded(noise(), "BMP"),
    "tiff": encoded(noise(), "TIFF"),
    "packed tiff": encoded(noise(), "TIFF", compression="tiff_lzw"),
    "ppm": encoded(noise(), "PPM"),
    "animated gif": animation("GIF", duration=50),
    "animated png": animation("PNG", duration=50),
    "animated webp": animation("WEBP", duration=50, lossless=True),
    "tiff pages": animation("TIFF"),
}


def refusal(source, options=None):
    """The message, after checking that nothing came before it."""
    with pytest.raises(UnreadableImage) as caught:
        list(read_photo(source, options))
    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    return message


def frames_or_refusal(data):
    """Read all, and return how many frames came and whether the end was a refusal."""
    count = 0
    try:
        for frame in read_photo(data, SMALL):
            assert frame.image.dtype == np.uint8
            assert frame.image.flags.c_contiguous
            count += 1
    except UnreadableImage as error:
        return count, str(error).isprintable() or pytest.fail(f"more than one line: {error}")
    return count, False


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes(data):
    assert frames_or_refusal(data) == (0, True)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from([data[:8] for data in VALID.values()] + [VALID["webp"][:16]]), st.binary(max_size=200))
def test_a_true_beginning_and_then_nonsense(beginning, rest):
    frames_or_refusal(beginning + rest)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(VALID)), st.floats(0, 1))
def test_cut_anywhere(kind, share):
    data = VALID[kind]
    count, refused = frames_or_refusal(data[: int(len(data) * share)])
    assert count or refused
    if share < 0.9 and "pages" not in kind:
        assert refused


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(VALID)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 7)), min_size=1, max_size=12))
def test_flipped_bits(kind, flips):
    data = bytearray(VALID[kind])
    for share, bit in flips:
        data[int(share * (len(data) - 1))] ^= 1 << bit
    count, refused = frames_or_refusal(bytes(data))
    assert count or refused


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(VALID)), st.integers(0, 120), st.binary(min_size=1, max_size=8))
def test_nonsense_in_the_header(kind, position, nonsense):
    data = bytearray(VALID[kind])
    data[position : position + len(nonsense)] = nonsense
    count, refused = frames_or_refusal(bytes(data))
    assert count or refused


@pytest.mark.parametrize("kind", [kind for kind in VALID if "animated" not in kind and "pages" not in kind])
def test_half_a_file_is_called_truncated_and_no_stranger(kind):
    data = VALID[kind]
    message = refusal(data[: len(data) // 2])
    assert "truncated" in message
    assert f"after {len(data) // 2:,} bytes" in message
    assert "copy it again" in message


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty (0 bytes)"),
        (b"\x00" * 100, "is no picture; expected JPEG, PNG"),
        (bytes(range(7, 200)), "is no picture; expected JPEG, PNG"),
        (b"Dear diary,\nno picture today.\n" * 9, "is text"),
        (b"<!DOCTYPE html><html><body>404 not found</body></html>", "is text"),
        (b"%PDF-1.7\n\xe2\xe3", "PDF"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\1" * 99, "HEIC"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + b"\1" * 99, "is a video"),
        (b"BMW builds cars", "is text"),
    ],
)
def test_what_is_no_picture_is_told_apart_from_a_truncated_one(tmp_path, data, words):
    path = tmp_path / "called.jpg"
    path.write_bytes(data)
    message = refusal(path)
    assert message.startswith(str(path))
    assert words in message
    assert "truncated" not in message


@pytest.mark.parametrize("format", ["GIF", "PNG"])
def test_a_truncated_animation_gives_what_is_there_and_names_the_page(format):
    data = animation(format, duration=50)
    frames = read_photo(data[: len(data) // 2])
    assert next(frames).time_s == 0
    with pytest.raises(UnreadableImage, match=r"page 2: .*truncated"):
        next(frames)


@pytest.mark.parametrize(("kind", "mark"), [("animated gif", b"\x21\xf9\x04"), ("animated png", b"fcTL")])
def test_an_animation_cut_between_two_frames_is_still_noticed(kind, mark):
    whole = VALID[kind]
    third = 0
    for _ in range(3):
        third = whole.index(mark, third + 1)
    assert frames_or_refusal(whole[: third - (4 if kind.endswith("png") else 0)]) == (2, True)


def test_a_damaged_page_of_an_animation_leaves_the_pages_before_it():
    data = bytearray(VALID["animated webp"])
    second = data.index(b"ANMF", data.index(b"ANMF") + 4)
    data[second + 40 : second + 400] = bytes(360)
    frames = read_photo(bytes(data))
    assert next(frames).index == 0
    with pytest.raises(UnreadableImage, match="page 2"):
        next(frames)


def test_a_gif_without_its_end_mark_is_read():
    assert frames_or_refusal(VALID["gif"].removesuffix(b";")) == (1, False)


def apng_claiming(frames):
    data = bytearray(VALID["animated png"])
    start = data.index(b"acTL")
    data[start + 4 : start + 8] = struct.pack(">I", frames)
    data[start + 12 : start + 16] = struct.pack(">I", zlib.crc32(data[start : start + 12]))
    return bytes(data)


def test_fewer_frames_than_the_header_states_are_noticed():
    assert frames_or_refusal(apng_claiming(3)) == (3, False)
    assert frames_or_refusal(apng_claiming(5)) == (3, True)


@pytest.mark.parametrize(
    "data",
    [
        encoded(noise(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"),
        encoded(noise(), "PNG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x1a\0\x05\0\0\0\x01\0\0\xff\xff\0\0\0\0"),
        apng_claiming(0),
    ],
    ids=["no end to the exif", "exif that points nowhere", "apng"],
)
def test_pictures_that_pillow_warns_of_are_read_without_a_word(data):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        with Image.open(io.BytesIO(data)) as reference:
            reference.getexif()
        assert said, "Pillow no longer warns of this file: find another"
        said.clear()
        assert frames_or_refusal(data) == (1, False)
    assert not said


def png_claiming(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def bmp_claiming(width, height):
    return b"BM" + struct.pack("<IIIIiiHHIIiiII", 154, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(100)


def gif_claiming(width, height):
    return (
        b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0," + struct.pack("<HHHH", 0, 0, width, height) + b"\0\2"
    )


@pytest.mark.parametrize(
    "data",
    [
        png_claiming(40_000, 36_000),
        png_claiming(2**31 - 1, 2**31 - 1),
        bmp_claiming(40_000, 36_000),
        gif_claiming(65_535, 65_535),
        b"P6 40000 36000 255\n" + bytes(100),
    ],
    ids=["png", "png of the largest size", "bmp", "gif", "ppm"],
)
def test_a_header_that_claims_gigabytes_is_refused_before_decoding(monkeypatch, data):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("was decoded"))
    message = refusal(data)
    assert "pixels" in message
    assert f"at most {PhotoOptions().max_pixels:,}" in message


def test_a_later_page_that_is_too_large_is_refused_by_its_number():
    pages = [Image.new("L", (10, 10)), Image.new("L", (2000, 1000))]
    frames = read_photo(encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:]), SMALL)
    assert next(frames).size == (10, 10)
    with pytest.raises(UnreadableImage, match=r"page 2: 2000 x 1000 pixels; expected at most 1,000,000"):
        next(frames)


def test_a_text_chunk_that_unpacks_to_gigabytes_is_refused():
    bomb = b"zTXt" + b"k\0\0" + zlib.compress(bytes(20_000_000), 9)
    chunk = struct.pack(">I", len(bomb) - 4) + bomb + struct.pack(">I", zlib.crc32(bomb))
    data = VALID["png"]
    assert "PNG file is damaged" in refusal(data[:33] + chunk + data[33:])


def test_a_folder(tmp_path):
    assert "is a folder" in refusal(tmp_path)


def test_a_file_that_is_gone(tmp_path):
    path = tmp_path / "gone.jpg"
    path.write_bytes(VALID["jpeg"])
    frames = read_photo(path)
    path.unlink()
    with pytest.raises(UnreadableImage, match=r"gone.jpg: no such file"):
        next(frames)


def test_no_permission(tmp_path, monkeypatch):
    # The file's mode would not stop a superuser.
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / "locked.jpg"
    path.write_bytes(VALID["jpeg"])
    monkeypatch.setattr(Path, "open", refuse)
    assert "no permission" in refusal(path)


def test_a_disk_that_fails_is_not_called_a_damaged_file(tmp_path, monkeypatch):
    class Failing(io.BytesIO):
        reads = 0

        def read(self, *size):
            self.reads += 1
            if self.reads > 3:
                raise OSError(5, "Input/output error")
            return super().read(*size)

    monkeypatch.setattr(Path, "open", lambda *_: Failing(VALID["jpeg"]))
    assert refusal(tmp_path / "a.jpg").endswith("cannot be read: Input/output error")


@pytest.mark.parametrize("name", ["a\nb.jpg", "a\0b.jpg", "x" * 5000, "tab\t.jpg", "\udcff.jpg", "\u202eevil.jpg"])
def test_odd_names_make_messages_of_one_line(tmp_path, name):
    refusal(tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_bytes(sys.stdin.buffer.read())"
    with subprocess.Popen([sys.executable, "-c", script, str(pipe)], stdin=subprocess.PIPE) as writer:
        writer.stdin.write(VALID["png"])
        writer.stdin.close()
        (frame,) = read_photo(pipe)
    assert frame.size == (40, 48)


MEMORY = """
import pathlib, resource, sys
from emovere.sources.photo import read_photo
frames = read_photo(sys.argv[1])
frame = next(frames)
statm = pathlib.Path("/proc/self/statm")
held = int(statm.read_text().split()[1]) * resource.getpagesize() if statm.exists() else 0
assert held < 450_000_000, f"{held} bytes are held beside the frame's own 324 million"
assert not list(frames)
assert frame.size == (12000, 9000), frame.size
assert abs(int(frame.image[100, 8900, 0]) - 200) < 4 and abs(int(frame.image[11900, 100, 2]) - 200) < 4
status = pathlib.Path("/proc/self/status")
if status.exists():  # ru_maxrss would count what the parent held when it started this process
    peak = next(int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM")) * 1024
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(peak)
"""


def test_a_photo_of_108_megapixels_takes_less_than_a_gigabyte(tmp_path):
    pytest.importorskip("resource", reason="peak memory cannot be measured on this platform")
    path = tmp_path / "large.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    small = Image.new("RGB", (12, 9), (200, 10, 10))
    small.paste((10, 10, 200), (6, 0, 12, 9))
    small.resize((12_000, 9_000), Image.Resampling.NEAREST).save(path, quality=80, exif=exif)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", MEMORY, str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert int(done.stdout) < 1_000_000_000
