"""From recordings to an outcome: the rules, and the way of a person through them."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from lipgate.core.errors import DeadlineError, InputError
from lipgate.core.limits import Limits
from lipgate.desktop.kiosk.phrases import CLOSED
from lipgate.desktop.kiosk.sessions import Heard, PhraseCheck, close_attempt, conclude
from lipgate.desktop.kiosk.station import PATIENCE_S
from lipgate.handlers.domain.errors import UnavailableError
from tests.desktop.kiosk.conftest import MakeKiosk, RunningKiosk, report, track

APART = {"duration_s": 5.0, "sound_s": 5.4}

HEARD_RIGHT, HEARD_WRONG = Heard(("1",), matches=True), Heard(("2",), matches=False)
RIGHT, WRONG = PhraseCheck.RIGHT, PhraseCheck.WRONG
IMPOSSIBLE, OFF = PhraseCheck.NOT_POSSIBLE, PhraseCheck.SWITCHED_OFF


@pytest.mark.parametrize(
    ("made", "phrase", "decision", "reason"),
    [
        (report("ALLOW"), OFF, "ALLOW", None),
        (report("ALLOW"), IMPOSSIBLE, "NEXT", "phrase_not_checked"),
        (report("NEXT", "no_face"), IMPOSSIBLE, "NEXT", "no_face"),
        (report("BLOCK"), IMPOSSIBLE, "BLOCK", "out_of_sync"),
        (report("ALLOW"), RIGHT, "ALLOW", None),
        (report("ALLOW"), WRONG, "NEXT", "wrong_phrase"),
        (report("NEXT", score=0.8), RIGHT, "NEXT", "out_of_sync"),
        (report("NEXT", score=0.8), WRONG, "NEXT", "out_of_sync"),
        (report("NEXT", "out_of_sync", offset_frames=-5), WRONG, "NEXT", "delayed"),
        (report("NEXT", "out_of_sync", video=APART), RIGHT, "NEXT", "started_apart"),
        (report("BLOCK", "no_fit", score=0.001, video=APART), RIGHT, "NEXT", "started_apart"),
        (report("NEXT", "no_face", video=APART), RIGHT, "NEXT", "no_face"),
        (report("ALLOW", video=APART), WRONG, "NEXT", "wrong_phrase"),
        (report("NEXT", "no_face"), WRONG, "NEXT", "no_face"),
        (report("BLOCK"), RIGHT, "BLOCK", "out_of_sync"),
        (report("ALLOW", None, track(1)), RIGHT, "NEXT", "multiple_faces"),
        (report("ALLOW", None, track(1), track(2)), WRONG, "NEXT", "multiple_faces"),
        (report("ALLOW", None, track(1, 0.0, 1.0)), RIGHT, "ALLOW", None),
        (report("ALLOW", None, track(1, 0.0, 1.5), track(2, 3.0, 4.5)), RIGHT, "NEXT", "multiple_faces"),
        (report("ALLOW", None, track(1, face_px=40.0)), RIGHT, "ALLOW", None),
        (report("BLOCK", None, track(1)), OFF, "BLOCK", "out_of_sync"),
    ],
)
def test_what_a_recording_means(made: dict[str, Any], phrase: PhraseCheck, decision: str, reason: str | None) -> None:
    assert conclude(made, phrase, Limits()) == (decision, reason)


@pytest.mark.parametrize(
    ("decision", "reason", "left", "outcome"),
    [
        ("NEXT", "no_face", 1, ("NEXT", "no_face", None)),
        ("NEXT", "no_face", 0, ("BLOCK", "attempts_used_up", "no_face")),
        ("ALLOW", None, 0, ("ALLOW", None, None)),
        ("BLOCK", "out_of_sync", 2, ("BLOCK", "out_of_sync", None)),
        ("BLOCK", "out_of_sync", 0, ("BLOCK", "out_of_sync", None)),
    ],
)
def test_the_last_attempt_has_no_next(decision: str, reason: str | None, left: int, outcome: tuple) -> None:
    assert close_attempt(decision, reason, left) == outcome


def test_a_clear_allow_ends_the_session_at_once(kiosk: RunningKiosk) -> None:
    session = kiosk.start()
    answer = kiosk.attempt(session)
    assert answer.status_code == 201
    assert answer.json()["session"]["state"] == "allowed"
    assert answer.json()["session"]["challenge"] is None
    assert answer.json()["attempt"] == {
        **{"number": 1, "decision": "ALLOW", "reason": None, "first_reason": None, "phrase_check": "right"},
        **{"offset_frames": 0, "confidence": 5.0, "score": 0.97, "processing_time_ms": 400},
    }


def test_each_next_brings_a_new_phrase_until_the_attempts_are_used_up(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(max_attempts=3)
    kiosk.script.says = [report("NEXT", "no_face"), report("NEXT", score=0.8), report("NEXT", "no_speech")]
    session, phrases, seen = kiosk.start(), set(), []
    while session["state"] == "open":
        phrases.add(tuple(session["challenge"]["digits"]))
        answer = kiosk.attempt(session).json()
        session = answer["session"]
        seen.append((answer["attempt"]["decision"], answer["attempt"]["reason"], answer["attempt"]["first_reason"]))
    assert seen == [
        ("NEXT", "no_face", None),
        ("NEXT", "out_of_sync", None),
        ("BLOCK", "attempts_used_up", "no_speech"),
    ]
    assert (session["state"], session["attempts_left"], len(phrases)) == ("blocked", 0, 3)


def test_a_clear_no_ends_the_session_at_once(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report("BLOCK")]
    assert kiosk.attempt(kiosk.start()).json()["session"]["state"] == "blocked"


def test_the_right_voice_with_the_wrong_phrase_must_try_again(kiosk: RunningKiosk) -> None:
    kiosk.script.hears = [HEARD_WRONG, HEARD_RIGHT]
    session = kiosk.start()
    first = kiosk.attempt(session).json()
    assert (first["attempt"]["decision"], first["attempt"]["reason"]) == ("NEXT", "wrong_phrase")
    assert kiosk.attempt(first["session"]).json()["attempt"]["decision"] == "ALLOW"


@pytest.mark.parametrize("language", ["es", "en"])
def test_without_a_recogniser_nobody_passes(kiosk: RunningKiosk, language: str) -> None:
    kiosk.script.hears = []
    station = kiosk.client.get("/api/station").json()
    assert station["cannot_verify"]
    assert not any(station["phrase_check"].values())
    session, seen = kiosk.start(language), []
    while session["state"] == "open":
        answer = kiosk.attempt(session).json()
        session = answer["session"]
        seen.append((answer["attempt"]["decision"], answer["attempt"]["reason"], answer["attempt"]["phrase_check"]))
    assert seen[:-1] == [("NEXT", "phrase_not_checked", "not_possible")] * 2
    assert (seen[-1][0], session["state"]) == ("BLOCK", "blocked")


def test_a_check_that_the_operator_switched_off_is_told_and_logged(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(phrase_check=False)
    kiosk.script.hears = [HEARD_WRONG]
    session = kiosk.start()
    attempt = kiosk.attempt(session).json()["attempt"]
    assert (attempt["decision"], attempt["phrase_check"]) == ("ALLOW", "switched_off")
    assert not kiosk.client.get("/api/station").json()["cannot_verify"]
    kiosk.log_in()
    assert kiosk.operator(f"sessions/{session['id']}")["attempts"][0]["phrase_check"] == "switched_off"
    entries = kiosk.operator("audit")["entries"]
    assert [entry["detail"]["phrase_check"] for entry in entries if entry["event"] == "attempt_judged"] == ["switched_off"]


def test_the_operator_switches_the_check_off_at_the_station_and_that_is_logged(kiosk: RunningKiosk) -> None:
    kiosk.script.hears = []
    kiosk.log_in()
    assert kiosk.client.put("/api/operator/settings", json={"phrase_check": False}).status_code == 200
    changed = [entry["detail"] for entry in kiosk.operator("audit")["entries"] if entry["event"] == "settings_changed"]
    assert changed == [{"changed": {"phrase_check": False}}]
    assert kiosk.attempt(kiosk.start()).json()["attempt"]["phrase_check"] == "switched_off"


def test_nobody_can_choose_a_language_in_which_the_phrase_is_not_checked(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(language="es")
    kiosk.script.knows = ("en",)
    station = kiosk.client.get("/api/station").json()
    assert (station["languages"], station["language"], station["cannot_verify"]) == (["en"], "en", False)
    refused = kiosk.client.post("/api/sessions", json={"language": "es"})
    assert (refused.status_code, refused.json()["code"]) == (422, "language_not_offered")
    assert kiosk.start("en")["language"] == "en"


@pytest.mark.parametrize("language", ["es", "en"])
def test_a_phrase_has_digits_and_words_in_which_the_lips_close(kiosk: RunningKiosk, language: str) -> None:
    parts = kiosk.start(language)["challenge"]["digits"]
    assert [part.isdecimal() for part in parts] == [True] * 4 + [False] + [True] * 4 + [False]
    assert {parts[4], parts[9]} < set(CLOSED[language])


@pytest.mark.parametrize("code", ["not_a_video", "corrupt_video", "empty_file", "video_too_long"])
def test_a_recording_that_cannot_be_read_is_an_attempt_without_numbers(code: str, kiosk: RunningKiosk) -> None:
    kiosk.script.says = [InputError(code, "It cannot be read.")]
    answer = kiosk.attempt(kiosk.start()).json()
    assert (answer["attempt"]["decision"], answer["attempt"]["reason"], answer["attempt"]["score"]) == ("NEXT", code, None)
    assert answer["session"]["attempts_left"] == 2


@pytest.mark.parametrize(
    ("fault", "status"),
    [(DeadlineError(30), 504), (UnavailableError("shutting_down", "Stopping."), 503), (ZeroDivisionError(), 500)],
)
def test_a_fault_of_the_station_costs_no_attempt(fault: Exception, status: int, kiosk: RunningKiosk) -> None:
    kiosk.script.says = [fault, report()]
    session = kiosk.start()
    assert kiosk.attempt(session).status_code == status
    again = kiosk.client.get(f"/api/sessions/{session['id']}").json()
    assert (again["state"], again["attempts_used"]) == ("open", 0)
    assert again["challenge"]["id"] != session["challenge"]["id"]
    assert kiosk.attempt(again).json()["attempt"]["number"] == 1


def test_a_fault_of_the_recogniser_is_no_pass(kiosk: RunningKiosk) -> None:
    kiosk.script.hears = [ZeroDivisionError()]
    session = kiosk.start()
    assert kiosk.attempt(session).status_code == 500
    assert kiosk.client.get(f"/api/sessions/{session['id']}").json()["state"] == "open"


def test_a_phrase_is_good_for_one_recording(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report("NEXT")]
    session = kiosk.start()
    kiosk.attempt(session)
    again = kiosk.attempt(session)
    assert (again.status_code, again.json()["code"]) == (409, "challenge_used")


def test_a_phrase_that_was_shown_too_long_ago_is_void(kiosk: RunningKiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lipgate.desktop.kiosk.station.CHALLENGE_SECONDS", -1.0)
    session = kiosk.start()
    answer = kiosk.attempt(session)
    assert (answer.status_code, answer.json()["code"]) == (409, "challenge_expired")
    monkeypatch.setattr("lipgate.desktop.kiosk.station.CHALLENGE_SECONDS", 60.0)
    fresh = kiosk.client.get(f"/api/sessions/{session['id']}").json()
    assert kiosk.attempt(fresh).status_code == 201


def test_the_phrase_of_another_session_is_void(kiosk: RunningKiosk) -> None:
    first, second = kiosk.start(), kiosk.start()
    answer = kiosk.attempt({**second, "challenge": first["challenge"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "challenge_used")


def test_who_begins_ends_the_session_of_who_left(kiosk: RunningKiosk) -> None:
    first = kiosk.start()
    kiosk.start()
    answer = kiosk.attempt(first)
    assert (answer.status_code, answer.json()["code"]) == (409, "session_ended")
    assert kiosk.client.get(f"/api/sessions/{first['id']}").json()["state"] == "abandoned"


def test_a_session_is_left_by_who_does_nothing_not_by_who_is_slow(kiosk: RunningKiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    # The clock of the station alone: everything that waits needs one that goes on.
    monkeypatch.setattr("lipgate.desktop.kiosk.station.time", SimpleNamespace(time=time.time, monotonic=lambda: now))
    kiosk.script.says = [report("NEXT")]
    session = kiosk.start()

    def state_after(idle_s: float) -> str:
        nonlocal now
        now += idle_s
        kiosk.station.sweep()
        found = kiosk.station.store.session(session["id"])
        assert found
        return str(found.state)

    assert state_after(PATIENCE_S - 1) == "open"
    session = kiosk.client.get(f"/api/sessions/{session['id']}").json()
    assert state_after(PATIENCE_S - 1) == "open"
    session = kiosk.attempt(session).json()["session"]
    assert state_after(PATIENCE_S - 1) == "open"
    assert state_after(2) == "abandoned"
    kiosk.client.get(f"/api/sessions/{session['id']}")
    session = kiosk.start()
    assert state_after(PATIENCE_S - 1) == "open"


def test_a_clock_that_is_set_ends_no_session(kiosk: RunningKiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = kiosk.start()
    later = time.time() + 2 * PATIENCE_S
    monkeypatch.setattr("lipgate.desktop.kiosk.station.time.time", lambda: later)
    kiosk.station.sweep()
    assert kiosk.client.get(f"/api/sessions/{session['id']}").json()["state"] == "open"


def test_a_person_may_cancel(kiosk: RunningKiosk) -> None:
    session = kiosk.start()
    for _ in range(2):
        assert kiosk.client.delete(f"/api/sessions/{session['id']}").status_code == 204
    assert kiosk.attempt(session).json()["code"] == "session_ended"
    assert kiosk.client.get(f"/api/sessions/{session['id']}").json()["state"] == "cancelled"


def test_a_verdict_for_a_session_that_ended_meanwhile_is_not_kept(kiosk: RunningKiosk) -> None:
    session = kiosk.start()
    station = kiosk.station
    taken = station.take_challenge(session["id"], session["challenge"]["id"])
    station.cancel(session["id"])
    recording = kiosk.folder / "recording"
    recording.write_bytes(b"\x1aE\xdf\xa3 this stands for a recording")
    with pytest.raises(Exception, match="has ended"):
        station.judge(*taken, recording, ".webm")
    assert station.store.read("SELECT * FROM attempts") == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_session_nobody_began_is_unknown(method: str, kiosk: RunningKiosk) -> None:
    answer = kiosk.client.request(method, "/api/sessions/0123")
    assert (answer.status_code, answer.json()["code"]) == (404, "session_unknown")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"headers": {"Content-Type": "text/plain"}}, 415, "unsupported_media_type"),
        ({"headers": {"Content-Type": "video/webm", "Content-Length": str(1 << 30)}}, 413, "body_too_large"),
    ],
)
def test_what_is_no_recording_is_refused_before_the_phrase_is_used(
    changes: dict[str, Any], status: int, code: str, kiosk: RunningKiosk
) -> None:
    session = kiosk.start()
    answer = kiosk.attempt(session, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert kiosk.attempt(session).status_code == 201


@pytest.mark.parametrize("body", [{}, {"language": "fr"}, {"language": "es", "max_attempts": 99}, []])
def test_a_session_begins_with_a_language_and_nothing_else(body: Any, kiosk: RunningKiosk) -> None:
    assert kiosk.client.post("/api/sessions", json=body).status_code == 422
