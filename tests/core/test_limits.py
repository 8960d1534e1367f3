"""What a report is judged by: it checks itself, is hashed whole, and a site's file gives what nobody set."""

from dataclasses import fields, replace
from typing import Any

import pytest
from pydantic import ValidationError

from lipgate.core.errors import SettingsError
from lipgate.core.limits import Limits
from lipgate.core.settings import Settings
from lipgate.core.site_calibration import SiteFile
from tests.site_files import site_calibration

NAMES = [field.name for field in fields(Limits)]
OTHER: dict[str, Any] = {
    "allow_threshold": 0.95,
    "next_threshold": 0.5,
    "max_offset_frames": 3,
    "expected_offset_frames": -2,
    "profile": "media",
    "worst_threshold": 0.5,
    "min_seen_share": 0.8,
    "min_track_frames": 51,
    "min_face_px": 60,
    "min_speech_s": 0.4,
    "max_hidden_share": 0.4,
    "max_mouth_shaking": 2.0,
    "max_duration_s": 60.0,
    "max_pixels": 1000,
}
"""Of every limit another value than the default."""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"allow_threshold": 0.5}, "below next_threshold"),
        ({"next_threshold": 0.95}, "below next_threshold"),
        ({"allow_threshold": 1.01}, "must be 1 or less"),
        ({"next_threshold": -0.1}, "must be 0 or more"),
        ({"next_threshold": float("nan")}, "must be 0 or more"),
        ({"max_offset_frames": 16}, "must be 15 or less"),
        ({"expected_offset_frames": -16}, "must be -15 or more"),
        ({"min_track_frames": 9}, "must be 10 or more"),
        ({"max_duration_s": 0.0}, "must be more than 0"),
        ({"profile": "people"}, "must be one of auto, person, media"),
    ],
)
def test_limits_that_make_no_sense_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        Limits(**values)
    assert caught.value.code == "bad_setting"


def test_equal_thresholds_leave_no_room_for_next_and_are_allowed() -> None:
    assert Limits(allow_threshold=0.75).next_threshold == 0.75


def test_equal_limits_have_one_hash() -> None:
    assert Limits().sha256 == Limits(min_face_px=50.0).sha256  # type: ignore[arg-type] # as a form may give it
    assert len(Limits().sha256) == 64


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_is_part_of_the_hash(name: str) -> None:
    assert replace(Limits(), **{name: OTHER[name]}).sha256 != Limits().sha256


@pytest.mark.parametrize("name", [name for name in NAMES if name in Settings.model_fields])
def test_a_limit_and_its_setting_have_one_range_and_one_default(name: str) -> None:
    setting = Settings.model_fields[name]
    rules = list(getattr(_hints()[name], "__metadata__", ()))
    assert setting.default == getattr(Limits(), name)
    assert setting.metadata == rules


def _hints() -> dict[str, Any]:
    from typing import get_type_hints

    return get_type_hints(Limits, include_extras=True)


@pytest.mark.parametrize(
    "values",
    [
        {"allow_threshold": 0.5},
        {"allow_threshold": 0.5, "next_threshold": 0.6, "calibration": "site.json"},
    ],
)
def test_settings_in_the_wrong_order_are_refused_when_they_are_read(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="lies below next_threshold"):
        Settings(_env_file=None, **values)


@pytest.mark.parametrize(
    ("set_here", "expected"),
    [
        ({}, (0.6, 0.4)),
        ({"allow_threshold": 0.9}, (0.9, 0.4)),
        ({"next_threshold": 0.5}, (0.6, 0.5)),
        ({"allow_threshold": 0.5}, (0.5, 0.4)),
        ({"allow_threshold": 0.8, "next_threshold": 0.3}, (0.8, 0.3)),
    ],
)
def test_a_sites_file_gives_the_thresholds_that_nobody_set(
    set_here: dict[str, Any], expected: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"calibration": "site.json", "min_face_px": 70, **set_here}.items():
        monkeypatch.setenv(f"LIPGATE_{name.upper()}", str(value))
    settings = Settings(_env_file=None)
    limits = Limits.of(settings, SiteFile(site_calibration(allow=0.6, next_=0.4), "site.json", "ab"))
    assert (limits.allow_threshold, limits.next_threshold) == expected
    assert limits.min_face_px == 70


def test_a_threshold_that_is_set_must_go_with_the_files_other_one() -> None:
    settings = Settings(_env_file=None, calibration="site.json", allow_threshold=0.3)
    with pytest.raises(SettingsError, match=r"allow_threshold is 0\.3 and lies below next_threshold, which is 0\.4"):
        Limits.of(settings, SiteFile(site_calibration(allow=0.6, next_=0.4), "site.json", "ab"))
