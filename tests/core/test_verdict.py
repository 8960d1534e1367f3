"""Who is allowed, who tries again, who is blocked, and what cannot be judged."""

from dataclasses import replace

import numpy as np
import pytest

from lipgate.core.calibration import Calibration
from lipgate.core.judgeable import ClipFacts, track_reason
from lipgate.core.limits import Limits
from lipgate.core.presence.findings import Code, Finding
from lipgate.core.reasons import Reason
from lipgate.core.sync.course import Course, Stretch, Window
from lipgate.core.sync.distances import SyncResult
from lipgate.core.track_result import NO_COURSE, Fit, OverTime, TrackResult
from lipgate.core.verdict import Decision, Profile, decide, judge

LIMITS = Limits()
CALIBRATION = Calibration(midpoint=4.0, scale=1.0)
FACTS = ClipFacts(True, 125, 126, 9000, 1, np.ones(125, bool))


def sync(confidence: float, offset: int = 0) -> SyncResult:
    curve = np.full(31, 7.0 + confidence)
    curve[15 - offset] = 7.0
    return SyncResult(offset, confidence, 7.0, curve, np.zeros(100))


def track(
    number: int = 0,
    confidence: float = 8.0,
    offset: int = 0,
    reason: Reason | None = None,
    *,
    start: int = 0,
    frames: int = 125,
    face_px: float = 90.0,
    parts: tuple[tuple[int, int, float, int | None], ...] = (),
    changes: Course = NO_COURSE,
    findings: tuple[Finding, ...] = (),
) -> TrackResult:
    """A track; `parts` are its stretches: first and last frame, confidence, offset (None: fits nowhere)."""
    fits = tuple(
        Fit(first, last, sync(sure, where or 0), where is not None, 10.0)
        for first, last, sure, where in parts or ((0, frames, confidence, offset if confidence > 2 else None),)
    )
    windows = tuple(Window(fit.start, fit.stop - fit.start, fit.sync, fit.sync) for fit in fits)
    boxes = np.zeros((frames, 4), np.float32)
    told = OverTime(fits, windows, changes)
    return TrackResult(number, start, frames, boxes, face_px, 3.0, sync(confidence, offset), reason, 0.0, told, findings)


def facts(frames: int = 125, *, shots: int = 1, findings: tuple[Finding, ...] = (), silent: slice | None = None) -> ClipFacts:
    spoken = np.ones(frames, bool)
    if silent:
        spoken[silent] = False
    return ClipFacts(True, frames, frames, 9000, shots, spoken, findings)


def finding(*, counts: bool) -> Finding:
    return Finding(Code.REPEATS, 0.0, 1.0, 0.9, 0.5, counts, "The picture repeats.")


PERSON = replace(LIMITS, profile="person")
MEDIA = replace(LIMITS, profile="media")
LOOSE = tuple((first, first + 25, 1.0, 0) for first in range(0, 125, 25))
STEP = Course((Stretch(0, 60, 0), Stretch(60, 121, 12)), None)


@pytest.mark.parametrize(
    ("score", "offset", "decision"),
    [
        (0.95, 0, Decision.ALLOW),
        (0.90, 2, Decision.ALLOW),
        (0.90, -2, Decision.ALLOW),
        (0.99, 3, Decision.NEXT),
        (0.99, -15, Decision.NEXT),
        (0.8999, 0, Decision.NEXT),
        (0.75, 9, Decision.NEXT),
        (0.7499, 0, Decision.BLOCK),
        (0.0, 0, Decision.BLOCK),
    ],
)
def test_thresholds(score: float, offset: int, decision: Decision) -> None:
    assert decide(score, offset, LIMITS) is decision


@pytest.mark.parametrize(("offset", "allowed"), [(-5, False), (-4, True), (0, True), (1, False)])
def test_the_offset_counts_from_that_of_the_recording_equipment(offset: int, allowed: bool) -> None:
    limits = Limits(expected_offset_frames=-2)
    assert (decide(0.99, offset, limits) is Decision.ALLOW) is allowed


