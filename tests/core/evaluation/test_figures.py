"""Figures of merit against tables worked out by hand, and intervals against the truth."""

import math

import numpy as np
import pytest

from lipgate.core.evaluation.bootstrap import draws, estimate, wilson
from lipgate.core.evaluation.figures import (
    auc,
    calibration_error,
    equal_error_rate,
    error_curve,
    reliability,
    roc,
    share,
    weighted_auc,
)
from lipgate.core.evaluation.manifest import Label
from lipgate.desktop.evaluation.summary import summarise
from tests.core.evaluation.tables import normal, result, sample

INF = float("inf")


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([3, 4], [1, 2], 1.0),
        ([1, 2], [3, 4], 0.0),
        ([1, 3], [2, 2], 0.5),
        ([2, 2], [2, 2], 0.5),
        ([2, 3, 4], [1, 2], 5.5 / 6),
        ([-INF, 5], [-INF, 1], (0.5 + 0 + 1 + 1) / 4),
    ],
)
def test_auc(positive: list[float], negative: list[float], expected: float) -> None:
    assert auc(positive, negative) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("positive", "negative", "expected"),
    [
        ([3, 4], [1, 2], 0.0),
        ([1, 2], [3, 4], 1.0),
        ([1, 3, 4, 5], [0, 0.5, 2, 2.5], 0.25),
        ([1, 2], [1, 2], 0.5),
    ],
)
def test_equal_error_rate(positive: list[float], negative: list[float], expected: float) -> None:
    values = np.array(positive + negative, float)
    members = np.arange(len(values)) < len(positive)
    assert equal_error_rate(values, members, np.ones((1, len(values)))) == pytest.approx(expected)


def test_error_curve() -> None:
    curve = error_curve(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True]), np.ones((1, 4)))
    assert curve.thresholds.tolist() == [1, 2, 3, INF]
    assert curve.far[0].tolist() == [1.0, 0.5, 0.0, 0.0]
    assert curve.frr[0].tolist() == [0.0, 0.0, 0.5, 1.0]
    at = np.array([0.0, 0.25, 0.5, 1.0])
    assert roc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, True, False, True]), np.ones((1, 4)), at)[0].tolist() == [
        0.5,
        0.75,
        1.0,
        1.0,
    ]


def test_a_clip_that_weighs_two_is_as_two_clips() -> None:
    values, positive = np.array([1.0, 2.0, 2.0, 3.0]), np.array([True, False, True, False])
    weights = np.array([[2, 1, 3, 0]])
    repeated = np.repeat(np.arange(4), weights[0])
    ones = np.ones((1, len(repeated)))
    for figure in (weighted_auc, equal_error_rate):
        assert figure(values, positive, weights) == pytest.approx(figure(values[repeated], positive[repeated], ones))


def test_calibration_error() -> None:
    score, genuine = np.array([0.05, 0.05, 0.95, 0.95, 0.95, 1.0]), np.array([False, True, True, True, True, False])
    # two in the first tenth, half of them genuine; four in the last, three of them genuine
    expected = (abs(1 - 0.1) + abs(3 - 3.85)) / 6
    assert calibration_error(score, genuine, np.ones((1, 6))) == pytest.approx(expected)
    # balanced, a genuine clip weighs 1/8 and another 1/4
    balanced = abs(1 / 8 - 0.05 * 3 / 8) + abs(3 / 8 - (0.95 * 3 / 8 + 1.0 / 4))
    assert calibration_error(score, genuine, np.ones((1, 6)), balanced=True) == pytest.approx(balanced)
    first, *between, last = reliability(score, genuine)
    assert between == [None] * 8
    assert first is not None
    assert last is not None
    assert (first.clips, first.genuine, last.clips, last.genuine) == (2, 1, 4, 3)
    assert first.share == pytest.approx((1 / 8) / (3 / 8))


def test_share_without_anybody_is_not_a_number() -> None:
    assert math.isnan(share(np.array([True]), np.array([False]), np.ones((1, 1)))[0])


