"""What following faces in videos costs, how true the boxes stay, and what smoothing does.

    python benchmarks/video.py [--frames 900] [--repeats 5]
    python benchmarks/video.py --memory MINUTES

Everything runs on one core, with one thread for each library, and times are processor time, which on an idle machine is
what the clock shows. Clips are made from the real ones in ``videos`` of
EMOVERE_SHARED, else of ../shared: scaled, looped and encoded as H.264 with 30 frames a second. Decoding alone is
measured in the same run, in turns, so that a busy machine slows both alike.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from emovere.config import DetectOptions, EngineOptions, Options, TrackOptions
from emovere.following import Follower, follow
from emovere.geometry import iou_matrix
from emovere.pipeline import Analyzer
from emovere.types import Frame, UInt8

SHARED = Path(os.environ.get("EMOVERE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
CLIPS = ("signing_sorry", "signing_thanks", "signing_again", "signing_help")
RATE = 30


def pictures(name: str) -> list[UInt8]:
    with av.open(str(SHARED / "videos" / f"{name}.mkv")) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def there_and_back(frames: list[UInt8]) -> Iterator[UInt8]:
    """Without a jump at the seam, for ever."""
    return itertools.cycle(frames + frames[-2:0:-1])


def make(path: Path, frames: Iterable[UInt8], count: int) -> Path:
    frames = iter(frames)
    first = next(frames)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", RATE, {"crf": "23", "preset": "medium"})
        stream.width, stream.height, stream.pix_fmt = first.shape[1], first.shape[0], "yuv420p"
        stream.time_base = Fraction(1, RATE)
        for picture in itertools.islice(itertools.chain([first], frames), count):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def resized(frames: list[UInt8], width: int, height: int) -> list[UInt8]:
    return [np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA)) for frame in frames]


def four_at_once() -> Iterator[UInt8]:
    """Four clips side by side and under each other, 1280 x 720."""
    parts = [there_and_back(resized([frame[:360] for frame in pictures(name)], 640, 360)) for name in CLIPS]
    for a, b, c, d in zip(*parts, strict=False):
        yield np.vstack([np.hstack([a, b]), np.hstack([c, d])])


def decode(path: Path) -> float:
    started = time.process_time()
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "NONE"
        for _ in container.decode(video=0):
            pass
    return time.process_time() - started


def analyse(analyzer: Analyzer, path: Path) -> float:
    started = time.process_time()
    for _ in analyzer.stream([str(path)]):
        pass
    return time.process_time() - started


def speed(analyzer: Analyzer, folder: Path, count: int, repeats: int) -> None:
    print(f"{'clip':34s} {'decode':>9s} {'analyze':>9s} {'ratio':>6s} {'frames/s':>9s}")
    clips = {
        "596 x 336, one face": make(
            folder / "one.mp4", there_and_back(resized(pictures("signing_sorry"), 596, 336)), count
        ),
        "1280 x 720, four faces": make(folder / "four.mp4", four_at_once(), count),
    }
    for name, path in clips.items():
        times = [(decode(path), analyse(analyzer, path)) for _ in range(repeats)]
        alone, whole = (1000 * statistics.median(column) / count for column in zip(*times, strict=True))
        ratio = statistics.median(b / a for a, b in times)
        print(f"{name:34s} {alone:6.2f} ms {whole:6.2f} ms {ratio:6.1f} {1000 / whole:9.0f}")


def boxes(analyzer: Analyzer) -> None:
    """Boxes as followed against a detection of every whole frame."""
    print("\nboxes against a look at every whole frame")
    print(f"{'clip':18s} {'found':>7s} {'more':>5s} {'IoU mean':>9s} {'worst 5 %':>9s}")
    for name in CLIPS:
        frames = [Frame(image, i, i / RATE, name) for i, image in enumerate(pictures(name))]
        follower = Follower(analyzer.detector, analyzer.classifier, analyzer.options.track)
        overlaps, wanted, more = [], 0, 0
        for look in follow(follower, frames, analyzer.options.track.step):
            whole = analyzer.detector.detect([look.frame])[0]
            sure = whole.boxes[whole.scores >= analyzer.options.track.confirm]
            wanted += len(sure)
            followed = look.result.faces.boxes
            best = iou_matrix(sure, followed).max(axis=1) if len(sure) and len(followed) else np.zeros(0)
            overlaps += best[best > 0.3].tolist()
            more += len(followed) - int((best > 0.3).sum())
        found = f"{len(overlaps) / wanted:7.1%}"
        print(f"{name:18s} {found} {more:5d} {np.mean(overlaps):9.3f} {np.quantile(overlaps, 0.05):9.3f}")


def live(analyzer: Analyzer) -> None:
    """From frame to result, one frame at a time, 640 x 480."""
    delays = []
    for name in CLIPS:
        follower = Follower(analyzer.detector, analyzer.classifier, analyzer.options.track)
        for i, image in enumerate(pictures(name)):
            frame = Frame(image, i, i / RATE, name)
            started = time.process_time()
            follower.look(frame)
            delays.append(1000 * (time.process_time() - started))
    middle, late = statistics.median(delays), float(np.quantile(delays, 0.95))
    print(f"\nlive, 640 x 480, {len(delays)} frames: median {middle:.1f} ms, 95 % under {late:.1f} ms")


def flicker(analyzer: Analyzer) -> None:
    """Changes of the likeliest label, with and without smoothing, and the delay that smoothing adds."""
    print("\nchanges of the label a minute (every frame looked at)")
    print(f"{'clip':18s} {'plain':>7s} {'smooth':>7s}")
    for name in CLIPS:
        changes = []
        for seconds in (0.0, TrackOptions().smooth):
            follower = Follower(analyzer.detector, analyzer.classifier, TrackOptions(smooth=seconds))
            frames = [Frame(image, i, i / RATE, name) for i, image in enumerate(pictures(name))]
            labels = [look.result.expressions.emotions[0] for look in follow(follower, frames, 0.0) if look.result]
            changes.append(60 * RATE / len(labels) * sum(a != b for a, b in itertools.pairwise(labels)))
        print(f"{name:18s} {changes[0]:7.0f} {changes[1]:7.0f}")
    constant = TrackOptions().smooth
    half, most = constant * np.log(2), constant * np.log(10)
    print(f"a sudden change is followed to half after {half:.2f} s, to 90 % after {most:.2f} s")


def memory(analyzer: Analyzer, folder: Path, minutes: int) -> None:
    path = make(folder / "one.mp4", there_and_back(resized(pictures("signing_sorry"), 596, 336)), 60 * RATE)
    sources = itertools.repeat(str(path), minutes)
    first = 0.0
    for minute, source in enumerate(sources, 1):
        for _ in analyzer.stream([source]):
            pass
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        first = first or peak
        print(f"minute {minute}: peak {peak:.0f} MB, {peak - first:+.0f} MB since the first", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--model", default="light")
    parser.add_argument("--memory", type=int, metavar="MINUTES", default=0)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    options = Options(detect=DetectOptions(name="yunet"), engine=EngineOptions(threads=1))
    analyzer = Analyzer(options)
    with tempfile.TemporaryDirectory() as name:
        if chosen.memory:
            memory(analyzer, Path(name), chosen.memory)
            return
        speed(analyzer, Path(name), chosen.frames, chosen.repeats)
        boxes(analyzer)
        live(analyzer)
        flicker(analyzer)


if __name__ == "__main__":
    main()
