"""What no camera films, told of a whole clip: pictures and sound that come again, pictures that stand still or are black."""

import numpy as np
import pytest

from lipgate.core.constants import AUDIO_RATE
from lipgate.core.presence.clip import ClipMeter
from lipgate.core.presence.findings import Cause, Code, Finding
from tests.core.presence.scenes import filmed, frames, grainy
from training.puppet import formant_noise


def _findings(pictures: np.ndarray, sound: np.ndarray | None = None, *, speaks: bool = True) -> tuple[Finding, ...]:
    meter = ClipMeter()
    for frame in frames(pictures):
        meter.feed(frame)
    if sound is not None:
        for piece in np.array_split(sound, 7):
            meter.hear(piece)
    return meter.finish(lambda start, stop: (stop - start) / 25 if speaks else 0.0)


def _codes(findings: tuple[Finding, ...]) -> set[Code]:
    return {finding.code for finding in findings}


@pytest.mark.parametrize("seed", range(4))
def test_of_a_filmed_scene_nothing_is_told(seed: int) -> None:
    sound = formant_noise(4.0, seed)
    assert _findings(filmed(100, seed), sound) == ()


@pytest.mark.parametrize("period", [9, 25, 40])
def test_a_loop_is_found_with_its_period(period: int) -> None:
    looped = grainy(np.concatenate([filmed(period)] * (1 + 60 // period) + [filmed(period)[:10]]))
    [finding, *others] = _findings(looped)
    assert (finding.code, finding.cause, finding.counts) == (Code.REPEATS, Cause.PICTURE_REPEATS, True)
    assert not others
    assert f" {period / 25:.2f} s before" in finding.words or period == 9  # of a short one any multiple fits
    assert finding.value >= finding.threshold
    assert finding.end_s == pytest.approx(len(looped) / 25, abs=0.05)


def test_a_loop_is_found_in_the_middle_of_a_clip() -> None:
    scene = filmed(150)
    scene[80:120] = grainy(scene[20:60])
    [finding] = _findings(scene)
    assert finding.code == Code.REPEATS
    assert finding.start_s == pytest.approx(80 / 25, abs=0.3)
    assert finding.end_s == pytest.approx(120 / 25, abs=0.3)


def test_pictures_that_run_back_are_found() -> None:
    scene = filmed(40)
    there_and_back = grainy(np.concatenate([scene, scene[-2::-1]]))
    assert Code.RUNS_BACK in _codes(_findings(there_and_back))


def test_a_background_in_a_loop_does_not_make_the_speaker_one() -> None:
    looped = np.concatenate([filmed(25, 1)] * 5)
    looped[:, 24:80, 40:120] = filmed(125, 2)[:, 24:80, 40:120]
    assert _codes(_findings(looped)) == set()


def test_flickering_light_is_no_loop() -> None:
    scene = filmed(100, grain=3.0)
    phase = np.arange(100)[:, None] / 25 * 2 * np.pi * 1.7 + np.arange(96)[None] / 96 * 2 * np.pi
    flickering = np.clip(scene + 8 * np.sin(phase)[:, :, None, None], 0, 255).astype(np.uint8)
    assert _findings(flickering) == ()


@pytest.mark.parametrize(("spoken", "counts"), [(True, True), (False, False)])
def test_a_picture_that_stands_still_counts_where_somebody_speaks(spoken: bool, counts: bool) -> None:
    scene = filmed(100)
    scene[30:70] = scene[30]
    [finding] = _findings(grainy(scene), speaks=spoken)
    assert (finding.code, finding.cause, finding.counts) == (Code.FROZEN, Cause.PICTURE_FROZEN, counts)
    assert (finding.start_s, finding.end_s) == pytest.approx((30 / 25, 70 / 25), abs=0.05)
    assert finding.value == pytest.approx(1.6, abs=0.05)


def test_a_picture_that_stops_for_half_a_second_is_left_alone() -> None:
    scene = filmed(100)
    scene[30:43] = scene[30]
    assert _findings(grainy(scene)) == ()


def test_black_pictures_are_black_and_not_frozen() -> None:
    scene = filmed(100)
    scene[30:60] = 3
    [finding] = _findings(scene)
    assert (finding.code, finding.counts) == (Code.BLACK, True)
    assert (finding.start_s, finding.end_s) == (30 / 25, 60 / 25)


def test_a_lower_frame_rate_is_told_and_does_not_count() -> None:
    slow = np.repeat(filmed(60), 2, axis=0)
    [finding] = _findings(slow)
    assert (finding.code, finding.counts) == (Code.DUPLICATES, False)
    assert finding.value == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("decibels", [0, -40])
def test_sound_that_comes_again_wave_for_wave_is_told_however_quiet(decibels: int) -> None:
    second = np.round(formant_noise(1.13, 3) * 10 ** (decibels / 20)).astype(np.int16)
    [finding] = _findings(filmed(100), np.tile(second, 4))
    assert (finding.code, finding.counts) == (Code.SOUND_REPEATS, False)
    assert "1.13 s before" in finding.words


def test_what_comes_again_in_pauses_alone_is_not_told() -> None:
    rng = np.random.default_rng(5)
    pause = np.tile(rng.normal(0, 60, AUDIO_RATE // 2), 4)
    speech = rng.normal(0, 4000, 2 * AUDIO_RATE)
    assert _findings(filmed(100), np.concatenate([pause, speech]).astype(np.int16)) == ()


@pytest.mark.parametrize("hertz", [50, 440])
def test_a_hum_is_no_repeated_sound(hertz: int) -> None:
    tone = 8000 * np.sin(2 * np.pi * hertz * np.arange(4 * AUDIO_RATE) / AUDIO_RATE)
    assert _findings(filmed(100), tone.astype(np.int16)) == ()


def test_a_clip_whose_pictures_change_in_size_is_watched_on() -> None:
    meter = ClipMeter()
    turned = np.transpose(filmed(100, 5), (0, 2, 1, 3))
    for frame in [*frames(filmed(60)), *frames(np.ascontiguousarray(turned))]:
        meter.feed(frame)
    assert meter.finish(lambda start, stop: 0.0) == ()


def test_an_empty_clip_tells_nothing() -> None:
    assert ClipMeter().finish(lambda start, stop: 0.0) == ()
