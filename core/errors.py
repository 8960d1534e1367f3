"""Every error Lipgate raises on purpose. The code is stable and the same in the CLI, the API and the kiosk.

    LipgateError
    ├── InputError            the file cannot be analysed
    │   ├── file_not_found, not_a_file, file_unreadable, empty_file, not_a_video, no_video_stream,
    │   ├── corrupt_video, track_not_found, video_too_long, resolution_too_high, ffmpeg_missing, manifest_invalid,
    │   └── bad_timecode, bad_shard
    ├── DeadlineError         timeout
    ├── WeightsError          weights_missing, weights_mismatch, weights_unknown, weights_unreadable,
    │                         licence_not_accepted, fetch_failed
    ├── SettingsError         bad_setting
    ├── CalibrationError      calibration_unreadable, calibration_mismatch, calibration_impossible, too_little_data,
    │                         not_promised
    ├── DeviceError           cuda_unavailable, torch_missing
    ├── OutputError           output_failed, extra_missing, not_repaired
    ├── NotJudgedError        not_judged
    └── (of no class)         internal_error: a fault of Lipgate itself; scorer_died; of the station: port_taken, station_running,
                              pin_refused, browser_missing, language_unknown, speech_model_missing

What can be read but not judged (no face, no speech, ...) is not an error of a score: see `lipgate.core.verdict.Reason`. It is one
only for what needs the measured offset.
"""

from collections.abc import Callable


class LipgateError(Exception):
    """Base of all. `code` is a stable snake_case word, the message tells a person what to do next."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    def __reduce__(self) -> "tuple[Callable[..., LipgateError], tuple[type[LipgateError], str, str]]":
        # An exception is unpickled by calling its class with `args`, which are not those of these classes.
        return _made_again, (type(self), self.code, self.message)


def _made_again(kind: type[LipgateError], code: str, message: str) -> LipgateError:
    error = kind.__new__(kind)
    LipgateError.__init__(error, code, message)
    return error


class InputError(LipgateError):
    """The file is missing, not what it should be, broken, or beyond the configured limits."""


class DeadlineError(LipgateError):
    """The analysis did not finish in the time it was given."""

    def __init__(self, seconds: float) -> None:
        super().__init__("timeout", f"The analysis did not finish within {seconds:g} s.")


class WeightsError(LipgateError):
    """Weights are missing, unknown, altered or may not be used yet."""


class SettingsError(LipgateError, ValueError):
    """A setting is out of its range, or does not go with another. A `ValueError` too, so that validators of fields take it."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_setting", message)


class CalibrationError(LipgateError):
    """A calibration file cannot be used, or cannot be made of what there is."""


class DeviceError(LipgateError):
    """The device asked for is not there."""


class OutputError(LipgateError):
    """A result file could not be written."""


class NotJudgedError(LipgateError):
    """The measured offset is needed, and nothing was measured."""

    def __init__(self, message: str) -> None:
        super().__init__("not_judged", message)
