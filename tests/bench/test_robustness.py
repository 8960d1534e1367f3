"""The robustness benchmark makes what it says, and counts right."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench import conditions, drawing, robustness
from bench.conditions import Picture
from bench.robustness_table import Trial, rows
from bench.subject import Subject, active_level
from lipgate.core.faces.mouth import UNITS
from lipgate.core.media import Clip

MakePuppet = Callable[..., Path]

WIDTH, HEIGHT, MOUTH, PIXELS = 480, 360, np.array([240, 200]), 3.0
"""A face upright in a picture: where the middle of its mouth is, and how many pixels make a unit of the face."""


def voice(seconds: float = 3.0, pause: bool = False) -> np.ndarray:
    sound = np.random.default_rng(1).normal(0, 2000, round(seconds * 16_000))
    if pause:
        sound[len(sound) // 3 :] = 0
    return sound.astype(np.int16)


def snow() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)


@pytest.fixture
def subject() -> Subject:
    clip = Clip(Path("clip.mp4"), "", 3.0, 25.0, WIDTH, HEIGHT, has_audio=True)
    face = np.array([160, 60, 320, 280], np.float64)
    marks = (UNITS * PIXELS + MOUTH).astype(np.float32)
    return Subject(clip, 75, voice(), 160.0, face, {0: marks}, tuple(voice() for _ in range(6)))


@pytest.mark.parametrize("pause", [False, True])
@pytest.mark.parametrize("hear", [conditions.white_noise, conditions.babble])
def test_noise_is_10_db_below_the_voice_whatever_the_pauses(subject: Subject, hear: Callable, pause: bool) -> None:
    sound = voice(pause=pause)
    noise = hear(subject, sound, np.random.default_rng(0)).astype(float) - sound
    assert 20 * np.log10(active_level(sound) / noise.std()) == pytest.approx(10.0, abs=0.1)


def test_loud_voice_with_noise_is_turned_down_and_not_clipped() -> None:
    sound = np.where(np.arange(16_000) % 40 < 20, 32_000, -32_000).astype(np.int16)
    noisy = conditions.mixed(sound, np.random.default_rng(0).normal(size=len(sound)))
    assert (np.abs(noisy.astype(int)) == 32_767).sum() == 1


def test_babble_needs_enough_voices(subject: Subject) -> None:
    few = replace(subject, voices=subject.voices[1:])
    assert conditions.babble(few, voice(), np.random.default_rng(0)) is None


def test_late_microphone_hears_nothing_for_a_second_and_then_everything_in_its_place(subject: Subject) -> None:
    heard = conditions.late_microphone(subject, voice(), np.random.default_rng(0))
    assert not heard[:16_000].any()
    np.testing.assert_array_equal(heard[16_000:], voice()[16_000:])


@pytest.mark.parametrize(
    ("face_px", "size"),
    [(None, (480, 360)), (160, (480, 360)), (80, (240, 180)), (110, (330, 248)), (161, None)],
    ids=["as it is", "the same", "half", "to even sides", "never larger"],
)
def test_face_is_reduced_and_never_enlarged(subject: Subject, face_px: int | None, size: tuple[int, int] | None) -> None:
    assert Picture(face_px=face_px).size(subject) == size


@pytest.mark.parametrize(
    ("draw", "hidden", "free"),
    [
        (drawing.moustache, [(0, -5), (6, -6)], [(0, 5), (0, -36), (0, -18)]),
        (drawing.mask, [(0, 0), (0, -18), (15, 5), (0, 18)], [(12, -36), (-12, -36)]),
        (drawing.hand, [(0, 0), (-9, 0), (9, 0)], [(12, -36), (-12, -36)]),
    ],
    ids=["moustache", "mask", "hand"],
)
def test_drawing_hides_what_it_should(subject: Subject, draw: Callable, hidden: list, free: list) -> None:
    before = snow()
    after = draw(subject)(before.copy(), 0)
    places = [np.round(np.array(point) * PIXELS + MOUTH).astype(int) for point in hidden + free]
    kept = [np.mean((after == before)[y - 3 : y + 4, x - 3 : x + 4]) for x, y in places]
    assert [share > 0.5 for share in kept] == [False] * len(hidden) + [True] * len(free)


@pytest.mark.parametrize("draw", [drawing.moustache, drawing.mask, drawing.hand])
def test_picture_without_a_face_is_left_alone(subject: Subject, draw: Callable) -> None:
    np.testing.assert_array_equal(draw(subject)(snow(), 1), snow())


def test_turned_face_is_narrower_and_stays_where_it_is(subject: Subject) -> None:
    left, top, right, bottom = subject.box
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    points = np.array([[left, middle[1], 1], [*middle, 1], [right, middle[1], 1]]).T
    x, y, scale = drawing.turn(subject.box, (WIDTH, HEIGHT)) @ points
    np.testing.assert_allclose(np.array([x[1], y[1]]) / scale[1], middle)
    assert (x[2] / scale[2] - x[0] / scale[0]) / (right - left) == pytest.approx(np.cos(np.radians(30)), abs=0.03)
    assert scale[2] > 1 > scale[0]


def trial(condition: str, clip: str, **found: object) -> Trial:
    judged = {"decision": "ALLOW", "reason": None, "offset_frames": 0, "confidence": 4.0, "min_dist": 2.0, "score": 0.9}
    return Trial(clip=clip, condition=condition, foreign_score=0.1, **{**judged, **found})


def test_figures_of_a_condition_are_held_against_the_clip_as_it_is() -> None:
    clean = [trial("clean", "a", offset_frames=-3), trial("clean", "b"), trial("clean", "c"), trial("clean", "d")]
    unjudged = {
        "decision": "NEXT",
        "reason": "no_face",
        "offset_frames": None,
        "confidence": None,
        "min_dist": None,
        "score": None,
    }
    worse = [
        trial("worse", "a", offset_frames=-2, confidence=2.0),
        trial("worse", "b", offset_frames=5, confidence=1.0, score=0.05, decision="BLOCK"),
        trial("worse", "c", **unjudged),
    ]
    row = rows([*clean, *worse], ["clean", "worse"])[1]
    assert (row.files, row.judged, row.same_offset) == (3, pytest.approx(2 / 3), 0.5)
    assert row.same_offset_interval == (0.0, 1.0)
    assert row.told_apart == 0.5
    assert (row.confidence, row.min_dist) == (1.5 / 4.0, 1.0)
    assert row.decisions == pytest.approx({"ALLOW": 1 / 3, "NEXT": 1 / 3, "BLOCK": 1 / 3})
    assert row.reasons == {"no_face": 1}


def test_condition_that_no_clip_can_have_is_a_row_of_nothing() -> None:
    row = rows([trial("clean", "a")], ["clean", "face 160 px"])[1]
    assert (row.files, row.same_offset, row.told_apart, row.confidence) == (0, None, None, None)


def test_benchmark_runs_on_one_clip(
    puppet: MakePuppet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clips, temporary = tmp_path / "clips", tmp_path / "temporary"
    clips.mkdir()
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (clips / "talk.mp4").symlink_to(puppet(seconds=3.0, size=(320, 180), face_px=90, preset="ultrafast"))
    out = tmp_path / "out.json"
    assert (
        robustness.main([str(clips), "--only", "phone band", "--only", "moustache", "--device", "cpu", "--json", str(out)]) == 0
    )
    document = json.loads(out.read_text())
    assert [row["condition"] for row in document["conditions"]] == ["as it is", "phone band", "moustache"]
    assert [row["files"] for row in document["conditions"]] == [1, 1, 1]
    assert {found["clip"] for found in document["outcomes"]} == {"talk.mp4"}
    phone = document["outcomes"][1]
    assert abs(phone["offset_frames"] - document["outcomes"][0]["offset_frames"]) <= 1
    assert "phone band" in capsys.readouterr().out
    assert list(temporary.iterdir()) == []


def test_folder_without_clips_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert robustness.main([str(tmp_path), "--device", "cpu"]) == 1
    assert "no clip" in capsys.readouterr().err
