"""Settings of the service, beside those of the scorer in `lipgate.core.settings`: same prefix, same `.env`."""

import os
from functools import cache
from pathlib import Path

from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from lipgate.core.settings import user_folder

MEBIBYTE = 1 << 20


class ServiceSettings(BaseSettings):
    """What an operator of the HTTP API may change."""

    model_config = SettingsConfigDict(env_prefix="LIPGATE_", env_file=".env", extra="ignore", populate_by_name=True)

    host: str = Field("127.0.0.1", description="Address `serve` listens on.")
    port: int = Field(
        5000,
        ge=0,
        le=65535,
        validation_alias=AliasChoices("LIPGATE_PORT", "PORT"),
        description="Port of `serve`.",
    )
    upload_dir: Path | None = Field(
        None,
        validation_alias=AliasChoices("LIPGATE_UPLOAD_DIR", "UPLOAD_DIR"),
        description="Folder that video_path may name files in; without it video_path is refused.",
    )
    data_dir: Path = Field(
        default_factory=lambda: user_folder("service"),
        description="Folder of `serve`: jobs, keys, ledger, uploads.",
    )
    public_url: str | None = Field(None, description="Address clients see, for links; taken from the request without it.")
    cors_origins: str = Field("", description="Origins that browsers may call from, separated by commas; none by default.")
    allowed_hosts: str = Field(
        "", description="Names `serve` answers to without API keys, beside this machine's own, separated by commas."
    )
    require_api_keys: bool = Field(False, description="Refuse requests without an API key.")

    score_slots: int = Field(
        0, ge=0, le=64, description="Videos scored at a time; 0: one per two cores, but 2 and one more than workers at least."
    )
    isolate_scoring: bool = Field(
        True, description="Score in processes of their own, so that no video can end `serve`. Lambda does without."
    )
    workers: int = Field(2, ge=0, le=64, description="Jobs `serve` works on at a time, of those slots.")
    preload_models: bool = Field(True, description="Load the models when `serve` starts, not with the first video.")
    max_queue: int = Field(100, ge=1, description="Most jobs, and most synchronous scores, that wait; further ones get 503.")
    max_upload_mb: float = Field(2048, gt=0, description="Largest upload of a job, in MB.")
    max_running_per_key: int = Field(
        0, ge=0, description="Most jobs of one key that `serve` works on at a time; 0: all workers but one, at least 1."
    )
    max_jobs_per_key: int = Field(50, ge=1, description="Most jobs of one key that wait or run; further ones get 429.")
    max_uploads_per_key: int = Field(50, ge=1, description="Most uploads of one key that are stored; further ones get 429.")
    max_stored_mb_per_key: float = Field(10240, gt=0, description="Most MB of uploads of one key that are stored.")
    max_minutes_per_key: float | None = Field(
        None, ge=0, description="Minutes of computing a key may use a month, whatever comes of it; none: no limit."
    )
    max_attempts: int = Field(3, ge=1, description="A job that ends its worker so many times is given up.")
    job_timeout_seconds: float = Field(3600, gt=0, description="Longest time a job may be scored.")
    job_seconds_per_second: float = Field(
        10, gt=0, description="A job may be scored for two minutes and so many seconds per second of its video, if that is less."
    )
    lease_seconds: float = Field(60, gt=0, description="A job whose worker is silent for so long goes to another one.")
    grace_seconds: float = Field(20, ge=0, description="Time that running scores have to finish at shutdown.")

    upload_expiry_seconds: int = Field(3600, ge=1, description="How long an upload may be started, and an unused one is kept.")
    job_expiry_seconds: int = Field(7 * 86400, ge=1, description="How long a job and its report are kept.")
    result_cache_seconds: int = Field(86400, ge=0, description="How long a report is given again for the same video.")
    keep_uploads: bool = Field(False, description="Keep an upload after its job, until it expires.")

    webhook_secret: str | None = Field(None, repr=False, description="Signs webhooks of requests without an API key.")
    webhook_attempts: int = Field(8, ge=1, description="Attempts to deliver a webhook.")
    webhook_timeout_seconds: float = Field(10, gt=0, description="Time one attempt may take.")
    webhook_allow_private: bool = Field(False, description="Send webhooks to private addresses and plain http: for development.")

    @property
    def slots(self) -> int:
        """Videos scored at a time."""
        return self.score_slots or max(2, self.workers + 1, cores() // 2)

    @property
    def running_per_key(self) -> int:
        """Most jobs of one key worked on at a time: nobody takes the last worker with a long video."""
        return self.max_running_per_key or max(1, self.workers - 1)

    @property
    def max_stored_bytes(self) -> int:
        """Most bytes of uploads of one key."""
        return int(self.max_stored_mb_per_key * MEBIBYTE)

    @property
    def max_upload_bytes(self) -> int:
        """Largest upload of a job."""
        return int(self.max_upload_mb * MEBIBYTE)

    @property
    def origins(self) -> list[str]:
        """Origins allowed by CORS."""
        return _listed(self.cors_origins)

    @property
    def hosts(self) -> list[str]:
        """Names that are answered to without keys."""
        return _listed(self.allowed_hosts)


@cache
def service_settings() -> ServiceSettings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable is out of its range.
    """
    return ServiceSettings()


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
