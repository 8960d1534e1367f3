"""`fix`: the sound moves, and nothing else changes."""

import dataclasses
import subprocess
from collections.abc import Callable
from pathlib import Path

import imageio_ffmpeg
import pytest

from lipgate.core.errors import InputError, LipgateError, NotJudgedError, OutputError
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.desktop.fix import CONTAINERS, doubt, fix, plan
from training.puppet import Puppet
from training.puppet.measure import sound_lag

MakePuppet = Callable[..., Path]
ONE_FRAME = 0.04


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


def ffmpeg(*arguments: str | Path) -> str:
    """Run ffmpeg; its standard output."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def described(path: Path) -> str:
    return subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-i", path], capture_output=True, text=True, check=False).stderr


def packets(path: Path, *maps: str) -> list[str]:
    """A hash of each stream's packets."""
    return ffmpeg("-i", path, *maps, "-c", "copy", "-f", "streamhash", "-").splitlines()


@pytest.mark.parametrize("offset_frames", [-6, 5])
@pytest.mark.parametrize(
    ("suffix", "fields"),
    [
        (".mp4", {}),
        (".mp4", {"audio_start": 0.36}),
        (".mp4", {"video_start": 0.6}),
        (".mp4", {"trim": 0.72}),
        (".mp4", {"fps": "vfr"}),
        (".mov", {"audio_codec": "pcm_s16le"}),
        (".mkv", {"audio_start": 0.36}),
        (".webm", {}),
        (".ts", {"audio_start": 0.36}),
    ],
    ids=str,
)
def test_lag_is_gone(
    puppet: MakePuppet, weights_dir: Path, tmp_path: Path, suffix: str, fields: dict, offset_frames: int
) -> None:
    spec = Puppet(start=6.0, preset="ultrafast", offset_frames=offset_frames, **fields)
    source, target = puppet(spec, suffix), tmp_path / f"fixed{suffix}"
    before = sound_lag(source, spec.size, weights_dir / "yunet.onnx")
    assert before.seconds == pytest.approx(-ONE_FRAME * offset_frames, abs=0.010)
    done = fix(source, target, offset_frames)
    after = sound_lag(target, spec.size, weights_dir / "yunet.onnx")
    assert after.seconds == pytest.approx(0.0, abs=0.010)
    assert after.likeness > 0.8
    assert done.moved_ms == offset_frames * 40
    assert done.left_out == ()
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("target", [".mp4", ".mov", ".mkv", ".ts"])
@pytest.mark.parametrize("offset_frames", [-6, 5])
def test_container_may_change(puppet: MakePuppet, weights_dir: Path, tmp_path: Path, target: str, offset_frames: int) -> None:
    spec = Puppet(start=6.0, preset="ultrafast", offset_frames=offset_frames)
    fixed = tmp_path / f"fixed{target}"
    fix(puppet(spec), fixed, offset_frames)
    assert sound_lag(fixed, spec.size, weights_dir / "yunet.onnx").seconds == pytest.approx(0.0, abs=0.010)


@pytest.mark.parametrize("offset_frames", [-6, 5])
def test_avi_is_fixed_into_another_container(puppet: MakePuppet, weights_dir: Path, tmp_path: Path, offset_frames: int) -> None:
    spec = Puppet(start=6.0, offset_frames=offset_frames)
    source = puppet(spec, ".avi")
    with pytest.raises(OutputError, match=r"AVI file cannot say .* \.mkv"):
        fix(source, tmp_path / "fixed.avi", offset_frames)
    fix(source, tmp_path / "fixed.mkv", offset_frames)
    after = sound_lag(tmp_path / "fixed.mkv", spec.size, weights_dir / "yunet.onnx")
    assert after.seconds == pytest.approx(0.0, abs=0.010)


@pytest.mark.parametrize("offset_frames", [-6, 7])
def test_scorer_finds_the_fixed_file_in_sync(puppet: MakePuppet, models: Models, tmp_path: Path, offset_frames: int) -> None:
    source, target = puppet(offset_frames=offset_frames, seconds=6.0), tmp_path / "fixed.mp4"
    report = score(source, models)
    assert plan(report) == pytest.approx(offset_frames, abs=1)
    fix(source, target, plan(report))
    assert abs(plan(score(target, models))) <= 1


def test_nothing_is_encoded_again(puppet: MakePuppet, tmp_path: Path) -> None:
    source, target = puppet(offset_frames=-6), tmp_path / "fixed.mp4"
    fix(source, target, -6)
    assert packets(target) == packets(source)


