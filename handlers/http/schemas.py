"""Documents of the API, as OpenAPI tells them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SessionId = Annotated[str, Field(max_length=200, description="The client's own name for it, given back in the report.")]
Decision = Literal["ALLOW", "NEXT", "BLOCK"]

REPORT_EXAMPLE: dict[str, Any] = {
    "offset_frames": 0,
    "confidence": 3.295,
    "min_dist": 9.01,
    "score": 0.947,
    "lag_ms": 3.1,
    "decision": "ALLOW",
    "reason": None,
    "reasons": [],
    "schema": 2,
    "version": "0.1.0",
    "profile": "person",
    "limits": {"allow_threshold": 0.9, "next_threshold": 0.75, "max_offset_frames": 2},
    "segments": [],
    "summary": {"shares": {"in_sync": 1.0}, "worst_score": 0.83},
    "offset_changes": [],
    "drift_ms_per_min": None,
    "picture": {"authenticity": "not_assessed"},
    "sound_tracks": [
        {"track": 0, "codec": "aac", "rate": 48000, "layout": "mono", "flags": ["default"], "used": True, "heard": None}
    ],
    "picture_tracks": [
        {"track": 0, "codec": "h264", "width": 976, "height": 528, "turned": 0, "flags": ["default"], "used": True}
    ],
    "verified": True,
    "weights_verified": True,
    "processing_time_ms": 812,
    "model": {"name": "mini", "version": "1.0", "sha256": "6d53...", "verified": True},
    "detector": {"name": "yunet", "version": "2023mar-int8", "sha256": "49f0...", "verified": True},
    "calibration": {"origin": "embedded"},
    "device": "cpu",
    "video": {"duration_s": 5.36, "sound_s": 5.36, "fps": 25.0, "width": 976, "height": 528, "sha256": "e3b0..."},
    "debug": {"num_results": 1, "speaker_track": 0, "all_results": [], "timings_ms": {"decode": 105.2}},
    "session_id": "visit-17",
}


HEALTH_EXAMPLE: dict[str, Any] = {
    "status": "healthy",
    "service": "syncnet-avsync",
    "version": "0.1.0",
    "syncnet_available": True,
    "models_loaded": True,
    "model": {"name": "mini", "version": "3.0", "sha256": "d80d...", "verified": True},
    "in_memory": True,
}

UPLOAD_EXAMPLE: dict[str, Any] = {
    "upload": "uploads/anonymous/0f6d9ab1c3e5478296a1b2c3d4e5f607",
    "url": "http://127.0.0.1:5000/uploads/receive",
    "fields": {
        "key": "uploads/anonymous/0f6d9ab1c3e5478296a1b2c3d4e5f607",
        "Content-Type": "video/mp4",
        "max_bytes": "2147483648",
        "expires": "1795000000",
        "signature": "5b0c...",
    },
    "max_bytes": 2147483648,
    "expires_at": "2026-11-18T07:06:40Z",
}

JOB_EXAMPLE: dict[str, Any] = {
    "id": "8c7d6e5f40312a1b8c7d6e5f40312a1b",
    "state": "done",
    "session_id": "visit-17",
    "upload": "uploads/anonymous/0f6d9ab1c3e5478296a1b2c3d4e5f607",
    "video_path": None,
    "webhook_url": "https://example.com/hook",
    "created_at": "2026-11-18T06:10:00Z",
    "updated_at": "2026-11-18T06:10:41Z",
    "expires_at": "2026-11-25T06:10:00Z",
    "attempts": 1,
    "result": REPORT_EXAMPLE,
    "error": None,
}

USAGE_EXAMPLE: dict[str, Any] = {
    "period": "2026-11",
    "videos": 412,
    "video_seconds": 5310.4,
    "compute_seconds": 1911.7,
    "monthly_quota": 1000,
    "remaining": 588,
}


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class Weights(_Document):
    """Which weights were used."""

    name: str
    version: str
    sha256: str
    verified: bool


class Health(_Document):
    """Whether videos can be scored."""

    model_config = ConfigDict(json_schema_extra={"examples": [HEALTH_EXAMPLE]})

    status: Literal["healthy", "degraded"] = Field(examples=["healthy"])
    service: Literal["syncnet-avsync"]
    version: str
    syncnet_available: bool = Field(description="The weights are in place.")
    models_loaded: bool = Field(description="A score needs no setting up: models are loaded, or load with the first video.")
    model: Weights | None = Field(description="The sync model that scores; null where there is none.")
    in_memory: bool = Field(description="It is loaded now.")


class ScoreRequest(_Document):
    """A video that lies in the server's upload folder."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"video_path": "visits/17.mp4", "session_id": "visit-17"}]})

    video_path: str = Field(min_length=1, max_length=4096, description="Inside the upload folder, relative to it or absolute.")
    session_id: SessionId | None = None


