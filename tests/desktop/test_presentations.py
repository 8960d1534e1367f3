"""Rates of attack and bona fide presentations against tables worked out by hand."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from lipgate.core.evaluation.figures import accepted_at
from lipgate.core.evaluation.results import Result
from lipgate.desktop.evaluation.console import print_summary
from lipgate.desktop.evaluation.presentation_page import presentation_cards
from lipgate.desktop.evaluation.presentations import Presentations, presentations
from lipgate.desktop.evaluation.summary import summarise
from lipgate.desktop.evaluation.terms import CLAIM
from lipgate.desktop.evaluation.transactions import transactions
from tests.core.evaluation.tables import result, sample

INF = float("inf")
YES, DOUBT, NO = 5.0, 1.5, -5.0
"""Evidence that is ALLOW, NEXT and BLOCK."""


def attack(species: str, evidence: float | None, person: str, **fields: Any) -> Result:
    """A fake of one species."""
    return result("fake", evidence, species=species, person=person, **fields)


def genuine(evidence: float | None, person: str, **fields: Any) -> Result:
    """Somebody speaking."""
    return result("genuine", evidence, person=person, **fields)


def found(*results: Result, attempts: int = 3) -> Presentations:
    """Their rates, with few resamples."""
    return presentations(sample(*results), resamples=50, attempts=attempts)


TABLE = [
    *[attack("photograph", YES, f"p{at}") for at in range(3)],
    *[attack("photograph", NO, f"p{at}") for at in range(3, 9)],
    attack("photograph", None, "p9", reason="no_speech"),
    *[attack("mask", evidence, f"p{at}") for at, evidence in enumerate((NO, NO, DOUBT, None))],
    *[genuine(YES, f"p{at}") for at in range(16)],
    genuine(DOUBT, "p16"),
    genuine(None, "p17"),
    genuine(None, "p17", reason="no_speech"),
    genuine(YES, "p18", offset=3),
]


def test_each_species_has_its_rates_and_the_worst_is_the_headline() -> None:
    photograph, mask = found(*TABLE).species
    assert (photograph.name, mask.name) == ("photograph", "mask")
    assert (photograph.apcer.estimate.value, photograph.apcer.hits, photograph.apcer.trials) == (0.3, 3, 10)
    assert photograph.apcer.persons == 10
    assert photograph.apnrr.estimate.value == 0.1
    assert photograph.reasons == {"no_speech": 1}
    assert mask.apcer.estimate.value == 0.0
    assert mask.apnrr.estimate.value == 0.25
    assert mask.reasons == {"no_face": 1}


def test_of_equal_species_the_one_less_is_known_of_is_the_worst() -> None:
    many = [attack("often", NO, f"p{at}") for at in range(20)]
    few = [attack("seldom", NO, f"p{at}") for at in range(3)]
    assert found(*many, *few).worst.name == "seldom"


def test_genuine_clips_without_an_answer_count_among_the_refused_and_are_told_apart() -> None:
    told = found(*TABLE).bona_fide
    assert told.bpcer.estimate.value == pytest.approx(4 / 20)
    assert (told.bpcer.hits, told.bpcer.trials, told.bpcer.persons) == (4, 20, 19)
    assert told.bpnrr.estimate.value == pytest.approx(2 / 20)
    assert told.reasons == {"no_face": 1, "no_speech": 1}


def test_the_older_names_are_the_same_figures() -> None:
    summary = summarise(sample(*TABLE), resamples=50)
    assert summary.figures["frr_allow"] == summary.presentations.bona_fide.bpcer.estimate
    alone = summarise(sample(*[item for item in TABLE if item.entry.species != "mask"]), resamples=50)
    assert alone.figures["far_allow_fake"] == alone.presentations.worst.apcer.estimate


@pytest.mark.parametrize(("persons", "at_most"), [(60, 0.05), (10, 0.3), (2, 1.0)])
def test_beside_every_zero_stands_the_rule_of_three_by_person(persons: int, at_most: float) -> None:
    clips = [attack("mask", NO, f"p{at % persons}") for at in range(120)]
    rate = found(*clips).worst.apcer
    assert rate.at_most == pytest.approx(at_most)
    assert rate.to_dict()["at_most"] == pytest.approx(at_most)
    assert found(attack("mask", YES, "p")).worst.apcer.at_most is None


@pytest.mark.parametrize(
    ("refused", "expected"),
    [(0.0, 0.75), (0.1, 0.75), (0.25, 0.5), (0.5, 0.25), (0.75, 0.0), (0.99, 0.0)],
)
def test_attacks_at_a_share_of_genuine_clips_refused(refused: float, expected: float) -> None:
    values = np.array([2.0, 4.0, 6.0, 8.0, 1.0, 3.0, 5.0, 7.0])
    positive = np.arange(8) < 4
    assert accepted_at(values, positive, ~positive, np.ones((1, 8)), refused) == pytest.approx(expected)


def test_a_share_that_no_threshold_gives_is_not_a_number() -> None:
    values = np.array([-INF, 4.0, 6.0, 8.0, 1.0, -INF])
    positive = np.arange(6) < 4
    at = [accepted_at(values, positive, ~positive, np.ones((1, 6)), refused)[0] for refused in (0.1, 0.25, 0.5)]
    assert np.isnan(at[0])
    assert at[1:] == [0.0, 0.0]
    # In a draw without the clip that can never be accepted there is one.
    drawn = accepted_at(values, positive, ~positive, np.array([[0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]]), 0.1)
    assert np.isnan(drawn).tolist() == [False, True]


def test_points_use_the_score_whatever_the_thresholds_are() -> None:
    clips = [genuine(float(at), f"g{at}") for at in range(1, 21)]
    clips += [attack("dub", float(at), f"a{at}") for at in range(-9, 11)]
    point = dict(zip((1, 5, 10, 15), found(*clips).worst.at_bpcer, strict=True))
    assert [point[share].value for share in (1, 5, 10, 15)] == pytest.approx([0.5, 0.45, 0.4, 0.35])


def session(*decisions: float | None, person: str = "ann", first: int = 1, **fields: Any) -> list[Result]:
    """Attempts of one person in a row."""
    return [genuine(evidence, person, attempt=first + at, **fields) for at, evidence in enumerate(decisions)]


def test_attempts_in_a_row_are_a_transaction_and_a_number_that_does_not_rise_begins_another() -> None:
    clips = [
        *session(NO, YES),
        *session(DOUBT, NO, YES),
        *session(YES, person="ben"),
        attack("mask", YES, "ann", attempt=1),
        attack("photograph", YES, "ann", attempt=2),
        genuine(YES, "ann"),
    ]
    assert [item.clips for item in transactions(sample(*clips))] == [(0, 1), (2, 3, 4), (5,), (6,), (7,)]


def test_a_named_session_keeps_its_attempts_together() -> None:
    clips = [genuine(evidence, "ann", session=name) for name, evidence in [("a", NO), ("b", YES), ("a", YES), ("b", NO)]]
    assert [item.clips for item in transactions(sample(*clips))] == [(0, 2), (1, 3)]


@pytest.mark.parametrize(
    ("decisions", "attempts", "best", "at_once"),
    [
        ((YES,), 3, True, True),
        ((DOUBT, None, YES), 3, True, True),
        ((DOUBT, DOUBT, DOUBT, YES), 3, False, False),
        ((DOUBT, DOUBT, DOUBT, YES), 4, True, True),
        ((NO, YES), 3, True, False),
        ((YES, NO), 3, True, True),
        ((DOUBT, YES), 1, False, False),
        ((None, None), 3, False, False),
    ],
)
def test_what_accepts_a_transaction(decisions: tuple, attempts: int, best: bool, at_once: bool) -> None:
    clips = sample(*session(*decisions))
    (only,) = transactions(clips)
    assert only.accepted(clips.decisions, attempts) is best
    assert only.accepted_at_once(clips.decisions, attempts) is at_once


def test_rates_by_attempt_and_by_transaction() -> None:
    clips = [
        *session(NO, YES, person="ann"),
        *session(DOUBT, YES, person="ben"),
        *session(YES, person="cem"),
        *session(DOUBT, None, DOUBT, person="dee"),
        *[attack("mask", evidence, "ann", attempt=at) for at, evidence in enumerate((NO, NO, NO, YES), 1)],
    ]
    told = found(*clips)
    rates = {number: (rate.hits, rate.trials) for number, rate in told.bona_fide.by_attempt.items()}
    assert rates == {1: (3, 4), 2: (1, 3), 3: (1, 1)}
    assert (told.bona_fide.by_transaction.hits, told.bona_fide.by_transaction.trials) == (1, 4)
    assert told.bona_fide.at_once.hits == 2
    assert (told.worst.by_transaction.hits, told.worst.apcer.hits) == (0, 1)
    assert found(*clips, attempts=4).worst.by_transaction.hits == 1


def test_without_attempts_there_are_no_transactions() -> None:
    told = found(*TABLE)
    assert told.bona_fide.by_attempt == {}
    assert told.bona_fide.by_transaction is told.bona_fide.at_once is told.worst.by_transaction is None


def test_groups_are_compared_and_the_largest_gap_is_told() -> None:
    refused = {"young": 1, "middle": 2, "old": 6}
    clips = [
        genuine(NO if at < count else YES, f"{group}{at}", group=group) for group, count in refused.items() for at in range(10)
    ]
    clips += [genuine(NO, "x", group="one only"), genuine(YES, "y")]
    clips += [attack("mask", YES if at < 2 else NO, f"a{at}", group="young") for at in range(10)]
    comparison = found(*clips).comparisons["group"]
    assert [row.value for row in comparison.rows] == ["middle", "old", "one only", "young", None]
    assert [row.bpcer.estimate.value for row in comparison.rows] == [0.2, 0.6, 1.0, 0.1, 0.0]
    gap = comparison.gaps["bpcer"]
    assert (gap.worst, gap.best, gap.value) == ("old", "young", pytest.approx(0.5))
    assert gap.low < 0.5 < gap.high
    assert comparison.gaps["apcer"] is None


def test_a_column_with_one_value_compares_nothing() -> None:
    assert found(genuine(YES, "a", device="webcam"), genuine(YES, "b", device="webcam")).comparisons == {}


def test_of_a_gap_between_nothing_and_all_the_interval_is_no_point() -> None:
    clips = [genuine(evidence, f"{name}{at}", device=name) for name, evidence in (("a", YES), ("b", NO)) for at in range(8)]
    gap = found(*clips).comparisons["device"].gaps["bpcer"]
    assert gap.value == 1.0
    assert gap.low < 0.8


@pytest.mark.parametrize("clips", [[], [genuine(YES, "a")], [attack("mask", None, "a")]], ids=["nothing", "genuine", "attack"])
def test_one_side_alone_is_told_alone(clips: list[Result]) -> None:
    told = found(*clips)
    assert (told.bona_fide is None) == (not clips or clips[0].entry.label != "genuine")
    assert (told.worst is None) == (not clips or clips[0].entry.label == "genuine")
    assert CLAIM in presentation_cards(told)


def printed(*results: Result) -> str:
    """The tables as a terminal of 80 columns shows them."""
    out = io.StringIO()
    print_summary(summarise(sample(*results), resamples=50), Console(file=out, width=80, highlight=False))
    return out.getvalue()


def test_tables_fit_80_columns_and_lose_nothing() -> None:
    long = "a photograph with a jaw that follows the loudness of the voice of somebody else"
    clips = [
        replace(item, entry=replace(item.entry, species=long, attempt=at % 3 + 1, device=long, group=str(at % 2)))
        for at, item in enumerate(TABLE * 60)
    ]
    clips = [item if item.entry.label == "fake" else replace(item, entry=replace(item.entry, species=None)) for item in clips]
    clips += [attack("mask", YES, "p1", device="b", attempt=1)]
    shown = printed(*clips)
    assert max(map(len, shown.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    assert " ".join(CLAIM.split()) in " ".join(shown.split())
    names = "".join(line[:24].strip() for line in shown.splitlines())
    assert long.replace(" ", "") in names.replace(" ", "")


def test_the_terminal_says_what_the_figures_say() -> None:
    shown = " ".join(printed(*TABLE).split())
    assert "APCER of the worst species, photograph: 30.0 % (95 %: " in shown
    assert "3 of 10 attacks, 10 persons." in shown
    assert "BPCER: 20.0 % (95 %: " in shown
    assert "4 of 20 genuine clips, 19 persons." in shown
    assert "mask 4/4 0 (at most 75.0) 25 %" in shown
    assert "no_speech 1 (5.0 %) 1 (7.1 %)" in shown
    nobody = [replace(item, entry=replace(item.entry, person=None)) for item in TABLE]
    assert "persons." not in " ".join(printed(*nobody).split()).split("attack")[0]


def test_the_page_escapes_what_a_manifest_says() -> None:
    clips = [attack("<b>&", YES, "a", group="<i>"), genuine(YES, "b", group="<u>")]
    shown = presentation_cards(found(*clips))
    assert not [name for name in ("<b>&", "<i>", "<u>") if name in shown]
    assert "&lt;b&gt;&amp;" in shown