@pytest.mark.parametrize(
    ("facts", "tracks", "reason"),
    [
        (ClipFacts(False, 125, 0, 0), [], Reason.NO_AUDIO),
        (ClipFacts(True, 125, 0, 0), [track()], Reason.NO_AUDIO),
        (ClipFacts(True, 125, 125, 12), [track()], Reason.SILENT_AUDIO),
        (ClipFacts(True, 20, 20, 9000), [], Reason.TOO_SHORT),
        (FACTS, [], Reason.NO_FACE),
        (FACTS, [track(reason=Reason.TOO_SHORT)], Reason.TOO_SHORT),
        (FACTS, [track(reason=Reason.TOO_SHORT), track(reason=Reason.FACE_TOO_SMALL)], Reason.TOO_SHORT),
        (FACTS, [track(reason=Reason.FACE_TOO_SMALL), track(reason=Reason.NO_SPEECH)], Reason.NO_SPEECH),
        (FACTS, [track(reason=Reason.NO_SPEECH), track(reason=Reason.MOUTH_HIDDEN)], Reason.MOUTH_HIDDEN),
        (ClipFacts(True, 125, 60, 9000), [track()], Reason.LENGTH_MISMATCH),
        (ClipFacts(True, 60, 125, 9000), [track()], Reason.LENGTH_MISMATCH),
    ],
)
def test_what_cannot_be_judged_is_next_without_numbers(facts: ClipFacts, tracks: list[TrackResult], reason: Reason) -> None:
    verdict = judge(tracks, facts, CALIBRATION, LIMITS)
    assert (verdict.decision, verdict.reason, verdict.score, verdict.speaker) == (Decision.NEXT, reason, None, None)


def test_small_differences_in_length_are_usual() -> None:
    assert judge([track()], ClipFacts(True, 125, 110, 9000, 1, np.ones(125, bool)), CALIBRATION, LIMITS).reason is None


def test_the_speaker_is_the_track_with_most_speech_that_fits() -> None:
    tracks = [
        track(0, 3.0),
        track(1, 9.0, offset=1, parts=((0, 125, 9.0, 1),)),
        track(2, 20.0, reason=Reason.NO_SPEECH),
        track(3, 12.0, parts=((0, 30, 12.0, 0), (30, 125, 0.5, None))),
    ]
    assert judge(tracks, FACTS, CALIBRATION, LIMITS).speaker is tracks[1]


