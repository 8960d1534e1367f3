"""Who is allowed, who tries again, who is blocked, and what cannot be judged."""

import numpy as np
import pytest

from core.calibration import Calibration
from core.limits import Limits
from core.reasons import Reason
from core.sync.distances import SyncResult
from core.track_result import TrackResult
from core.verdict import ClipFacts, Decision, decide, judge, track_reason

LIMITS = Limits()
CALIBRATION = Calibration(midpoint=4.0, scale=1.0)
FACTS = ClipFacts(has_audio=True, video_frames=125, audio_frames=126, audio_peak=9000)


def sync(confidence: float, offset: int = 0) -> SyncResult:
    return SyncResult(offset, confidence, 7.0, np.zeros(31), np.zeros(100))


def track(number: int = 0, confidence: float = 8.0, offset: int = 0, reason: Reason | None = None) -> TrackResult:
    return TrackResult(number, 0, 100, np.zeros((100, 4), np.float32), 90.0, 3.0, sync(confidence, offset), reason)


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
        (FACTS, [track(reason=Reason.TOO_SHORT), track(reason=Reason.FACE_TOO_SMALL)], Reason.FACE_TOO_SMALL),
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
    assert judge([track()], ClipFacts(True, 125, 110, 9000), CALIBRATION, LIMITS).reason is None


def test_the_speaker_is_the_best_synchronised_track() -> None:
    tracks = [track(0, 3.0), track(1, 9.0, offset=1), track(2, 20.0, reason=Reason.NO_SPEECH)]
    verdict = judge(tracks, FACTS, CALIBRATION, LIMITS)
    assert verdict.speaker is tracks[1]
    assert verdict.decision is Decision.ALLOW


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
