"""What a report is judged by, in one value: it checks itself, has a hash, and goes with the report."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Le

from lipgate.core.constants import VSHIFT
from lipgate.core.errors import SettingsError

if TYPE_CHECKING:
    import numpy as np
    from pydantic import BaseModel

    from lipgate.core.site_calibration import SiteFile

    Offset = TypeVar("Offset", int, np.ndarray)

# Ranges, for the fields here and for the settings of the same names.
Share = Annotated[float, Ge(0), Le(1)]
Shift = Annotated[int, Ge(-VSHIFT), Le(VSHIFT)]
Shifts = Annotated[int, Ge(0), Le(VSHIFT)]
TrackLength = Annotated[int, Ge(10)]
FaceSize = Annotated[int, Ge(20)]
SpeechLength = Annotated[float, Ge(0)]
Shaking = Annotated[float, Ge(0)]
VideoLength = Annotated[float, Gt(0)]
PictureSize = Annotated[int, Gt(0)]
Profile = Literal["auto", "person", "media"]


@dataclass(frozen=True)
class Limits:
    """All that a report is judged by. `lipgate.core.settings` says what each means.

    Raises:
        SettingsError: bad_setting, when made with a value out of its range, or with thresholds the wrong way round.
    """

    allow_threshold: Share = 0.90
    next_threshold: Share = 0.75
    max_offset_frames: Shifts = 2
    expected_offset_frames: Shift = 0

    profile: Profile = "auto"
    """Kind of video: `person`, one face in one shot; `media`, anything; `auto`, as the way it is scored has it."""

    worst_threshold: Share = 0.15
    min_seen_share: Share = 0.9

    min_track_frames: TrackLength = 50
    min_face_px: FaceSize = 50
    min_speech_s: SpeechLength = 0.3
    max_hidden_share: Share = 0.5
    max_mouth_shaking: Shaking = 1.0

    max_duration_s: VideoLength = 4 * 3600.0
    max_pixels: PictureSize = 8192 * 4320

    def __post_init__(self) -> None:
        for name, rules in _rules().items():
            _check(name, getattr(self, name), rules)
        if self.allow_threshold < self.next_threshold:
            raise SettingsError(
                f"allow_threshold is {self.allow_threshold:g} and lies below next_threshold, which is {self.next_threshold:g}: "
                "lower the one or raise the other"
            )

    @classmethod
    def of(cls, settings: "BaseModel", site: "SiteFile | None" = None) -> "Limits":
        """Those of `core.settings.Settings`; a site's file gives the thresholds that nobody set, in the environment for example.

        Raises:
            SettingsError: bad_setting, the two do not go together.
        """
        values = {field.name: getattr(settings, field.name) for field in fields(cls) if hasattr(settings, field.name)}
        if site:
            values |= {name: at for name, at in site.thresholds.items() if name not in settings.model_fields_set}
        return cls(**values)

    def off_by(self, offset_frames: "Offset") -> "Offset":
        """Frames that an offset, or each of several, lies from the expected one."""
        return abs(offset_frames - self.expected_offset_frames)

    @property
    def of_person(self) -> "Limits":
        """The same for whoever expects one person who speaks to one camera, where nobody chose a profile."""
        return replace(self, profile="person") if self.profile == "auto" else self

    @property
    def sha256(self) -> str:
        """Hash of the whole, hexadecimal: equal for equal limits, in every process."""
        # 50 and 50.0 are the same limit, whatever a form or a file made of it.
        values = {name: value if isinstance(value, str) else float(value) for name, value in asdict(self).items()}
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


@cache
def _rules() -> dict[str, tuple[Any, ...]]:
    """Of each field: type, which may be a choice, and bounds."""
    hints = get_type_hints(Limits, include_extras=True)
    return {name: get_args(hint) if get_origin(hint) is Annotated else (hint,) for name, hint in hints.items()}


def _check(name: str, value: Any, rules: tuple[Any, ...]) -> None:
    for rule in rules:
        # Asked this way round, so that NaN holds to none.
        if isinstance(rule, Ge) and not value >= rule.ge:
            raise SettingsError(f"{name} is {value} and must be {rule.ge} or more")
        if isinstance(rule, Gt) and not value > rule.gt:
            raise SettingsError(f"{name} is {value} and must be more than {rule.gt}")
        if isinstance(rule, Le) and not value <= rule.le:
            raise SettingsError(f"{name} is {value} and must be {rule.le} or less")
        choices = get_args(rule)
        if choices and value not in choices:
            raise SettingsError(f"{name} is '{value}' and must be one of {', '.join(choices)}")
