"""What the terminal tells of files: one line each, with the rule that decided; every stretch where it is asked for."""

import pytest

from lipgate.core.errors import InputError
from lipgate.core.tolerance import tolerance
from lipgate.desktop.outcome import FileOutcome
from lipgate.desktop.tables import print_outcomes
from tests.desktop.reports import report

Captured = pytest.CaptureFixture[str]

FILM = FileOutcome("film.mp4", report((0, 500, 8.0, 0), (500, 1000, 8.0, -6), silent=slice(0, 100)))
GOOD = FileOutcome("good.mp4", report((0, 500, 8.0, 0)))
BAD = FileOutcome("bad.mp4", error=InputError("not_a_video", "no"))


def test_one_line_a_file_says_what_decided(capsys: Captured) -> None:
    print_outcomes([FILM, GOOD, BAD])
    head, film, good = capsys.readouterr().out.splitlines()
    assert head.split() == ["file", "decision", "score", "offset", "conf.", "dist."]
    assert film.split()[:2] == ["film.mp4", "NEXT"]
    assert film.endswith("In a part of the video the sound is early or late. [part_out_of_sync]; 56% late")
    assert good.split()[:2] == ["good.mp4", "ALLOW"]
    assert good.endswith("sound in time")


def test_stretches_and_their_grades_are_listed_on_demand(capsys: Captured) -> None:
    print_outcomes([FILM], stretches=True, tolerance=tolerance("ebu-r37"))
    _, film, *stretches = capsys.readouterr().out.splitlines()
    assert film.endswith("56% late; ebu-r37: blocker")
    assert [" ".join(line.split()) for line in stretches] == [
        "0.0 to 4.0 s no speech - - - - no speech",
        "4.0 to 20.0 s, track 0 in sync 0.982 - 8.00 7.00 sound in time (±10 ms)",
        "20.0 to 40.0 s, track 0 late 0.982 - 8.00 7.00 sound 240 ms late (±10 ms) [blocker]",
    ]
