"""`lipgate fix` proves itself: what it leaves is in time, or there is nothing."""

from pathlib import Path

import pytest

import lipgate.desktop.fix
from lipgate.core.models import Models
from lipgate.core.pipeline import score
from lipgate.desktop.cli import main
from lipgate.desktop.fix import Fixed, failure
from tests.desktop.reports import report

SAMPLES = Path(__file__).parents[2] / "samples"

Captured = pytest.CaptureFixture[str]


def test_what_is_written_is_in_time(tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "out.mp4"
    assert main(["fix", str(SAMPLES / "late_sound.mp4"), str(out)]) == 0
    assert "The sound was moved by 240 ms to come earlier." in capsys.readouterr().out
    assert score(out, Models.load()).to_dict()["offset_frames"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_a_copy_that_is_no_better_does_not_appear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """As where a container forgets what it was told: the copy here is the source itself."""
    source, out = SAMPLES / "late_sound.mp4", tmp_path / "out.mp4"

    def forgetful(_: Path, target: Path, offset: int, __: object) -> Fixed:
        target.write_bytes(source.read_bytes())
        return Fixed(offset * 40.0)

    monkeypatch.setattr(lipgate.desktop.fix, "fix", forgetful)
    out.write_text("an earlier one")
    assert main(["fix", str(source), str(out)]) == 1
    assert "error [not_repaired]: The copy is still off by -6 frames, instead of -6." in capsys.readouterr().err
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out.mp4", "an earlier one")]
    assert main(["fix", str(source), str(out), "--force"]) == 0
    assert "warning: The copy is still off" in capsys.readouterr().err
    assert out.read_bytes() == source.read_bytes()


@pytest.mark.parametrize(
    ("offset", "said"), [(0, None), (1, None), (-1, None), (2, "still off by +2 frames"), (-7, "still off by -7 frames")]
)
def test_a_frame_is_as_near_as_an_offset_is_measured(offset: int, said: str | None) -> None:
    found = failure(report((0, 250, 8.0, -6)), report((0, 250, 8.0, offset)))
    assert (found is None) == (said is None)
    assert said is None or said in str(found)