@pytest.mark.parametrize(
    ("value", "trials", "low", "high"),
    [(0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (0.5, 100, 0.4038, 0.5962), (0.1, 50, 0.0435, 0.2136)],
)
def test_wilson(value: float, trials: int, low: float, high: float) -> None:
    assert wilson(value, trials) == pytest.approx((low, high), abs=1e-4)


def test_whole_persons_are_drawn_and_the_seed_decides() -> None:
    units = np.array([0, 0, 1, 2, 2, 2])
    first, again, other = (np.concatenate(list(draws(units, seed, 50))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(first[:, 0], first[:, 1])
    assert (first[:, [0, 2, 3]].sum(axis=1) == 3).all()


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    held = 0
    for trial in range(100):
        hit = rng.random(60) < 0.3
        everybody = np.ones(60, bool)
        basis = {"share": (lambda weights, hit=hit, all_=everybody: share(hit, all_, weights), everybody)}
        found = estimate(basis, np.arange(60), trial, 300)["share"]
        held += found.low <= 0.3 <= found.high
    assert 87 <= held <= 100


def test_clips_of_one_person_do_not_narrow_the_interval() -> None:
    clips = [result("fake", 5.0 if person % 2 else -5.0, person=str(person)) for person in range(8)]
    once, often = summarise(sample(*clips), resamples=400), summarise(sample(*clips * 20), resamples=400)
    few, many = once.figures["far_allow_all"], often.figures["far_allow_all"]
    assert (few.low, few.high) == (many.low, many.high)


def test_what_counts_as_accepted() -> None:
    clips = [
        *[result("genuine", evidence) for evidence in (5, 5, 5, 1.5, -5, None)],
        result("genuine", 5, offset=3),
        *[result("fake", evidence) for evidence in (5, -5, -5, None)],
        *[result("shifted", 5, offset=offset) for offset in (6, -8, 2, -5)],
    ]
    found = summarise(sample(*clips), resamples=50)
    values = {name: figure.value for name, figure in found.figures.items() if figure}
    assert values["frr_allow"] == pytest.approx(4 / 7)  # 1.5 is a score of 0.82
    assert values["frr_next"] == pytest.approx(3 / 7)
    assert values["genuine_allow"] == pytest.approx(3 / 7)
    assert values["genuine_next"] == pytest.approx(2 / 7)
    assert values["genuine_block"] == pytest.approx(1 / 7)
    assert values["genuine_not_judged"] == pytest.approx(1 / 7)
    assert values["far_allow_fake"] == pytest.approx(1 / 4)
    assert values["far_allow_shifted"] == pytest.approx(1 / 4)
    assert values["far_allow_all"] == pytest.approx(2 / 8)
    assert values["offset_within_1"] == pytest.approx(5 / 6)
    assert found.decisions(Label.GENUINE) == {"ALLOW": 3, "NEXT": 2, "BLOCK": 1, "not judged": 1}
    assert found.not_judged[Label.FAKE] == {"no_face": 1}
    refused, accepted = found.mistakes()
    assert [found.sample.score[at] < 0.9 for at in refused] == [True, True, False]
    assert [str(found.sample.results[at].entry.label) for at in accepted] == ["fake", "shifted"]


def test_what_the_report_decided_counts_and_no_threshold_takes_it_back() -> None:
    moved = {"decision": "NEXT", "reason": "moved_picture", "reasons": ("moved_picture",)}
    doubted = {"decision": "NEXT", "reason": "in_doubt", "reasons": ("in_doubt",)}
    clips = [result("genuine", 3.0), *[result("fake", 9.0, **moved) for _ in range(3)], result("fake", 1.5, **doubted)]
    found = summarise(sample(*clips), resamples=50)
    assert found.decisions(Label.FAKE) == {"ALLOW": 0, "NEXT": 4, "BLOCK": 0, "not judged": 0}
    assert found.not_judged[Label.FAKE] == {}
    assert found.figures["far_allow_fake"].value == 0.0
    assert found.figures["far_next_fake"].value == 0.25
    assert found.figures["auc_fake"].value == 1.0
    assert found.presentations.worst.apnrr.estimate.value == 0.0


def test_shares_of_0_and_1_have_intervals_by_persons() -> None:
    clips = [result("fake", -5.0, person=str(number % 10)) for number in range(200)]
    found = summarise(sample(*clips), resamples=50).figures["far_allow_fake"]
    assert (found.value, found.low, found.high) == (0.0, 0.0, pytest.approx(0.2775, abs=1e-4))


@pytest.mark.parametrize("label", ["genuine", "fake", "shifted"])
def test_one_class_alone_gives_dashes(label: str) -> None:
    figures = summarise(sample(*[result(label, 1.0) for _ in range(6)]), resamples=20).figures
    assert figures["auc_all"] is figures["eer_all"] is figures["ece"] is None
    assert (figures["frr_allow"] is None) == (label != "genuine")
    assert (figures["far_allow_all"] is None) == (label == "genuine")


def test_nothing_scored_gives_dashes() -> None:
    assert set(summarise(sample(), resamples=20).figures.values()) == {None}


def test_groups_with_few_clips_show_no_figures() -> None:
    clips = [result("genuine", 5.0, duration_s=length) for length in (1, 2, 2, 2, 2, 2)]
    clips += [result("fake", -5.0, duration_s=length) for length in (2, 2, 2, 2, 2.9, 12)]
    groups = {group.name: group for group in summarise(sample(*clips), resamples=20).groups["length"]}
    middle, short, long = groups["2 to 3 s"], groups["under 2 s"], groups["10 s or more"]
    assert (middle.genuine, middle.others) == (5, 5)
    assert middle.auc is not None
    assert middle.auc.value == 1.0
    assert (short.genuine, short.frr, long.others, long.far) == (1, None, 1, None)


def test_the_figures_find_what_was_put_in() -> None:
    found = summarise(normal(1500, 1500, apart=2.0), resamples=200).figures
    # two normal classes whose means lie sqrt(2) deviations apart: AUC = Phi(1)
    assert found["auc_fake"].value == pytest.approx(0.8413, abs=0.015)
    assert found["eer_all"].value == pytest.approx(0.2398, abs=0.02)
    assert found["auc_fake"].low < 0.8413 < found["auc_fake"].high
    assert found["ece_balanced"].value < 0.03
