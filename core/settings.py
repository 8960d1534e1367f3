"""All settings, from the environment (prefix `LIPGATE_`) and `.env`. `./lipgate settings` prints them."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from platformdirs import site_data_path, user_data_path
from pydantic import AliasChoices, BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from lipgate.core.limits import (
    FaceSize,
    Limits,
    PictureSize,
    Profile,
    Shaking,
    Share,
    Shift,
    Shifts,
    SpeechLength,
    TrackLength,
    VideoLength,
)
from lipgate.core.tolerance import tolerance


def user_folder(name: str) -> Path:
    """Where a kind of data of this user is kept; a place of the machine where the user has no home, as services have none."""
    try:
        folder = user_data_path("lipgate", appauthor=False)
    except RuntimeError:
        folder = Path()
    return (folder if folder.is_absolute() else site_data_path("lipgate", appauthor=False)) / name


def _also(name: str) -> AliasChoices:
    """Accept `LIPGATE_NAME` and the plain name that existing deployments set."""
    return AliasChoices(f"LIPGATE_{name}", name)


class Settings(BaseSettings):
    """What an operator may change. Read once per process by `settings()`."""

    model_config = SettingsConfigDict(env_prefix="LIPGATE_", env_file=".env", extra="ignore", populate_by_name=True)

    model: Literal["auto", "mini", "syncnet"] = Field(
        "auto", description="Sync model: auto, mini or syncnet. auto is the embedded one."
    )
    detector: Literal["auto", "yunet", "s3fd"] = Field(
        "auto", description="Face detector: auto, yunet or s3fd. auto is the embedded one."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="auto, cpu or cuda. auto takes CUDA where torch and a GPU are there."
    )
    threads: int = Field(0, ge=0, description="CPU threads of the networks; 0 means one per core.")

    allow_threshold: Share = Field(Limits.allow_threshold, description="Least score for ALLOW.")
    next_threshold: Share = Field(Limits.next_threshold, description="Least score for NEXT; below it the decision is BLOCK.")
    max_offset_frames: Shifts = Field(Limits.max_offset_frames, description="Largest |offset| for ALLOW, in frames of 40 ms.")
    expected_offset_frames: Shift = Field(
        Limits.expected_offset_frames,
        description="Offset that the recording equipment itself has; max_offset_frames counts from it.",
    )
    worst_threshold: Share = Field(
        Limits.worst_threshold, description="Least score of the worst two seconds for ALLOW, in the profile person."
    )
    min_seen_share: Share = Field(
        Limits.min_seen_share, description="Least share of the speech during which the speaker is in view for ALLOW (person)."
    )
    profile: Profile = Field(
        Limits.profile,
        description="Kind of video: person, one face in one shot, all of it in sync; media, films and dubs, stretch by stretch; "
        "auto takes person for a single shot of up to a minute (API and station: always), media else.",
    )
    calibration: Annotated[Path | None, BeforeValidator(lambda value: value or None)] = Field(
        None,
        description="File of `lipgate calibrate`: score and thresholds of this site. Thresholds set here go before those in it.",
    )

    tolerance: str = Field(
        "none",
        description="What `score` grades offsets by: ebu-r37, ebu-r37-exchange, ebu-r37-production, itu-bt1359, atsc-is191, "
        "netflix-like; EARLY/LATE in ms, or EARLY/LATE,EARLY/LATE with the bounds of a blocker; none.",
    )

    min_track_frames: TrackLength = Field(
        Limits.min_track_frames, description="Shortest face track that is judged, in frames at 25 fps."
    )
    min_face_px: FaceSize = Field(Limits.min_face_px, description="Smallest mean face size that is judged, in pixels.")
    min_speech_s: SpeechLength = Field(
        Limits.min_speech_s, description="Least speech a track must carry to be judged, in seconds."
    )
    max_hidden_share: Share = Field(
        Limits.max_hidden_share,
        description="Largest share of its time that a face's mouth may be hidden (mask, hand) to be judged.",
    )
    max_mouth_shaking: Shaking = Field(
        Limits.max_mouth_shaking,
        description="Most shaking of a mouth, relative to that of the face around it, that does not count as laid over.",
    )
    s3fd_scale: float = Field(0.25, gt=0, le=1, description="Scale of the picture S3FD looks at.")

    max_duration_s: VideoLength = Field(Limits.max_duration_s, description="Longest video taken, in seconds.")
    max_pixels: PictureSize = Field(Limits.max_pixels, description="Largest picture taken, width times height.")
    max_video_size_mb: float = Field(
        10, gt=0, validation_alias=_also("MAX_VIDEO_SIZE_MB"), description="Largest upload to /score, in MB."
    )
    processing_timeout_seconds: float = Field(
        30, gt=0, validation_alias=_also("PROCESSING_TIMEOUT_SECONDS"), description="Deadline of a synchronous score."
    )

    weights_dir: Path = Field(
        default_factory=lambda: user_folder("weights"),
        description="Folder of installed official weights.",
    )
    model_path: Path | None = Field(
        None,
        validation_alias=_also("MODEL_PATH"),
        description="Folder that holds syncnet_v2 (before weights_dir); converted once, at the start.",
    )
    detector_path: Path | None = Field(
        None,
        validation_alias=_also("DETECTOR_PATH"),
        description="Folder that holds sfd_face (before weights_dir); converted once, at the start.",
    )
    allow_unverified_weights: bool = Field(
        False, description="Accept weights with another hash; reports then carry verified: false."
    )
    weights_url: str = Field(
        "https://www.robots.ox.ac.uk/~vgg/software/lipsync/data/", description="Where `weights fetch` gets official files."
    )

    log_level: str = Field("INFO", validation_alias=_also("LOG_LEVEL"), description="Level of the log on stderr.")

    @field_validator("tolerance")
    @classmethod
    def _known_tolerance(cls, text: str) -> str:
        tolerance(text)
        return text

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        # A site's file may give the other threshold; together they are looked at when it has been read.
        if self.calibration is None or {"allow_threshold", "next_threshold"} <= self.model_fields_set:
            Limits.of(self)
        return self


@cache
def settings() -> Settings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable is out of its range.
    """
    return Settings()