class Video(_Document):
    """What was scored."""

    duration_s: float
    sound_s: float
    fps: float | None
    width: int
    height: int
    sha256: str


class Debug(_Document):
    """How the report came about."""

    num_results: int = Field(description="Face tracks that were judged.")
    speaker_track: int | None
    all_results: list[dict[str, Any]] = Field(description="Every face track with its own metrics, curve and reason.")
    timings_ms: dict[str, float]


class Segment(_Document):
    """A stretch of the video of one state."""

    start_s: float
    end_s: float
    track: int | None = Field(description="The face that fits best; null where none is judged.")
    state: Literal["in_sync", "late", "early", "no_fit", "not_judged", "no_speech"]
    offset_ms: float | None = Field(description="Positive: the sound comes before the lips.")
    ci_ms: float | None = Field(description="Half width of the 95 % interval of the offset.")
    confidence: float | None
    min_dist: float | None
    score: float | None
    reason: str | None
    speaker: int | None = Field(default=None, description="Of `speakers`; null where no face is judged.")


class Speaker(_Document):
    """The tracks of one face."""

    speaker: int = Field(description="Number, from 0, as they appear.")
    tracks: list[int]
    start_s: float
    end_s: float
    speech_s: float = Field(description="Speech during which this face fits best.")
    shares: dict[str, float] = Field(description="Share of that in each state.")


class OffsetChange(_Document):
    """A step of the offset on the way."""

    time_s: float
    from_frames: int
    to_frames: int


class Summary(_Document):
    """What the segments come to."""

    shares: dict[str, float] = Field(description="Share of the speech in each state.")
    worst_score: float | None = Field(description="Of the speaker's worst two seconds at the offset of the whole.")
    worst_segment: int | None = Field(default=None, description="Place in `segments` of what is furthest from being in sync.")
    drift_ms_per_min: float | None = None


class SoundTrack(_Document):
    """A sound of the file."""

    track: int = Field(description="Number, from 0.")
    codec: str
    rate: int | None
    layout: str | None = Field(description="Channels, in ffmpeg's words.")
    flags: list[str]
    used: bool = Field(description="Whether it was judged.")
    heard: Literal["speech", "no_speech", "silent", "not_decodable"] | None = Field(
        description="What a first look found, where there were several to choose from."
    )


class PictureTrack(_Document):
    """A picture of the file."""

    track: int = Field(description="Number, from 0.")
    codec: str
    width: int | None
    height: int | None
    turned: int = Field(description="Degrees clockwise it was turned to be judged, because its faces were not upright.")
    flags: list[str]
    used: bool = Field(description="Whether it was judged.")