@pytest.mark.parametrize(
    ("tracks", "about", "decision", "reason"),
    [
        ([track()], facts(), Decision.ALLOW, None),
        ([track(confidence=5.8)], facts(), Decision.NEXT, Reason.IN_DOUBT),
        ([track(offset=6)], facts(), Decision.NEXT, Reason.OUT_OF_SYNC),
        ([track(confidence=1.0)], facts(), Decision.BLOCK, Reason.NO_FIT),
        # a mouth that follows the sound loosely is not one that speaks it, and not one that speaks something else
        ([track(confidence=1.0, parts=LOOSE)], facts(), Decision.NEXT, Reason.LOOSE_FIT),
        # a doubtful fit is no refutation
        ([track(confidence=3.6)], facts(), Decision.NEXT, Reason.IN_DOUBT),
        # three seconds of a genuine speaker do not vouch for the rest, and foreign sound in a part is no refutation of the whole
        ([track(parts=((0, 75, 9.0, 0), (75, 125, 0.5, None)))], facts(), Decision.NEXT, Reason.PART_NO_FIT),
        ([track(confidence=2.0, parts=((0, 75, 9.0, 0), (75, 125, 0.5, None)))], facts(), Decision.NEXT, Reason.PART_NO_FIT),
        ([track(confidence=2.0, parts=((0, 40, 9.0, 0), (40, 125, 0.5, None)))], facts(), Decision.BLOCK, Reason.NO_FIT),
        ([track(changes=STEP)], facts(), Decision.NEXT, Reason.SOUND_MOVES),
        ([track(changes=Course((), -600.0))], facts(), Decision.NEXT, Reason.SOUND_MOVES),
        ([track()], facts(shots=2), Decision.NEXT, Reason.SHOT_CHANGES),
        ([track(), track(1, 1.0, face_px=80)], facts(), Decision.NEXT, Reason.SEVERAL_FACES),
        ([track(), track(1, reason=Reason.NO_SPEECH, face_px=80)], facts(), Decision.NEXT, Reason.SEVERAL_FACES),
        ([track(face_px=64), track(1, 1.0, face_px=400)], facts(), Decision.NEXT, Reason.SEVERAL_FACES),
        ([track(), track(1, 1.0, face_px=30)], facts(), Decision.ALLOW, None),
        ([track(), track(1, 1.0, start=100, frames=20)], facts(), Decision.ALLOW, None),
        ([track(frames=80)], facts(), Decision.NEXT, Reason.PART_UNSEEN),
        ([track(frames=80)], facts(silent=slice(80, 125)), Decision.ALLOW, None),
        ([track(frames=80), track(1, 1.0, start=85, frames=40)], facts(), Decision.NEXT, Reason.FACE_CHANGES),
        ([track(findings=(finding(counts=True),))], facts(), Decision.NEXT, Reason.PICTURE_REPEATS),
        ([track()], facts(findings=(finding(counts=True),)), Decision.NEXT, Reason.PICTURE_REPEATS),
        ([track(findings=(finding(counts=False),))], facts(), Decision.ALLOW, None),
        # nothing raises what another rule has lowered
        ([track(confidence=1.0)], facts(shots=3, findings=(finding(counts=True),)), Decision.BLOCK, Reason.NO_FIT),
    ],
)
def test_a_person_is_judged_by_all_of_the_video(
    tracks: list[TrackResult], about: ClipFacts, decision: Decision, reason: Reason | None
) -> None:
    verdict = judge(tracks, about, CALIBRATION, PERSON)
    assert (verdict.decision, verdict.reason) == (decision, reason)
    assert verdict.profile is Profile.PERSON
    assert (verdict.reasons == ()) is (decision is Decision.ALLOW)


def test_all_reasons_are_told_and_the_hardest_first() -> None:
    verdict = judge([track(offset=6, changes=STEP)], facts(shots=2), CALIBRATION, PERSON)
    assert verdict.reasons == (Reason.OUT_OF_SYNC, Reason.SOUND_MOVES, Reason.SHOT_CHANGES)


LONG = 1000


@pytest.mark.parametrize(
    ("parts", "decision", "reason"),
    [
        (((0, LONG, 9.0, 0),), Decision.ALLOW, None),
        (((0, 960, 9.0, 0), (960, LONG, 0.5, None)), Decision.ALLOW, None),
        (((0, 700, 9.0, 0), (700, LONG, 0.5, None)), Decision.NEXT, Reason.PART_NO_FIT),
        (((0, 300, 9.0, 0), (300, LONG, 0.5, None)), Decision.BLOCK, Reason.NO_FIT),
        (((0, 700, 9.0, 0), (700, LONG, 9.0, -5)), Decision.NEXT, Reason.PART_OUT_OF_SYNC),
        (((0, LONG, 9.0, -5),), Decision.NEXT, Reason.OUT_OF_SYNC),
        (((0, 400, 9.0, 0),), Decision.NEXT, Reason.PART_UNSEEN),
    ],
)
def test_a_film_is_judged_stretch_by_stretch(parts: tuple, decision: Decision, reason: Reason | None) -> None:
    frames = parts[-1][1]
    verdict = judge([track(frames=frames, parts=parts)], facts(LONG, shots=8), CALIBRATION, MEDIA)
    assert (verdict.decision, verdict.reason, verdict.profile) == (decision, reason, Profile.MEDIA)


