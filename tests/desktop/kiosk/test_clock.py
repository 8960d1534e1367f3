"""A clock that is wrong, and one that is set right: no verdict is lost by either."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lipgate.desktop.kiosk.store import iterate_audit
from lipgate.desktop.kiosk.verification import verify
from tests.desktop.kiosk.conftest import MakeKiosk, RunningKiosk

TODAY = datetime(2026, 5, 4, 12, tzinfo=UTC)
FLAT_BATTERY = datetime(2020, 1, 1, tzinfo=UTC)

SetClock = Callable[[datetime], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """A function that sets the clock of the station, which stands still until then."""

    def at(moment: datetime) -> None:
        monkeypatch.setattr("lipgate.desktop.kiosk.station.time.time", moment.timestamp)

    return at


def remembered(kiosk: RunningKiosk) -> int:
    """Attempts that are left after a sweep."""
    kiosk.station.sweep()
    assert verify(kiosk.station.store).intact
    return len(kiosk.station.store.read("SELECT * FROM attempts"))


def moves(kiosk: RunningKiosk) -> list[int]:
    """Days by which the log says that the clock was moved."""
    return [e.detail["seconds"] // 86400 for e in iterate_audit(kiosk.station.store) if e.event == "clock_moved"]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_verdict_of_a_flat_battery_lives_as_long_as_any(restarted: bool, make_kiosk: MakeKiosk, set_clock: SetClock) -> None:
    set_clock(FLAT_BATTERY)
    kiosk = make_kiosk(retention_days=90)
    kiosk.attempt(kiosk.start())
    set_clock(TODAY)
    if restarted:
        kiosk = make_kiosk(retention_days=90)
    assert remembered(kiosk) == 1
    for days in (29, 58, 87, 90):
        set_clock(TODAY + timedelta(days=days))
        assert remembered(kiosk) == 1
    set_clock(TODAY + timedelta(days=91))
    assert remembered(kiosk) == 0
    assert moves(kiosk) == [(TODAY - FLAT_BATTERY).days]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_is_ahead_for_a_while_empties_nothing(restarted: bool, make_kiosk: MakeKiosk, set_clock: SetClock) -> None:
    set_clock(TODAY)
    kiosk = make_kiosk(retention_days=90)
    kiosk.attempt(kiosk.start())
    for now in (TODAY + timedelta(days=3000), TODAY + timedelta(days=1)):
        set_clock(now)
        if restarted:
            kiosk = make_kiosk(retention_days=90)
        assert remembered(kiosk) == 1
    assert moves(kiosk) == [3000, -2999]
    for days in (30, 60, 90, 92):
        set_clock(TODAY + timedelta(days=days))
        kiosk.station.sweep()
    assert remembered(kiosk) == 0


def test_a_station_that_is_off_for_some_days_removes_what_it_must(make_kiosk: MakeKiosk, set_clock: SetClock) -> None:
    set_clock(TODAY)
    kiosk = make_kiosk(retention_days=7)
    kiosk.attempt(kiosk.start())
    set_clock(TODAY + timedelta(days=8))
    kiosk = make_kiosk(retention_days=7)
    assert (remembered(kiosk), moves(kiosk)) == (0, [])
