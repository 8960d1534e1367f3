"""The true relation of sound and picture survives decoding, whatever the container, codec, rate or start times."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np
import pytest

from lipgate.core import media
from lipgate.core.errors import InputError
from lipgate.core.media import Clip, Sound

pytest.importorskip("skimage", reason="puppet videos are made of a photograph in scikit-image")

from tests.core.test_memory import peak_mb
from tests.processes import ffmpegs
from training.puppet import Puppet
from training.puppet.measure import darkness, find_mouth, lag

MakePuppet = Callable[..., Path]

SMALL = {"size": (320, 180), "face_px": 90, "start": 6.0}
UPRIGHT = {"size": (180, 320), "face_px": 90, "start": 6.0}


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


def all_sound(clip: Clip) -> np.ndarray:
    with Sound(clip) as sound:
        return sound.window(0, 10**6)


@pytest.mark.parametrize(
    ("suffix", "fields"),
    [
        (".mp4", {"offset_frames": -12}),
        (".mp4", {"offset_frames": 5}),
        (".mp4", {"offset_frames": 2.5, "fps": 30}),
        (".mp4", {"fps": Fraction(30000, 1001), "offset_frames": -3}),
        (".mp4", {"fps": "vfr", "offset_frames": -2}),
        (".mkv", {"fps": 24, "offset_frames": 4}),
        (".mkv", {"fps": 15}),
        (".mov", {"fps": 50, "offset_frames": 9}),
        (".mov", {"audio_codec": "pcm_s16le", "audio_rate": 44_100}),
        (".avi", {"fps": 15, "offset_frames": -5}),
        (".avi", {"offset_frames": 7}),
        (".webm", {"video_codec": "libvpx", "offset_frames": 3}),
        (".webm", {"offset_frames": -7}),
        (".ts", {"offset_frames": -6}),
        (".ts", {"fps": 50, "offset_frames": 3}),
        (".mp4", {"video_start": 0.6, "offset_frames": -4}),
        (".mp4", {"audio_start": 0.35, "offset_frames": 2}),
        (".mkv", {"video_start": 0.2}),
        (".webm", {"audio_start": 0.5}),
        (".webm", {"video_codec": "libvpx", "video_start": 0.5, "offset_frames": -3}),
        (".ts", {"audio_start": 0.35, "offset_frames": -6}),
        (".ts", {"video_start": 0.5, "offset_frames": 4}),
        (".mp4", {"trim": 0.72, "offset_frames": 6}),
        (".mov", {"trim": 1.0, "audio_codec": "pcm_s16le"}),
        (".mkv", {"audio_gap": (1.5, 2.0), "offset_frames": -5}),
        (".ts", {"audio_gap": (1.5, 2.0)}),
    ],
    ids=str,
)
def test_sound_is_as_late_as_in_the_file(puppet: MakePuppet, weights_dir: Path, suffix: str, fields: dict) -> None:
    spec = Puppet(**SMALL, **fields)
    clip = media.probe(puppet(spec, suffix))
    pictures = np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in media.frames(clip)])
    read = lag(darkness(pictures, *find_mouth(pictures[10], weights_dir / "yunet.onnx")), all_sound(clip))
    assert read.seconds == pytest.approx(-0.04 * spec.offset_frames, abs=0.025)
    assert read.likeness > (0.6 if spec.audio_gap else 0.8)
    assert len(pictures) == pytest.approx(25 * (spec.seconds - spec.trim), abs=2)


@pytest.mark.parametrize("early_ms", [10, 21, 30, 64])
def test_sound_that_begins_between_two_pictures_is_in_time_to_a_few_milliseconds(
    puppet: MakePuppet, weights_dir: Path, tmp_path: Path, early_ms: int
) -> None:
    """As in a transport stream, whose zero is where the sound begins. Pictures are taken every 40 ms from the first one on."""
    clip, moved = puppet(**SMALL), tmp_path / "moved.mkv"
    later = f"setts=pts=PTS+{early_ms / 1000}/TB:dts=DTS+{early_ms / 1000}/TB"
    ffmpeg("-i", clip, "-c:v", "copy", "-bsf:v", later, "-af", f"adelay={early_ms}", "-c:a", "pcm_s16le", moved)

    def late(path: Path) -> float:
        seen = media.probe(path)
        pictures = np.stack([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in media.frames(seen)])
        return lag(darkness(pictures, *find_mouth(pictures[10], weights_dir / "yunet.onnx")), all_sound(seen)).seconds

    assert late(moved) == pytest.approx(late(clip), abs=0.004)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_pictures_are_upright_and_of_the_promised_size(puppet: MakePuppet, weights_dir: Path, suffix: str, rotation: int) -> None:
    clip = media.probe(puppet(suffix=suffix, rotation=rotation, seconds=0.6, **UPRIGHT))
    assert (clip.width, clip.height, clip.decoded_size) == (180, 320, (180, 320))
    frame = next(media.frames(clip))
    assert (frame.shape, frame.dtype) == ((320, 180, 3), np.uint8)
    (x, y), _ = find_mouth(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), weights_dir / "yunet.onnx")
    assert (x, y) == (pytest.approx(90, abs=20), pytest.approx(110, abs=25))


@pytest.mark.parametrize(
    ("size", "aspect", "seen", "decoded"),
    [
        ("321x241", "1", (321, 241), (321, 241)),
        ("2x2", "1", (2, 2), (2, 2)),
        ("180x144", "16/15", (192, 144), (192, 144)),
        ("3840x2160", "1", (3840, 2160), (1920, 1080)),
        ("2160x3840", "1", (2160, 3840), (1080, 1920)),
        ("64x48", "4000", (64, 48), (64, 48)),
    ],
)
def test_size_is_that_of_square_pixels_and_bounded(tmp_path: Path, size: str, aspect: str, seen: tuple, decoded: tuple) -> None:
    path = tmp_path / "grey.mkv"
    ffmpeg("-f", "lavfi", "-i", f"color=gray:s={size}:r=25:d=0.12", "-vf", f"setsar={aspect}", "-c:v", "ffv1", path)
    clip = media.probe(path)
    assert ((clip.width, clip.height), clip.decoded_size) == (seen, decoded)
    assert [frame.shape for frame in media.frames(clip)] == [(decoded[1], decoded[0], 3)] * 3


def blinking(path: Path, size: str, rate: int, channels: int, *, begin: int = 0, pixels: str = "yuv420p") -> Path:
    """Four seconds, dark and quiet, then bright and loud, second by second."""
    light = f"color=black:s={size}:r=25:d=4,geq=lum='20+200*mod(floor(T),2)':cb=128:cr=128"
    beep = f"aevalsrc='0.5*sin(2*PI*440*t)*mod(floor(t),2)':d=4:s={rate}"
    codecs = {
        ".ts": ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels, "-c:a", "aac"],
        ".webm": ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    }
    inputs = ["-f", "lavfi", "-i", light, "-f", "lavfi", "-i", beep, "-ac", str(channels)]
    ffmpeg(*inputs, *codecs[path.suffix], "-output_ts_offset", str(begin), path)
    return path


def changes(levels: np.ndarray) -> list[int]:
    """Where a level crosses the middle between its extremes."""
    high = levels > (levels.min() + levels.max()) / 2
    return (np.flatnonzero(np.diff(high.astype(int))) + 1).tolist()


@pytest.mark.parametrize("what", ["size", "pixel format", "channels and rate", "webm size"])
def test_what_follows_a_change_of_format_stays_in_place(tmp_path: Path, what: str) -> None:
    suffix = ".webm" if what == "webm size" else ".ts"
    second = {
        "size": {"size": "320x240"},
        "webm size": {"size": "320x240"},
        "pixel format": {"pixels": "yuv422p"},
        "channels and rate": {"rate": 44_100, "channels": 2},
    }[what]
    one = blinking(tmp_path / f"one{suffix}", "160x120", 48_000, 1)
    later = 4 if suffix == ".ts" else 0
    two = blinking(tmp_path / f"two{suffix}", **{"size": "160x120", "rate": 48_000, "channels": 1, "begin": later, **second})
    both = tmp_path / f"both{suffix}"
    if suffix == ".ts":
        both.write_bytes(one.read_bytes() + two.read_bytes())
    else:
        (tmp_path / "list").write_text(f"file {one}\nfile {two}\n")
        ffmpeg("-f", "concat", "-safe", "0", "-i", tmp_path / "list", "-c", "copy", both)
    clip = media.probe(both)
    pictures = list(media.frames(clip))
    assert {frame.shape for frame in pictures} == {(120, 160, 3)}
    samples = all_sound(clip)
    loud = np.abs(samples[: len(samples) // 640 * 640].astype(int)).reshape(-1, 640).mean(axis=1)
    expected = pytest.approx([25, 50, 75, 100, 125, 150, 175], abs=2)
    assert changes(np.array([frame.mean() for frame in pictures])) == expected
    assert changes(loud) == expected


WRAP = 2**33 // 90_000
"""Seconds after which the clock of a transport stream begins anew."""


@pytest.mark.parametrize(
    ("begin", "then"),
    [(10, 5_014), (5_000, 3), (10, 11), (WRAP - 4, WRAP), (WRAP - 2, 1)],
    ids=["on", "back", "back a little", "wrap", "wrapped"],
)
def test_jumps_of_a_transport_streams_clock_move_nothing(tmp_path: Path, begin: int, then: int) -> None:
    parts = [blinking(tmp_path / f"{at}.ts", "160x120", 48_000, 1, begin=at).read_bytes() for at in (begin, then)]
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(parts))
    clip = media.probe(both, max_duration_s=60)
    pictures = list(media.frames(clip))
    samples = all_sound(clip)
    loud = np.abs(samples[: len(samples) // 640 * 640].astype(int)).reshape(-1, 640).mean(axis=1)
    bright = changes(np.array([frame.mean() for frame in pictures]))
    assert bright == pytest.approx([25, 50, 75, 100, 125, 150, 175], abs=2)
    assert changes(loud) == pytest.approx(bright, abs=1)


@pytest.fixture(scope="module")
def gappy(puppet: MakePuppet) -> Clip:
    return media.probe(puppet(suffix=".mkv", seconds=6.0, audio_gap=(1.5, 4.0), audio_start=0.3, **SMALL))


@pytest.mark.parametrize("step", [1, 7, 25, 1000])
def test_sound_read_in_pieces_is_the_sound_read_at_once(gappy: Clip, step: int) -> None:
    whole = all_sound(gappy)
    told: list[np.ndarray] = []
    with Sound(gappy, on_samples=told.append) as sound:
        pieces = []
        while len(piece := sound.window(len(pieces) * step, (len(pieces) + 1) * step)):
            sound.forget(len(pieces) * step + step // 2)
            pieces.append(piece)
        assert sound.read_frames == len(whole) // 640
        assert sound.peak == np.abs(whole.astype(int)).max()
    assert np.array_equal(np.concatenate(pieces), whole)
    assert np.array_equal(np.concatenate(told), whole)


def test_what_is_kept_up_with_can_still_be_read_and_what_is_forgotten_cannot(gappy: Clip) -> None:
    whole = all_sound(gappy)
    with Sound(gappy) as sound:
        sound.keep_up(60, before=20)
        assert np.array_equal(sound.window(20, 70), whole[20 * 640 : 70 * 640])
        with pytest.raises(ValueError, match="before frame 20"):
            sound.window(19, 30)
        sound.forget(-5)
        sound.forget(10)
        assert len(sound.window(20, 21)) == 640
        assert len(sound.window(10**6, 10**6 + 5)) == 0


@pytest.mark.parametrize(("limit", "heard"), [(10**6, None), (100, 100), (0, 0)])
def test_draining_tells_the_length_up_to_a_limit(gappy: Clip, limit: int, heard: int | None) -> None:
    whole = len(all_sound(gappy)) // 640
    with Sound(gappy) as sound:
        assert sound.drain(limit) == (whole if heard is None else heard)


def test_clip_without_sound_is_one_whose_sound_ends_at_once(puppet: MakePuppet) -> None:
    clip = media.probe(puppet(sound="none", seconds=1.0, **SMALL))
    assert not clip.has_audio
    with Sound(clip) as sound:
        assert len(sound.window(0, 25)) == 0
        assert sound.drain(100) == 0


def test_longest_video_is_counted_in_pictures_and_not_believed(puppet: MakePuppet) -> None:
    clip = media.probe(puppet(**SMALL))
    with pytest.raises(InputError, match="longer than 2 s") as caught:
        list(media.frames(clip, max_frames=50))
    assert caught.value.code == "video_too_long"


def test_a_picture_with_a_false_time_moves_no_other(puppet: MakePuppet, tmp_path: Path) -> None:
    good, bad = puppet(seconds=2.0, fps=25, **SMALL), tmp_path / "bad.ts"
    ffmpeg("-i", good, "-c", "copy", "-bsf:v", "setts=pts='if(eq(N,20),PTS+6*3600/TB,PTS)'", bad)
    as_before = len(list(media.frames(media.probe(good), max_frames=1000)))
    assert len(list(media.frames(media.probe(bad), max_frames=1000))) == pytest.approx(as_before, abs=1)


@pytest.mark.skipif(sys.platform != "linux", reason="measures memory through /proc")
@pytest.mark.parametrize("rate", [25, 50])
def test_a_gap_of_hours_in_the_pictures_takes_no_memory(rate: int, tmp_path: Path) -> None:
    bad = tmp_path / "gap.mkv"
    late = "setpts='if(gt(T,1),PTS+3600/TB,PTS)'"
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=s=640x360:r={rate}:d=2", "-vf", late, "-fps_mode", "vfr", "-c:v", "libx264", bad)
    clip = media.probe(bad)
    # The container's mean rate is that of hours; others have the same gap behind a true one.
    pictures = media.frames(replace(clip, fps=float(rate)), max_frames=20_000)
    for _ in range(200):
        next(pictures)
    (program,) = ffmpegs(os.getpid())
    assert peak_mb(program) < 300
    pictures.close()


@pytest.mark.parametrize(
    "source",
    [
        "testsrc2=s=160x90:r=60:d=3",
        "testsrc2=s=160x90:r=30000/1001:d=3",
        "testsrc2=s=160x90:r=60:d=4,select='gt(random(1),0.4)'",
        "testsrc2=s=160x90:r=60:d=6,select='gt(random(2),0.9)'",
        "testsrc2=s=160x90:r=50:d=4,select='lt(t,1)+gt(t,3)'",
    ],
    ids=["60", "29.97", "uneven", "sparse", "gap"],
)
def test_pictures_that_are_left_out_early_are_those_that_nobody_would_see(source: str, tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", source, "-fps_mode", "vfr", "-c:v", "libx264", tmp_path / "film.mkv")
    clip = media.probe(tmp_path / "film.mkv")
    early = list(media.frames(replace(clip, fps=60.0)))
    late = list(media.frames(replace(clip, fps=25.0)))
    assert len(early) == len(late) > 60
    assert all(np.array_equal(one, other) for one, other in zip(early, late, strict=True))


def test_probe_tells_what_the_file_is(puppet: MakePuppet) -> None:
    clip = media.probe(puppet(fps=30, **SMALL))
    assert (clip.duration_s, clip.fps, clip.has_audio) == (pytest.approx(4, abs=0.1), 30, True)
    assert len(clip.sha256) == 64