def test_every_sound_moves_and_other_streams_stay(puppet: MakePuppet, tmp_path: Path) -> None:
    subtitles, source, target = tmp_path / "s.srt", tmp_path / "rich.mkv", tmp_path / "fixed.mkv"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n", encoding="utf-8")
    clip = puppet(offset_frames=5)
    maps = [
        "-map",
        "0:v",
        "-map",
        "0:a",
        "-map",
        "0:a",
        "-map",
        "1:s",
        "-attach",
        subtitles,
        "-metadata:s:t",
        "mimetype=text/plain",
    ]
    ffmpeg("-i", clip, "-i", subtitles, *maps, "-c", "copy", "-metadata", "title=Greetings", source)
    done = fix(source, target, 5)
    assert done.left_out == ()
    assert packets(target, "-map", "0") == packets(source, "-map", "0")
    assert "Greetings" in described(target)
    for stream, moved in (("0:v", 0.0), ("0:a:0", 0.2), ("0:a:1", 0.2), ("0:s", 0.0)):
        assert _first_time(target, stream) - _first_time(source, stream) == pytest.approx(moved, abs=0.002)


def _first_time(path: Path, stream: str) -> float:
    listing = ffmpeg("-copyts", "-i", path, "-map", stream, "-c", "copy", "-f", "framecrc", "-")
    base = next(line for line in listing.splitlines() if line.startswith("#tb 0:"))
    ticks, rate = base.split()[-1].split("/")
    first = next(line for line in listing.splitlines() if not line.startswith("#"))
    return int(first.split(",")[2]) * int(ticks) / int(rate)


def test_what_a_container_cannot_hold_is_left_out_and_told(puppet: MakePuppet, tmp_path: Path) -> None:
    subtitles, source = tmp_path / "s.srt", tmp_path / "rich.mkv"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n", encoding="utf-8")
    attached = ["-attach", subtitles, "-metadata:s:t", "mimetype=text/plain"]
    ffmpeg("-i", puppet(offset_frames=5), "-i", subtitles, "-map", "0", "-map", "1", "-c", "copy", *attached, source)
    done = fix(source, tmp_path / "fixed.mp4", 5)
    assert "Subtitle: mov_text" in described(tmp_path / "fixed.mp4")
    assert done.left_out == ("attachments",)
    assert "Left out" in done.text
    assert "attachments" in done.text


def test_rotation_is_kept(puppet: MakePuppet, tmp_path: Path) -> None:
    fix(puppet(rotation=90, size=(360, 640), offset_frames=-6), tmp_path / "fixed.mp4", -6)
    assert "rotation of -90.00 degrees" in described(tmp_path / "fixed.mp4")


def test_no_offset_gives_the_same_bytes(puppet: MakePuppet, tmp_path: Path) -> None:
    for suffix in (".mp4", ".avi"):
        source, target = puppet(suffix=suffix), tmp_path / f"copy{suffix}"
        done = fix(source, target, 0)
        assert target.read_bytes() == source.read_bytes()
        assert done.moved_ms == 0
        assert "copied as it is" in done.text


def test_existing_target_is_replaced_only_by_a_whole_file(puppet: MakePuppet, tmp_path: Path) -> None:
    target = tmp_path / "fixed.webm"
    target.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"\.mkv"):  # WebM holds no H.264
        fix(puppet(), target, 3)
    assert target.read_bytes() == b"precious"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    target = tmp_path / "fixed.mkv"
    target.write_bytes(b"old")
    fix(puppet(), target, 3)
    assert target.stat().st_size > 10_000


def test_source_is_never_overwritten(puppet: MakePuppet, tmp_path: Path) -> None:
    source = tmp_path / "clip.mp4"
    source.write_bytes(puppet().read_bytes())
    link, hard = tmp_path / "link.mp4", tmp_path / "hard.mp4"
    link.symlink_to(source)
    hard.hardlink_to(source)
    for target in (source, tmp_path / "." / "clip.mp4", link, hard):
        for offset in (0, 4):
            with pytest.raises(OutputError, match="source itself"):
                fix(source, target, offset)
    assert source.read_bytes() == puppet().read_bytes()


@pytest.mark.parametrize("name", ["-y.mp4", "a b'c\"d.mp4", "%03d.mp4", "concat:x|y.mp4", "ünï\u202e.mp4", "$(touch x).mp4"])
def test_odd_names_are_only_names(puppet: MakePuppet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(puppet().read_bytes())
    fix(Path(name), Path(f"out-{name}"), 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"out-{name}"])


@pytest.mark.parametrize(
    ("content", "error", "code"),
    [(None, InputError, "file_not_found"), (b"no video", InputError, "not_a_video"), (b"", InputError, "not_a_video")],
)
def test_bad_source(tmp_path: Path, content: bytes | None, error: type[LipgateError], code: str) -> None:
    source = tmp_path / "in.mp4"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(error) as failure:
        fix(source, tmp_path / "out.mp4", 2)
    assert failure.value.code == code
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize("name", ["out.xyz", "out", "missing/out.mp4"])
def test_bad_target(puppet: MakePuppet, tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError) as failure:
        fix(puppet(), tmp_path / name, 2)
    assert failure.value.code == "output_failed"
    assert list(tmp_path.iterdir()) == []