@pytest.mark.parametrize(
    ("about", "profile"),
    [
        (facts(125), Profile.PERSON),
        (facts(60 * 25), Profile.PERSON),
        (facts(61 * 25), Profile.MEDIA),
        (facts(125, shots=2), Profile.MEDIA),
    ],
)
def test_auto_takes_one_short_shot_for_a_person(about: ClipFacts, profile: Profile) -> None:
    assert judge([track(frames=about.video_frames)], about, CALIBRATION, LIMITS).profile is profile


def test_segments_cover_the_video_and_tell_each_state() -> None:
    parts = ((0, 40, 9.0, 0), (40, 90, 9.0, -6), (90, 125, 0.5, None))
    about = facts(200, silent=slice(150, 200))
    segments = judge([track(parts=parts)], about, CALIBRATION, PERSON).segments
    assert [(segment.start_s, segment.end_s, str(segment.state)) for segment in segments] == [
        (0.0, 1.6, "in_sync"),
        (1.6, 3.6, "late"),
        (3.6, 5.0, "no_fit"),
        (5.0, 6.0, "not_judged"),
        (6.0, 8.0, "no_speech"),
    ]
    assert segments[1].offset_ms == -240.0
    assert segments[3].reason == "off_screen"
    shares = judge([track(parts=parts)], about, CALIBRATION, PERSON).shares
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["late"] == pytest.approx(50 / 150)


@pytest.mark.parametrize(
    ("frames", "face", "speech", "hidden", "result", "reason"),
    [
        (50, 50, 0.3, 0.5, sync(5), None),
        (49, 50, 0.3, 0.5, sync(5), Reason.TOO_SHORT),
        (50, 49, 0.3, 0.5, sync(5), Reason.FACE_TOO_SMALL),
        (50, 50, 0.29, 0.5, sync(5), Reason.NO_SPEECH),
        (50, 50, 0.3, 0.51, sync(5), Reason.MOUTH_HIDDEN),
        (50, 50, 0.3, 0.5, None, Reason.TOO_SHORT),
    ],
)
def test_limits_of_a_track(
    frames: int, face: float, speech: float, hidden: float, result: SyncResult | None, reason: Reason | None
) -> None:
    assert track_reason(frames, face, speech, hidden, result, LIMITS) is reason


def test_every_reason_can_be_said_in_a_sentence() -> None:
    assert all(reason.text.endswith(".") for reason in Reason)


def test_where_the_shots_are_short_the_shots_are_said_to_be() -> None:
    facts = replace(FACTS, shots=4, cuts=(30, 60, 90))
    short = [track(number=number, start=30 * number, frames=29, reason=Reason.TOO_SHORT) for number in range(4)]
    assert judge(short, facts, CALIBRATION, LIMITS).reason is Reason.SHORT_SHOTS
    lost = [track(number=0, start=3, frames=20, reason=Reason.TOO_SHORT)]
    assert judge(lost, replace(FACTS, shots=2, cuts=(80,)), CALIBRATION, LIMITS).reason is Reason.TOO_SHORT
    silent = [*short, track(number=4, start=0, frames=120, reason=Reason.NO_SPEECH)]
    assert judge(silent, facts, CALIBRATION, LIMITS).reason is Reason.NO_SPEECH


def test_the_reason_is_that_of_the_face_that_came_furthest() -> None:
    order = [Reason.FACE_TOO_SMALL, Reason.TOO_SHORT, Reason.NO_SPEECH, Reason.MOUTH_HIDDEN]
    for count in range(1, len(order) + 1):
        tracks = [track(number=number, reason=reason) for number, reason in enumerate(order[:count])]
        assert judge(tracks, FACTS, CALIBRATION, LIMITS).reason is order[count - 1]
