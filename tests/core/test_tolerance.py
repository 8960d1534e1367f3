"""Offsets become pass, issue or blocker by the tolerances of the trade."""

import pytest

from lipgate.core.errors import SettingsError
from lipgate.core.settings import Settings
from lipgate.core.tolerance import TOLERANCES, tolerance


@pytest.mark.parametrize(
    ("name", "offset_ms", "severity"),
    [
        ("ebu-r37", 40, "pass"),
        ("ebu-r37", 41, "issue"),
        ("ebu-r37", -60, "pass"),
        ("ebu-r37", -61, "issue"),
        ("ebu-r37", 91, "blocker"),
        ("ebu-r37", -186, "blocker"),
        ("ebu-r37-exchange", 30, "issue"),
        ("ebu-r37-production", -14, "pass"),
        ("ebu-r37-production", 6, "issue"),
        ("itu-bt1359", 45, "pass"),
        ("itu-bt1359", -126, "issue"),
        ("itu-bt1359", -185, "issue"),
        ("atsc-is191", 16, "issue"),
        ("atsc-is191", -45, "pass"),
        ("netflix-like", 80, "pass"),
        ("netflix-like", -120, "issue"),
        ("netflix-like", -600, "issue"),
        ("10/20", 11, "issue"),
        ("10/20", -600, "issue"),
        ("10/20,30/40", -41, "blocker"),
    ],
)
def test_an_offset_is_graded(name: str, offset_ms: float, severity: str) -> None:
    bounds = tolerance(name)
    assert bounds is not None
    assert bounds.grade(offset_ms) == severity


def test_none_is_no_tolerance() -> None:
    assert tolerance("none") is None


@pytest.mark.parametrize("name", ["", "ebu", "40", "40/x", "-1/2", "nan/1", "1/inf", "1/2,3/4,5/6", "40/60,30/90", "1/2/3"])
def test_what_is_no_tolerance_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        tolerance(name)
    assert caught.value.code == "bad_setting"
    with pytest.raises(ValueError, match="tolerance"):
        Settings(tolerance=name)


def test_help_and_setting_name_them_all() -> None:
    described = Settings.model_fields["tolerance"].description or ""
    assert all(name in described for name in TOLERANCES)
