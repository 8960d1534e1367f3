"""Settings of the kiosk: from the environment, and those that the operator changes at the station."""

from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter
from pydantic_settings import BaseSettings, SettingsConfigDict

from lipgate.core.limits import Limits
from lipgate.core.settings import user_folder

LONGEST_RECORDING_S = 12
"""The page stops a recording after so long."""

LONGEST_VIDEO_S = 30.0
"""Longer ones are refused: no page of ours sends them."""

MAX_VIDEO_BYTES = 64 << 20

COUNTDOWN_S = 3


class KioskSettings(BaseSettings):
    """What the one who sets up a station may change."""

    model_config = SettingsConfigDict(env_prefix="LIPGATE_KIOSK_", env_file=".env", extra="ignore")

    dir: Path = Field(
        default_factory=lambda: user_folder("kiosk"),
        description="Folder of the station: sessions, audit log, kept videos.",
    )
    port: int = Field(0, ge=0, le=65535, description="Port of `kiosk` on this machine; 0 takes a free one.")
    language: Literal["es", "en"] = Field("es", description="Language the station begins with.")
    max_attempts: int = Field(3, ge=1, le=10, description="Recordings a person may make before the answer is BLOCK.")
    phrase_digits: int = Field(8, ge=4, le=12, description="Digits of a phrase; two words stand beside them.")
    phrase_check: bool = Field(
        True, description="Let nobody pass whose phrase was not heard. Off: it is not checked, and every ALLOW says so."
    )
    ears_dir: Path | None = Field(
        None,
        description="Folder of the recogniser's weights; unset: the installed extra `ears`, or `ears` beside the frozen program.",
    )
    voice_start: bool = Field(
        True, description="Listen, while nobody is there, for the words that start a session. Nothing heard is kept."
    )
    keep_videos: bool = Field(False, description="Keep recordings until the retention time is over.")
    retention_days: int = Field(90, ge=1, le=3650, description="Days after which sessions and their recordings are removed.")


KIOSK_OPTIONS = (
    "max_attempts",
    "phrase_digits",
    "phrase_check",
    "voice_start",
    "keep_videos",
    "retention_days",
)
CORE_OPTIONS = ("allow_threshold", "next_threshold", "max_offset_frames", "expected_offset_frames")


@cache
def kiosk_settings() -> KioskSettings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable is out of its range.
    """
    return KioskSettings()


def with_options(kiosk: KioskSettings, options: dict[str, Any]) -> KioskSettings:
    """The settings with what the operator changed.

    Args:
        kiosk: of the process.
        options: by name, as `checked` gave them.
    """
    return kiosk.model_copy(update={name: value for name, value in options.items() if name in KIOSK_OPTIONS})


def limits_with_options(limits: Limits, options: dict[str, Any]) -> Limits:
    """The limits with what the operator changed.

    Args:
        limits: of the scorer.
        options: by name, as `checked` gave them.

    Raises:
        SettingsError: bad_setting, where the limits have changed since, so that the two do not go together any more.
    """
    return replace(limits, **{name: value for name, value in options.items() if name in CORE_OPTIONS})


def checked(limits: Limits, options: dict[str, Any]) -> dict[str, Any]:
    """Options with values of their types and within their ranges.

    Args:
        limits: of the scorer.
        options: all that are changed, by name.

    Raises:
        ValueError: one is unknown or out of its range, or the thresholds are the wrong way round.
    """
    unknown = set(options) - {*KIOSK_OPTIONS, *CORE_OPTIONS}
    if unknown:
        raise ValueError(f"{min(unknown)} is no setting of the station")
    own = KioskSettings(**{name: value for name, value in options.items() if name in KIOSK_OPTIONS})
    given = {name: value for name, value in options.items() if name in CORE_OPTIONS}
    core = TypeAdapter(Limits).validate_python({**asdict(limits), **given})
    return {name: getattr(own if name in KIOSK_OPTIONS else core, name) for name in options}