class ReportDocument(_Document):
    """The report, the same as from the command line. Metrics are null where nothing was judged; all but ALLOW has a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [REPORT_EXAMPLE]})

    offset_frames: int | None = Field(description="Positive: the sound comes before the lips.")
    confidence: float | None
    min_dist: float | None
    score: float | None = Field(description="0 to 1.")
    lag_ms: float | None = Field(description="Measured to a fraction of a frame; positive: the sound comes before the lips.")
    decision: Decision
    reason: str | None = Field(description="The one that decided; null only with ALLOW.")
    reasons: list[str] = Field(default_factory=list, description="All that speak against ALLOW, the one that decided first.")
    schema_: int = Field(1, alias="schema", description="Version of this document.")
    version: str | None = Field(None, description="Of the program.")
    profile: Literal["person", "media"] | None = Field(None, description="What kind of video it was judged as.")
    limits: dict[str, Any] = Field(default_factory=dict, description="What it was judged by.")
    segments: list[Segment] = Field(default_factory=list)
    summary: Summary | None = None
    speakers: list[Speaker] = Field(default_factory=list)
    speakers_joined_by: str | None = Field(default=None, description="How tracks became speakers: continuity, within a shot.")
    offset_changes: list[OffsetChange] = Field(default_factory=list)
    drift_ms_per_min: float | None = None
    cuts_s: list[float] = Field(default_factory=list, description="Where the video is cut, in seconds.")
    picture: dict[str, Any] = Field(default_factory=dict, description="Whether anything speaks against a filmed person.")
    sound_tracks: list[SoundTrack] = Field(default_factory=list, description="All sounds of the file, and which was judged.")
    picture_tracks: list[PictureTrack] = Field(
        default_factory=list, description="All pictures of the file, and which was judged."
    )
    verified: bool = Field(description="The older name of weights_verified. It says nothing of the video.")
    weights_verified: bool = Field(description="Every file of weights is the one the manifest knows.")
    processing_time_ms: int
    model: Weights
    detector: Weights
    calibration: dict[str, Any]
    device: str
    video: Video
    debug: Debug
    session_id: str | None = None


class UploadRequest(_Document):
    """What will be uploaded."""

    content_type: str = Field(
        "application/octet-stream",
        pattern=r"^(video/[A-Za-z0-9.+-]{1,64}|application/octet-stream)$",
        examples=["video/mp4"],
        description="Content type of the file.",
    )


class UploadDocument(_Document):
    """Send a multipart form to `url`: `fields` as they are, then the file as `file`."""

    model_config = ConfigDict(json_schema_extra={"examples": [UPLOAD_EXAMPLE]})

    upload: str = Field(examples=["uploads/anonymous/0f6d9ab1c3e5478296a1b2c3d4e5f607"], description="Its key, for POST /jobs.")
    url: str
    fields: dict[str, str]
    max_bytes: int
    expires_at: str


class JobRequest(_Document):
    """A video to score in the background: an upload, which may arrive later, or a file in the upload folder. One of the two."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"upload": "uploads/anonymous/0f6d9ab1c3e5478296a1b2c3d4e5f607", "session_id": "visit-17"}],
            "oneOf": [
                {"required": ["upload"], "properties": {"upload": {"type": "string"}, "video_path": {"type": "null"}}},
                {"required": ["video_path"], "properties": {"video_path": {"type": "string"}, "upload": {"type": "null"}}},
            ],
        }
    )

    upload: str | None = Field(None, min_length=1, max_length=200, description="Key from POST /uploads.")
    video_path: str | None = Field(None, min_length=1, max_length=4096, description="As of POST /score.")
    session_id: SessionId | None = None
    webhook_url: str | None = Field(
        None,
        max_length=2048,
        pattern="^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$",
        examples=["https://example.com/hook"],
        description="Public https address to call with the outcome.",
    )


class JobError(_Document):
    """Why there is no result."""

    code: str = Field(
        description="As of POST /score; or gave_up (the process that scored it ended every time), timeout, upload_not_found, "
        "key_revoked."
    )
    message: str


class JobDocument(_Document):
    """A job. `result` is there once it is done, `error` where it failed."""

    model_config = ConfigDict(json_schema_extra={"examples": [JOB_EXAMPLE]})

    id: str
    state: Literal["waiting", "queued", "running", "done", "failed"]
    session_id: str | None
    upload: str | None
    video_path: str | None
    webhook_url: str | None
    created_at: str
    updated_at: str
    expires_at: str
    attempts: int
    result: ReportDocument | None
    error: JobError | None


class UsageDocument(_Document):
    """Videos scored and paid for. Reports that were given again are not among them."""

    model_config = ConfigDict(json_schema_extra={"examples": [USAGE_EXAMPLE]})

    period: str = Field(examples=["2026-11"])
    videos: int
    video_seconds: float
    compute_seconds: float = Field(description="Spent on scoring, also where nothing came of it.")
    monthly_quota: int | None
    remaining: int | None


class Problem(_Document):
    """An error (RFC 9457). `code` is stable."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:lipgate:problem:not_a_video",
                    "title": "Unprocessable Content",
                    "status": 422,
                    "detail": "The video is not a video file that can be read.",
                    "code": "not_a_video",
                    "request_id": "6f1c2a34d5b84e0c9a7f0b1c2d3e4f50",
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None


DOCUMENTS: tuple[type[BaseModel], ...] = (
    Health,
    ScoreRequest,
    ReportDocument,
    UploadRequest,
    UploadDocument,
    JobRequest,
    JobDocument,
    UsageDocument,
    Problem,
)
"""All that OpenAPI names."""
