"""The operator's desk: the PIN, history, settings, exports."""

import csv
import io
import threading
from pathlib import Path
from typing import Any

import pytest

from lipgate.core.errors import SettingsError
from lipgate.desktop.kiosk import desk, pin
from lipgate.desktop.kiosk.store import iterate_audit
from lipgate.handlers.domain.errors import RefusedError
from tests.desktop.kiosk.conftest import RECORDING, MakeKiosk, RunningKiosk, report
from tests.site_files import site_file


def login(kiosk: RunningKiosk, text: str) -> Any:
    """The answer to a PIN."""
    return kiosk.client.post("/api/operator/login", json={"pin": text})


@pytest.mark.parametrize("place", ["sessions", "sessions/x", "attempts/x/video", "export", "audit", "settings", "device"])
def test_nothing_is_told_without_the_pin(place: str, kiosk: RunningKiosk) -> None:
    answer = kiosk.client.get(f"/api/operator/{place}")
    assert (answer.status_code, answer.json()["code"]) == (401, "operator_only")


def test_nothing_is_changed_without_the_pin(kiosk: RunningKiosk) -> None:
    assert kiosk.client.put("/api/operator/settings", json={"max_attempts": 9}).json()["code"] == "operator_only"
    assert kiosk.client.post("/api/operator/recording", **RECORDING).json()["code"] == "operator_only"
    assert kiosk.station.store.options() == {}


def test_a_station_without_a_pin_has_no_operator(kiosk: RunningKiosk) -> None:
    assert login(kiosk, "").json()["code"] == "no_pin"


@pytest.mark.parametrize("text", ["123", "1234567890123", "12a4", "\uff11\uff12\uff13\uff14", "", "12 34"])
def test_a_pin_has_4_to_12_digits(text: str, kiosk: RunningKiosk) -> None:
    with pytest.raises(ValueError, match="digits"):
        pin.set_pin(kiosk.station.store, text, 1.0)


def test_the_pin_is_not_in_the_file(kiosk: RunningKiosk) -> None:
    pin.set_pin(kiosk.station.store, "918273645", 1.0)
    kiosk.station.store.close()
    assert not [path for path in kiosk.folder.glob("kiosk.sqlite3*") if b"918273645" in path.read_bytes()]


