"""A computer that is too slow is told as such, by figures of recordings and by none of a clock."""

from typing import Any

import pytest

from lipgate.core.errors import DeadlineError
from lipgate.desktop.kiosk.pace import named, time_factor, too_slow
from tests.desktop.kiosk.conftest import RECORDING, RunningKiosk, report

SLOW = {"duration_s": 5.0, "sound_s": 5.0, "fps": 8.0}
FAST = {**SLOW, "fps": 25.0}
UNKNOWN = {**SLOW, "fps": None}


@pytest.mark.parametrize(
    ("video", "decision", "reason", "named_so"),
    [
        (SLOW, "NEXT", "no_fit", "too_slow"),
        (SLOW, "NEXT", "part_out_of_sync", "too_slow"),
        (SLOW, "NEXT", "wrong_phrase", "wrong_phrase"),
        (SLOW, "NEXT", "no_face", "no_face"),
        (SLOW, "BLOCK", "no_fit", "no_fit"),
        (SLOW, "ALLOW", None, None),
        (FAST, "NEXT", "no_fit", "no_fit"),
        (UNKNOWN, "NEXT", "no_fit", "no_fit"),
    ],
)
def test_a_doubt_that_few_pictures_may_be_the_cause_of_is_named_so(
    video: dict[str, Any], decision: str, reason: str | None, named_so: str | None
) -> None:
    assert named(report(video=video), decision, reason) == named_so


@pytest.mark.parametrize(
    ("video", "milliseconds", "factor", "slow"),
    [
        (FAST, 400, 0.08, False),
        (FAST, 12_500, 2.5, False),
        (FAST, 13_000, 2.6, True),
        (SLOW, 400, 0.08, True),
        ({**FAST, "duration_s": None}, 400, None, False),
    ],
)
def test_how_a_computer_keeps_up(video: dict[str, Any], milliseconds: int, factor: float | None, slow: bool) -> None:
    made = report(video=video, processing_time_ms=milliseconds)
    assert (time_factor(made), too_slow(made)) == (factor, slow)


def test_a_recording_with_few_pictures_is_told_to_visitor_and_operator(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report("NEXT", "in_doubt", score=0.8, video=SLOW, processing_time_ms=10_000)]
    session = kiosk.start()
    assert kiosk.attempt(session).json()["attempt"]["reason"] == "too_slow"
    kiosk.log_in()
    (attempt,) = kiosk.operator(f"sessions/{session['id']}")["attempts"]
    assert (attempt["decision"], attempt["reason"], attempt["time_factor"]) == ("NEXT", "too_slow", 2.0)


def test_a_recording_that_ran_into_the_time_limit_is_in_the_audit_log(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [DeadlineError(30)]
    session = kiosk.start()
    assert kiosk.attempt(session).json()["code"] == "timeout"
    kiosk.log_in()
    log = kiosk.operator("audit")
    assert log["intact"]
    (told,) = [entry["detail"] for entry in log["entries"] if entry["event"] == "too_slow"]
    assert told == {"session": session["id"], "seconds": 30.0}


def test_the_device_check_says_how_the_computer_kept_up(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report(video=FAST, processing_time_ms=13_000)]
    kiosk.log_in()
    made = kiosk.client.post("/api/operator/recording", **RECORDING).json()["report"]
    assert (made["time_factor"], made["too_slow"]) == (2.6, True)
