"""Which picture and which sound of a file are taken, and what the file's own words can do about it: nothing."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from lipgate.core import media
from lipgate.core.errors import InputError
from lipgate.core.media.tracks import Kind, listed

MakePuppet = Callable[..., Path]

SMALL = {"seconds": 1.0, "size": (320, 180), "face_px": 90, "preset": "ultrafast"}


def ffmpeg(*arguments: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments], check=True)


@pytest.fixture(scope="module")
def clip(puppet: MakePuppet) -> Path:
    return puppet(**SMALL)


ONE_EACH = "-map 0:v -map 0:a"
TWO_PICTURES = "-map 0:v -map 0:v -map 0:a -c:v mpeg4"
SOUNDS = "-map 0:v -map 0:a -map 0:a -disposition:a:0 {} -disposition:a:1 {}"


@pytest.mark.parametrize(
    ("suffix", "making", "picture", "sound"),
    [
        (".mp4", ONE_EACH, 0, 0),
        (".mp4", f"{TWO_PICTURES} -s:v:0 80x46", 1, 0),
        (".mkv", f"{TWO_PICTURES} -s:v:0 80x46 -disposition:v:0 default -disposition:v:1 0", 1, 0),
        (".mkv", f"{TWO_PICTURES} -s:v:0 240x136 -disposition:v:0 0 -disposition:v:1 default", 1, 0),
        (".mkv", f"{TWO_PICTURES} -s:v:0 240x136 -disposition:v:0 default -disposition:v:1 0", 0, 0),
        (".mp4", f"{TWO_PICTURES} -s:v:0 640x360 -c:v:0 mjpeg -disposition:v:0 attached_pic -disposition:v:1 0", 0, 0),
        (".mkv", SOUNDS.format("0", "default"), 0, 1),
        (".mkv", SOUNDS.format("default", "0"), 0, 0),
        (".mkv", SOUNDS.format("comment", "0"), 0, 1),
        (".mkv", SOUNDS.format("visual_impaired+default", "0"), 0, 1),
    ],
)
def test_picture_and_sound_are_those_of_a_player(
    clip: Path, tmp_path: Path, suffix: str, making: str, picture: int, sound: int
) -> None:
    made = tmp_path / f"made{suffix}"
    ffmpeg("-i", clip, *making.split(), made)
    seen = media.probe(made)
    assert seen.sound is not None
    assert (seen.picture.number, seen.sound.number) == (picture, sound)
    assert next(media.frames(seen)).shape == (seen.height, seen.width, 3)


def test_a_picture_that_cannot_be_decoded_leaves_the_place_to_one_that_can(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    ffmpeg("-i", clip, *f"{TWO_PICTURES} -c:v:0 huffyuv".split(), made)
    made.write_bytes(made.read_bytes().replace(b"HFYU", b"XXXX"))
    seen = media.probe(made)
    assert (seen.picture.number, seen.picture.codec) == (1, "mpeg4")


def test_a_sound_of_a_codec_nobody_knows_is_listed_and_not_taken(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    ffmpeg("-i", clip, "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", "-c:a:0", "libmp3lame", made)
    made.write_bytes(made.read_bytes().replace(b"A_MPEG/L3", b"A_NOBODY3"))
    seen = media.probe(made)
    assert [(track.number, track.codec) for track in seen.tracks if track.kind is Kind.SOUND] == [(0, "none"), (1, "aac")]
    assert seen.sound is not None
    assert (seen.has_audio, seen.sound.number) == (True, 1)


def test_tracks_may_be_named(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    ffmpeg("-i", clip, *f"{TWO_PICTURES} -map 0:a -s:v:0 80x46".split(), made)
    seen = media.probe(made, picture=0, sound=1)
    assert (seen.picture.number, seen.width, seen.sound and seen.sound.number) == (0, 80, 1)
    for wanted, said in (({"picture": 2}, "no picture track 2; there are: 0, 1"), ({"sound": 7}, "no sound track 7")):
        with pytest.raises(InputError, match=said) as caught:
            media.probe(made, **wanted)
        assert caught.value.code == "track_not_found"


@pytest.mark.parametrize(
    "words",
    [
        "Duration: 09:00:00.00, start: 0.000000, bitrate: 1 kb/s",
        "x\n  Duration: 09:00:00.00, start: 0.000000, bitrate: 1 kb/s",
        "Output #0, null, to 'pipe:':",
        "Picture size 90000x90000 is invalid",
        "Stream #0:0: Video: h264, 90000x90000, 1 fps",
        "\n  Stream #0:0: Video: none (attached pic)\n#dimensions 0: 90000x90000",
        "Input #0",
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_words_of_the_file_are_not_words_about_it(clip: Path, tmp_path: Path, suffix: str, words: str) -> None:
    made = tmp_path / f"made{suffix}"
    said = [f"{name}={words}" for name in ("title", "comment", "artist")]
    ffmpeg("-i", clip, "-c", "copy", *(word for each in said for word in ("-metadata", each, "-metadata:s:v", each)), made)
    seen = media.probe(made, max_duration_s=60, max_pixels=1920 * 1080)
    assert (seen.width, seen.height, seen.fps, seen.has_audio) == (320, 180, 25, True)
    assert seen.duration_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("key", ["\n  Duration: 09:00:00.00, start: 0.0", "\n  Stream #0:0: Video: h264, 90000x90000"])
def test_not_even_the_name_of_a_tag_is_believed(clip: Path, tmp_path: Path, key: str) -> None:
    """Names are written as they are, with their line breaks."""
    made, place = tmp_path / "made.mkv", "K" * len(key)
    ffmpeg("-i", clip, "-c", "copy", "-metadata", f"{place}=1", made)
    content = made.read_bytes()
    assert place.encode() in content
    made.write_bytes(content.replace(place.encode(), key.encode()))
    seen = media.probe(made, max_duration_s=60, max_pixels=1920 * 1080)
    assert (seen.width, seen.height) == (320, 180)


def test_without_sound_the_length_is_counted(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    ffmpeg("-i", clip, "-an", "-c", "copy", "-metadata", "title=\n  Duration: 09:00:00.00, start: 0.0", made)
    assert media.probe(made).duration_s == pytest.approx(1.0, abs=0.05)


def test_what_is_too_long_is_found_so_without_decoding_it(clip: Path, tmp_path: Path) -> None:
    made = tmp_path / "made.mkv"
    ffmpeg("-stream_loop", "20", "-i", clip, "-c", "copy", made)
    with pytest.raises(InputError) as caught:
        media.probe(made, max_duration_s=10)
    assert caught.value.code == "video_too_long"


def test_flags_are_read_from_the_line_of_their_stream() -> None:
    header = "#media_type 0: video\n#codec_id 0: h264\n#media_type 1: audio\n#media_type 2: audio\n"
    log = "  Stream #0:1(eng): Audio: aac (LC), 48000 Hz, stereo, fltp (default) (comment)\n    title   : x (forced)\n"
    log += "  Stream #0:0: Video: h264 (High), yuv420p, 320x180 (attached pic)\n  Stream #0:2: Audio: aac\n"
    found = [(track.kind, track.number, sorted(track.dispositions)) for track in listed(header, log)]
    assert found == [("video", 0, ["attached pic"]), ("audio", 0, ["comment", "default"]), ("audio", 1, [])]
