"""Fitting score and thresholds to a site: it finds what is there, and promises no more than the clips bear out."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.errors import CalibrationError
from lipgate.core.evaluation.recalibration import far_interval, recalibrate, refit, threshold, trials_needed
from lipgate.core.evaluation.sample import Sample
from lipgate.core.report import ModelInfo
from lipgate.core.settings import Settings
from lipgate.core.site_calibration import SiteCalibration, read_site_file
from lipgate.desktop.commands.calibrate import site_calibration
from tests.core.evaluation.tables import LIMITS, normal, result, sample

MODEL = ModelInfo("mini", "1.0", "ab" * 32, True)


@pytest.mark.parametrize(("slope", "bias"), [(1.0, 0.0), (0.5, 0.0), (2.0, 1.0), (1.5, -2.0)])
def test_a_known_logistic_is_found(slope: float, bias: float) -> None:
    fitted = refit(normal(3000, 3000, apart=3.0, slope=slope, bias=bias))
    assert 1 / fitted.scale == pytest.approx(slope, rel=0.08)
    assert -fitted.midpoint / fitted.scale == pytest.approx(bias, abs=0.12)


def test_distance_and_shortness_keep_their_ratio() -> None:
    old = Calibration(midpoint=-6.0, scale=0.5, distance=1.1, shortness=2.0)
    clips = normal(200, 200, apart=3.0).results
    fitted = refit(sample(*clips, calibration=old))
    assert (fitted.distance, fitted.shortness) == (1.1, 2.0)
    assert fitted.scale != old.scale


@pytest.mark.parametrize("gap", [3.0, 300.0])
def test_classes_that_do_not_overlap_keep_the_slope_finite(gap: float) -> None:
    clips = [*[result("genuine", gap + at / 10) for at in range(10)], *[result("fake", -gap - at / 10) for at in range(10)]]
    fitted = refit(sample(*clips))
    assert 0 < fitted.scale < 1e3
    assert math.isfinite(fitted.midpoint)


def test_ten_clips_hardly_move_a_calibration_they_agree_with() -> None:
    fitted = refit(normal(10, 10, apart=2.0, seed=3))
    assert fitted.scale == pytest.approx(1.0, abs=0.6)


def test_clips_that_the_offset_gives_away_do_not_spoil_the_score() -> None:
    clips = normal(300, 300, apart=3.0).results
    shifted = [result("shifted", 4.0, offset=8) for _ in range(300)]
    assert refit(sample(*clips, *shifted)) == refit(sample(*clips))


def test_fakes_that_something_else_gives_away_neither_spoil_the_score_nor_move_a_threshold() -> None:
    clips = normal(300, 300, apart=3.0).results
    photographs = [result("fake", 6.0, decision="NEXT", reason="moved_picture", reasons=("moved_picture",)) for _ in range(900)]
    alone, beside = recalibrate(sample(*clips), 0.1), recalibrate(sample(*clips, *photographs), 0.1)
    assert beside.calibration == alone.calibration
    assert beside.next_threshold == alone.next_threshold
    assert beside.promises[0].rate.value <= 0.1


def test_fakes_of_which_a_part_does_not_fit_are_what_a_score_is_fitted_to() -> None:
    clips = normal(300, 300, apart=3.0)
    told = {"decision": "BLOCK", "reason": "no_fit", "reasons": ("no_fit", "part_no_fit")}
    parted = [result("fake", item.measured.confidence, **told) if item.entry.label == "fake" else item for item in clips.results]
    assert recalibrate(sample(*parted), 0.1) == recalibrate(clips, 0.1)


@pytest.mark.parametrize(
    ("genuine", "fake", "unjudged", "code"),
    [(9, 50, 5, "too_little_data"), (50, 9, 5, "too_little_data"), (10, 10, 0, None), (50, 0, 50, "too_little_data")],
)
def test_little_data_is_refused(genuine: int, fake: int, unjudged: int, code: str | None) -> None:
    clips = [*normal(genuine, fake, apart=4.0).results, *[result("fake", None) for _ in range(unjudged)]]
    if code is None:
        recalibrate(sample(*clips), 0.1)
        return
    with pytest.raises(CalibrationError) as caught:
        recalibrate(sample(*clips), 0.1)
    assert caught.value.code == code


def test_labels_the_wrong_way_round_are_refused() -> None:
    clips = [*[result("genuine", -4.0 - at / 10) for at in range(20)], *[result("fake", 4.0 + at / 10) for at in range(20)]]
    with pytest.raises(CalibrationError) as caught:
        recalibrate(sample(*clips), 0.1)
    assert caught.value.code == "calibration_impossible"


@pytest.mark.parametrize(
    ("genuine", "fakes", "allowed", "expected"),
    [
        ((2, 5, 9), (0, 1, 3, 4), 0.0, 4.5),
        ((2, 5, 9), (0, 1, 3, 4), 0.25, 4.5),  # nobody genuine is let in for the fake at 4
        ((2, 5, 9), (0, 1, 3, 4), 0.5, 1.5),
        ((2, 5, 9), (0, 1, 3, 4), 1.0, 1.5),
        ((5, 9), (-30, -20, -10, 1), 1.0, 3.0),  # not among the fakes, whatever may be accepted
        ((2, 5), (7, 8), 0.0, 9.0),
        ((2, 5), (7, 8), 1.0, None),
    ],
)
def test_the_threshold_is_no_lower_than_genuine_clips_need(genuine, fakes, allowed: float, expected: float | None) -> None:
    clips = sample(*[result("genuine", value) for value in genuine], *[result("fake", value) for value in fakes])
    assert threshold(clips, np.ones(len(clips), bool), allowed) == expected


def given_away(in_time: int, out_of_time: int) -> Sample:
    """Far apart by score; most fakes are given away by their offset too."""
    fakes = [result("fake", -4.0 - at / 10, offset=9 if at < out_of_time else 0) for at in range(in_time + out_of_time)]
    return sample(*[result("genuine", 4.0 + at / 10) for at in range(40)], *fakes)


@pytest.mark.parametrize("target", [0.05, 0.1, 0.4])
@pytest.mark.parametrize(("in_time", "out_of_time"), [(1, 12), (0, 13), (1, 120), (13, 0)])
def test_what_the_offset_gives_away_does_not_abolish_block(in_time: int, out_of_time: int, target: float) -> None:
    clips = given_away(in_time, out_of_time)
    found = recalibrate(clips, target)
    judged = sample(*clips.results, calibration=found.calibration)
    assert 0 < found.next_threshold <= found.allow_threshold
    fakes = judged.score[~judged.genuine]
    assert (fakes < found.next_threshold).all()
    # Nobody has shown what a sound in time scores that fits less well than the best of these fakes.
    assert found.allow_threshold > fakes.max()


def test_a_threshold_no_clip_bears_on_refuses_what_it_refused() -> None:
    clips = given_away(0, 13)
    found = recalibrate(clips, 0.1)
    assert found.unmoved == ("ALLOW",)
    at_limit = math.log(LIMITS.allow_threshold / (1 - LIMITS.allow_threshold))
    before = sample(result("genuine", at_limit + 0.001), result("genuine", at_limit - 0.001), calibration=found.calibration)
    assert list(before.score >= found.allow_threshold) == [True, False]


def test_shifted_clips_do_not_thin_out_the_fakes() -> None:
    fakes, shifted = normal(200, 100, apart=2.0).results, [result("shifted", 5.0, offset=9) for _ in range(900)]
    alone, beside = recalibrate(sample(*fakes), 0.2), recalibrate(sample(*fakes, *shifted), 0.2)
    assert beside.allow_threshold >= alone.allow_threshold - 0.02
    assert str(beside.promises[0].kind) == "fake"


@pytest.mark.parametrize(
    ("fakes", "apart", "target", "promised"),
    [
        (400, 6.0, 0.05, True),
        (60, 40.0, 0.05, True),  # none accepted: the rule of three gives 3 / 60
        (59, 40.0, 0.05, False),
        (59, 40.0, 0.06, True),
        (12, 6.0, 0.05, False),
        (12, 40.0, 0.5, True),
    ],
)
def test_what_is_promised(fakes: int, apart: float, target: float, promised: bool) -> None:
    clips = normal(200, fakes, apart=apart)
    found = recalibrate(clips, target)
    assert found.promised is promised
    worst = found.promises[0]
    assert (worst.rate.high <= target + 1e-9) is promised
    assert promised or worst.needed > worst.trials
    assert 0 <= found.next_threshold <= found.allow_threshold <= 1


def test_persons_are_what_counts_where_they_are_named() -> None:
    clips = normal(200, 400, apart=40.0).results
    named = [result(str(item.entry.label), item.measured.confidence, person=str(at % 20)) for at, item in enumerate(clips)]
    found = recalibrate(sample(*named), 0.05)
    assert found.promises[0].trials == 20
    assert not found.promised


def test_promises_are_kept_on_clips_never_seen() -> None:
    target, broken = 0.1, 0
    for seed in range(20):
        found = recalibrate(normal(150, 150, apart=3.0, seed=seed), target, seed)
        assert found.promised
        unseen = normal(10, 3000, apart=3.0, seed=1000 + seed)
        judged = sample(*unseen.results, calibration=found.calibration)
        broken += float(judged.accepted(found.allow_threshold)[~judged.genuine].mean()) > target
    assert broken <= 2


def test_the_target_is_met_out_of_sample_without_a_promise_too() -> None:
    found = recalibrate(normal(100, 40, apart=3.0), 0.05)
    assert not found.promised
    assert found.promises[0].rate.value <= 0.05


@pytest.mark.parametrize(("target", "needed"), [(0.05, 60), (0.1, 30), (0.01, 300), (0.03, 100)])
def test_the_rule_of_three(target: float, needed: int) -> None:
    assert trials_needed(target) == needed
    assert far_interval(0.0, needed)[1] == pytest.approx(target)


def test_more_trials_are_needed_where_some_are_accepted() -> None:
    needed = trials_needed(0.05, accepted=2)
    assert far_interval(2 / needed, needed)[1] <= 0.05 < far_interval(2 / (needed - 1), needed - 1)[1]


def made(target: float = 0.05) -> SiteCalibration:
    clips = normal(100, 400, apart=6.0)
    return site_calibration(recalibrate(clips, target), clips, MODEL)


def test_the_file_says_what_it_rests_on(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(made().to_json(), encoding="utf-8")
    document = json.loads(path.read_text(encoding="utf-8"))
    assert list(document) == [
        *("schema", "made", "model", "calibration", "allow_threshold", "next_threshold", "target_far", "evidence")
    ]
    assert document["schema"] == 1
    assert document["evidence"]["fake"] == 400
    assert document["evidence"]["persons"] is None
    assert document["evidence"]["promised"] is True
    assert "5.0 % can be promised" in document["evidence"]["in_words"]
    site = read_site_file(path, "mini", MODEL.sha256)
    assert site.calibration == Calibration(**document["calibration"])
    assert site.origin()["target_far"] == 0.05
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_site_file(path, "mini", MODEL.sha256).calibration == site.calibration


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.pop("schema"), "schema"),
        (lambda document: document.update(schema=2), "schema"),
        (lambda document: document.pop("evidence"), "evidence"),
        (lambda document: document.update(extra=1), "extra"),
        (lambda document: document["calibration"].update(scale=0), "calibration.scale"),
        (lambda document: document["calibration"].update(scale="0.5"), "calibration.scale"),
        (lambda document: document["calibration"].update(midpoint=float("nan")), "calibration.midpoint"),
        (lambda document: document.update(allow_threshold=1.5), "allow_threshold"),
        (lambda document: document.update(next_threshold=0.0), "next_threshold"),
        (lambda document: document.update(next_threshold=0.999999999), "next_threshold lies above allow_threshold"),
        (lambda document: document.update(made="yesterday"), "made"),
    ],
)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, change, said: str) -> None:
    path = tmp_path / "calibration.json"
    document = json.loads(made().to_json())
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(CalibrationError) as caught:
        read_site_file(path, "mini", MODEL.sha256)
    assert caught.value.code == "calibration_unreadable"
    assert said in caught.value.message


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"\xff\xfe"])
def test_what_is_no_calibration_file_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "calibration.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_site_file(path, "mini", MODEL.sha256)


@pytest.mark.parametrize(("model", "sha256"), [("syncnet", MODEL.sha256), ("mini", "cd" * 32)])
def test_a_file_for_other_weights_is_refused(tmp_path: Path, model: str, sha256: str) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(made().to_json(), encoding="utf-8")
    with pytest.raises(CalibrationError) as caught:
        read_site_file(path, model, sha256)
    assert caught.value.code == "calibration_mismatch"


def test_an_empty_setting_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPGATE_CALIBRATION", "")
    assert Settings(_env_file=None).calibration is None