def test_known_containers_are_told() -> None:
    assert CONTAINERS == (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ts")


@pytest.mark.parametrize(("fields", "why"), [({"no_face": True}, "No face"), ({"sound": "none"}, "no sound")])
def test_what_was_not_judged_is_not_fixed(puppet: MakePuppet, models: Models, fields: dict, why: str) -> None:
    with pytest.raises(NotJudgedError, match=why) as failure:
        plan(score(puppet(**fields), models))
    assert failure.value.code == "not_judged"


def test_silent_film_has_no_sound_to_move(puppet: MakePuppet, tmp_path: Path) -> None:
    with pytest.raises(NotJudgedError, match="no sound"):
        fix(puppet(sound="none"), tmp_path / "out.mp4", 2)


def test_doubt_is_told(puppet: MakePuppet, models: Models) -> None:
    report = score(puppet(), models)
    speaker = report.verdict.speaker
    assert speaker is not None
    assert speaker.sync is not None
    cases = ((0.95, 4, "None"), (0.3, 4, "may be wrong"), (0.95, 15, "end of the search range"))
    for score_now, offset, said in cases:
        track = dataclasses.replace(speaker, sync=dataclasses.replace(speaker.sync, offset_frames=offset))
        changed = dataclasses.replace(report.verdict, speaker=track, score=score_now)
        assert said in str(doubt(dataclasses.replace(report, verdict=changed)))


@pytest.mark.parametrize("target", [".mkv", ".mp4", ".ts"])
@pytest.mark.parametrize("offset_frames", [-6, 0])
def test_pictures_without_times_are_shown_as_before(
    puppet: MakePuppet, weights_dir: Path, tmp_path: Path, target: str, offset_frames: int
) -> None:
    """AVI says when a picture is decoded, not when it is shown; with B-frames the two are not the same."""
    spec = Puppet(start=6.0, preset="ultrafast", offset_frames=offset_frames)
    source, fixed = tmp_path / "xvid.avi", tmp_path / f"fixed{target}"
    ffmpeg("-i", puppet(spec), "-c:v", "mpeg4", "-bf", "2", "-q:v", "4", "-c:a", "libmp3lame", source)
    before = sound_lag(source, spec.size, weights_dir / "yunet.onnx").seconds
    fix(source, fixed, offset_frames)
    after = sound_lag(fixed, spec.size, weights_dir / "yunet.onnx").seconds
    assert after - before == pytest.approx(ONE_FRAME * offset_frames, abs=0.010)


def test_pictures_whose_times_nobody_can_tell_are_not_guessed(puppet: MakePuppet, tmp_path: Path) -> None:
    source = tmp_path / "h264.avi"
    ffmpeg("-i", puppet(), "-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-c:a", "libmp3lame", source)
    with pytest.raises(OutputError, match="when its pictures are shown"):
        fix(source, tmp_path / "fixed.mkv", 3)
    assert list(tmp_path.iterdir()) == [source]


def _as_apac(track: bytes) -> bytes:
    """AAC in MP4 that gives itself out as the spatial sound of telephones."""
    return track.replace(b"mp4a", b"apac").replace(b"esds", b"dapa")


@pytest.mark.parametrize("target", [".mp4", ".mkv"])
def test_a_sound_that_no_container_holds_is_left_out_and_named(puppet: MakePuppet, tmp_path: Path, target: str) -> None:
    source, fixed = tmp_path / "phone.mp4", tmp_path / f"fixed{target}"
    ffmpeg("-i", puppet(offset_frames=5), "-map", "0:v", "-map", "0:a", "-map", "0:a", "-c", "copy", source)
    content = source.read_bytes()
    at = content.rindex(b"mp4a")
    source.write_bytes(content[:at] + _as_apac(content[at:]))
    done = fix(source, fixed, 5)
    assert done.left_out == ("sound track 1 (apple_apac)",)
    assert "sound track 1 (apple_apac)" in done.text
    assert packets(fixed) == packets(source, "-map", "0:v:0", "-map", "0:a:0")


def test_advice_is_given_only_where_it_helps(puppet: MakePuppet, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"ends in \.mkv holds them all"):
        fix(puppet(), tmp_path / "fixed.webm", 3)
    unknown = tmp_path / "unknown.mp4"
    ffmpeg("-i", puppet(), "-c", "copy", unknown)
    unknown.write_bytes(_as_apac(unknown.read_bytes()))
    with pytest.raises(OutputError, match=r"cannot hold .*sound track 0 \(apple_apac\)") as caught:
        fix(unknown, tmp_path / "fixed.webm", 3)
    assert ".mkv" not in caught.value.message