def test_logging_in_and_out(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    assert kiosk.operator("sessions")["sessions"] == []
    assert kiosk.client.post("/api/operator/logout").status_code == 204
    assert kiosk.client.get("/api/operator/sessions").status_code == 401


def test_a_visitor_who_begins_logs_the_operator_out(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    session = kiosk.start()
    assert kiosk.client.delete(f"/api/sessions/{session['id']}").status_code == 204
    assert kiosk.client.get("/api/operator/sessions").json()["code"] == "operator_only"
    assert kiosk.client.put("/api/operator/settings", json={"max_attempts": 9}).json()["code"] == "operator_only"


def test_a_second_operator_puts_out_the_first(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    first = dict(kiosk.client.cookies)
    kiosk.log_in()
    kiosk.client.cookies.clear()
    kiosk.client.cookies.update(first)
    assert kiosk.client.get("/api/operator/sessions").status_code == 401


def test_an_operator_who_went_away_is_logged_out(kiosk: RunningKiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.log_in()
    monkeypatch.setattr(desk, "IDLE_S", -1.0)
    assert kiosk.client.get("/api/operator/sessions").json()["code"] == "operator_only"


def test_guessing_is_slowed_down_more_and_more_and_restarts_do_not_help(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk()
    store = kiosk.station.store
    pin.set_pin(store, "2468", 1.0)
    now, waits = 1000.0, []
    for _ in range(pin.FREE_FAILURES + 12):
        with pytest.raises(Exception, match="not the PIN"):
            pin.check_pin(store, "0000", now)
        until = store.options()["pin_failures"]["until"]
        waits.append(max(0.0, until - now))
        now = max(now, until)
    assert waits[: pin.FREE_FAILURES] == [0.0] * pin.FREE_FAILURES
    assert waits[pin.FREE_FAILURES : pin.FREE_FAILURES + 3] == [15.0, 30.0, 60.0]
    assert waits[-1] == pin.LONGEST_WAIT_S
    with pytest.raises(Exception, match="Too many") as locked:
        pin.check_pin(make_kiosk().station.store, "2468", now - 1)
    assert locked.value.retry_after == pytest.approx(1.0)  # type: ignore[attr-defined]
    pin.check_pin(store, "2468", now)
    assert store.options()["pin_failures"]["count"] == 0


def test_a_clock_that_was_ahead_locks_nobody_out_for_longer_than_the_longest_wait(kiosk: RunningKiosk) -> None:
    store, now = kiosk.station.store, 1000.0
    pin.set_pin(store, "2468", 1.0)
    for _ in range(pin.FREE_FAILURES + 1):
        with pytest.raises(RefusedError, match="not the PIN"):
            pin.check_pin(store, "0000", now + 1e9)
    for later in (0.0, 600.0):
        with pytest.raises(RefusedError, match="Too many") as locked:
            pin.check_pin(store, "2468", now + later)
        assert locked.value.retry_after == pin.LONGEST_WAIT_S - later
    pin.check_pin(store, "2468", now + pin.LONGEST_WAIT_S)


def test_guesses_at_the_same_time_are_all_counted(kiosk: RunningKiosk) -> None:
    pin.set_pin(kiosk.station.store, "2468", 1.0)
    threads = [threading.Thread(target=login, args=[kiosk, "0000"]) for _ in range(pin.FREE_FAILURES + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answer = login(kiosk, "2468")
    assert (answer.status_code, answer.json()["code"]) == (429, "locked")
    assert 1 <= int(answer.headers["retry-after"]) <= pin.FIRST_WAIT_S


def test_history_shows_sessions_newest_first_and_page_by_page(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report(), report("NEXT", "no_face"), report("BLOCK")]
    for _ in range(3):
        kiosk.attempt(kiosk.start())
    kiosk.log_in()
    first = kiosk.operator("sessions", limit=2)
    rest = kiosk.operator("sessions", limit=2, before=first["next"])
    states = [row["state"] for row in first["sessions"] + rest["sessions"]]
    assert states == ["blocked", "abandoned", "allowed"]
    assert (rest["next"], first["counts"]["abandoned"], first["counts"]["open"]) == (None, 1, 0)
    assert [row["id"] for row in kiosk.operator("sessions", state="allowed")["sessions"]] == [rest["sessions"][0]["id"]]
    assert kiosk.operator("sessions", since="2020-01-01", until="2020-12-31")["sessions"] == []
    assert len(kiosk.operator("sessions", since="2020-01-01")["sessions"]) == 3


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"before": "x"}, {"state": "lost"}, {"since": "yesterday"}, {"until": "9999-12-31"}]
)
def test_a_question_that_makes_no_sense_is_refused(query: dict[str, Any], kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    assert kiosk.client.get("/api/operator/sessions", params=query).json()["code"] == "invalid_request"


def test_an_attempt_is_shown_with_its_plots(kiosk: RunningKiosk) -> None:
    session = kiosk.start()
    kiosk.attempt(session)
    kiosk.log_in()
    (attempt,) = kiosk.operator(f"sessions/{session['id']}")["attempts"]
    assert attempt["plots"]["curve"].startswith("<svg")
    assert attempt["plots"]["framewise"].startswith("<svg")
    assert (attempt["digits"], attempt["model"], attempt["heard"]) == (session["challenge"]["digits"], "mini 2.0", ["1"])


def test_what_was_not_judged_has_no_plots(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report("NEXT", "no_face")]
    session = kiosk.start()
    kiosk.attempt(session)
    kiosk.log_in()
    (attempt,) = kiosk.operator(f"sessions/{session['id']}")["attempts"]
    assert (attempt["plots"], attempt["score"], attempt["reason"]) == (None, None, "no_face")


def test_a_kept_recording_can_be_watched(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk(keep_videos=True)
    session = kiosk.start()
    kiosk.attempt(session)
    kiosk.log_in()
    (attempt,) = kiosk.operator(f"sessions/{session['id']}")["attempts"]
    answer = kiosk.client.get(f"/api/operator/attempts/{attempt['id']}/video")
    assert (attempt["has_video"], answer.content, answer.headers["content-type"]) == (True, RECORDING["content"], "video/webm")
    assert kiosk.client.get("/api/operator/attempts/none/video").json()["code"] == "video_unknown"


def test_settings_changed_at_the_desk_hold_for_the_next_person(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    changes = {"allow_threshold": 0.95, "expected_offset_frames": -2, "max_attempts": 1, "keep_videos": True}
    answer = kiosk.client.put("/api/operator/settings", json=changes)
    assert answer.status_code == 200
    shown = {row["name"]: row["value"] for row in answer.json()["settings"]}
    assert {name: shown[name] for name in changes} == changes
    kiosk.script.says = [report("NEXT")]
    assert kiosk.attempt(kiosk.start()).json()["session"]["state"] == "blocked"
    used = kiosk.script.limits[-1]
    assert (used.allow_threshold, used.expected_offset_frames, used.next_threshold) == (0.95, -2, 0.75)
    assert [entry.detail for entry in iterate_audit(kiosk.station.store) if entry.event == "settings_changed"] == [
        {"changed": changes}
    ]


def test_the_station_judges_and_shows_by_the_sites_file(make_kiosk: MakeKiosk, tmp_path: Path) -> None:
    calibration = site_file(tmp_path / "site.json", allow=0.6, next_=0.4)
    kiosk = make_kiosk(core_settings={"calibration": calibration, "next_threshold": 0.5})
    kiosk.script.says = [report("NEXT", "out_of_sync", score=0.7, offset_frames=-5)]
    # By the thresholds of the process it would be the score that stands against an ALLOW.
    assert kiosk.attempt(kiosk.start()).json()["attempt"]["reason"] == "delayed"
    used = kiosk.script.limits[-1]
    assert (used.allow_threshold, used.next_threshold) == (0.6, 0.5)
    kiosk.log_in()
    rows = {row["name"]: (row["value"], row["default"]) for row in kiosk.operator("settings")["settings"]}
    assert (rows["allow_threshold"], rows["next_threshold"]) == ((0.6, 0.6), (0.5, 0.5))
    assert kiosk.operator("settings")["calibration"]["origin"] == "site"
    answer = kiosk.client.put("/api/operator/settings", json={"allow_threshold": 0.55})
    assert {row["name"]: row["value"] for row in answer.json()["settings"]}["allow_threshold"] == 0.55
    assert kiosk.client.put("/api/operator/settings", json={"allow_threshold": 0.45}).status_code == 422


def test_changes_that_do_not_go_with_new_settings_are_refused_at_the_start(make_kiosk: MakeKiosk) -> None:
    kiosk = make_kiosk()
    kiosk.log_in()
    assert kiosk.client.put("/api/operator/settings", json={"allow_threshold": 0.8}).status_code == 200
    with pytest.raises(SettingsError, match=r"allow_threshold is 0\.8 and lies below next_threshold"):
        make_kiosk(core_settings={"next_threshold": 0.85})


@pytest.mark.parametrize(
    "changes",
    [
        *({"allow_threshold": 1.5}, {"allow_threshold": "high"}, {"allow_threshold": 0.5}, {"next_threshold": 0.95}),
        *({"max_attempts": 0}, {"max_attempts": 2.5}, {"retention_days": -1}, {"expected_offset_frames": 16}),
        *({"pin": "1111"}, {"weights_dir": "/"}, {"dir": "/"}, {"allow_threshold": None}),
    ],
)
def test_a_setting_out_of_its_range_changes_nothing(changes: dict[str, Any], kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    before = kiosk.operator("settings")
    answer = kiosk.client.put("/api/operator/settings", json={"max_attempts": 2, **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert kiosk.operator("settings") == before


def test_every_setting_says_what_it_means_in_both_languages(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    for row in kiosk.operator("settings")["settings"]:
        assert set(row["meaning"]) == {"en", "es"}
        assert row["kind"] in ("number", "integer", "boolean")
        assert row["kind"] == "boolean" or row["minimum"] <= row["default"] <= row["maximum"]


def test_exports_hold_every_attempt(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report("NEXT", "no_face"), report()]
    first = kiosk.attempt(kiosk.start()).json()["session"]
    kiosk.attempt(first)
    kiosk.start()
    kiosk.log_in()
    document = kiosk.operator("export", format="json")
    assert [[made["decision"] for made in session["attempts"]] for session in document["sessions"]] == [["NEXT", "ALLOW"], []]
    kept = document["sessions"][0]["attempts"][1]["report"]
    assert (kept.pop("phrase")["check"], kept) == ("right", report())
    assert document["audit_head"]["hash"] == kiosk.operator("audit")["head"]
    answer = kiosk.client.get("/api/operator/export", params={"format": "csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="lipgate-sessions.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["state"], row["decision"], row["reason"], row["score"]) for row in rows] == [
        ("allowed", "NEXT", "no_face", ""),
        ("allowed", "ALLOW", "", "0.97"),
        ("open", "", "", ""),
    ]


def test_the_device_check_looks_at_the_folder_of_this_station(
    make_kiosk: MakeKiosk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lipgate.desktop.doctor.FAMILIES", ("storage",))
    kiosk = make_kiosk(dir=tmp_path / "of this station")
    kiosk.log_in()
    found = {check["name"]: check["found"] for check in kiosk.operator("device")["checks"]}
    assert set(found) == {"station folder", "temporary folder"}
    assert found["station folder"].startswith(f"{tmp_path / 'of this station'}, ")


def test_the_device_check_measures_a_recording_and_keeps_nothing(kiosk: RunningKiosk) -> None:
    kiosk.log_in()
    answer = kiosk.client.post("/api/operator/recording", **RECORDING)
    assert answer.json()["report"] == report() | {"time_factor": 0.08, "too_slow": False}
    assert answer.json()["plots"]["curve"].startswith("<svg")
    assert kiosk.station.store.read("SELECT * FROM attempts") == []


def test_an_option_of_an_older_version_does_not_stand_in_the_way(kiosk: RunningKiosk) -> None:
    kiosk.station.store.put_options({"phrase_check_approximate": True}, 1.0, "settings_changed", changed={})
    kiosk.log_in()
    assert kiosk.client.put("/api/operator/settings", json={"max_attempts": 2}).status_code == 200
    assert kiosk.station.settings().max_attempts == 2
