"""What a visitor is called by, and how many pass."""

import re

from lipgate.desktop.kiosk.history import summary
from lipgate.desktop.kiosk.reference import ALPHABET, reference
from lipgate.desktop.kiosk.sessions import SessionState, new_id
from tests.desktop.kiosk.conftest import RunningKiosk, report


def test_a_reference_is_short_the_same_every_time_and_no_way_back() -> None:
    session = new_id()
    assert reference(session) == reference(session)
    assert re.fullmatch(rf"[{ALPHABET}]{{3}}-[{ALPHABET}]{{3}}", reference(session))
    assert not set("IO01") & set(ALPHABET)
    assert len({reference(new_id()) for _ in range(500)}) >= 498


def test_visitor_history_and_export_have_the_same_reference(kiosk: RunningKiosk) -> None:
    session = kiosk.start()
    kiosk.attempt(session)
    kiosk.log_in()
    (row,) = kiosk.operator("sessions")["sessions"]
    assert row["reference"] == session["reference"] == reference(session["id"])
    assert kiosk.operator(f"sessions/{session['id']}")["reference"] == session["reference"]
    head, line = kiosk.client.get("/api/operator/export?format=csv").text.splitlines()[:2]
    assert dict(zip(head.split(","), line.split(","), strict=True))["reference"] == session["reference"]


def test_who_left_before_a_verdict_counts_for_neither(kiosk: RunningKiosk) -> None:
    kiosk.script.says = [report(), report("BLOCK"), report()]
    for _ in range(3):
        kiosk.attempt(kiosk.start())
    kiosk.client.delete(f"/api/sessions/{kiosk.start()['id']}")
    kiosk.log_in()
    assert kiosk.operator("sessions")["summary"] == {"decided": 3, "passed": 2, "pass_rate": 0.6667}
    assert summary(dict.fromkeys(map(str, SessionState), 0)) == {"decided": 0, "passed": 0, "pass_rate": None}
