"""What was tested, and how: without it figures mean nothing."""

import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lipgate.core import __version__
from lipgate.core.models import Models


@dataclass(frozen=True)
class Header:
    """Stands above all figures of an evaluation."""

    models: Models
    manifest: Path
    manifest_sha256: str
    attempts: int
    """Most attempts of a transaction that count."""
    made: datetime

    @classmethod
    def of(cls, models: Models, manifest: Path, attempts: int) -> "Header":
        """What holds now."""
        sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest()
        return cls(models, manifest, sha256, attempts, datetime.now().astimezone())

    @property
    def product(self) -> str:
        """With version."""
        return f"Lipgate {__version__}"

    @property
    def profile(self) -> str:
        """How the decision of a video follows from what was measured."""
        return self.models.limits.profile

    @property
    def policy(self) -> dict[str, str]:
        """What each decision counts as."""
        accepted = "ALLOW" if self.attempts == 1 else f"one of the first {self.attempts} attempts is ALLOW"
        return {
            "accepted": f"an attempt: ALLOW; a transaction: {accepted}",
            "NEXT": "not accepted, may try again",
            "BLOCK": "not accepted",
            "no answer": "NEXT with a reason instead of a score: not accepted, and told as non-response",
        }

    @property
    def calibration(self) -> str:
        """In words."""
        return self.models.site.in_words if self.models.site else "embedded"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        limits, site = self.models.limits, self.models.site
        return {
            "product": "lipgate",
            "version": __version__,
            "date": self.made.isoformat(timespec="seconds"),
            "model": asdict(self.models.sync_info),
            "detector": asdict(self.models.detector_info),
            "calibration": site.origin() if site else {"origin": "embedded"},
            "profile": self.profile,
            "thresholds": {
                "allow": limits.allow_threshold,
                "next": limits.next_threshold,
                "max_offset_frames": limits.max_offset_frames,
                "expected_offset_frames": limits.expected_offset_frames,
            },
            "transaction": {"attempts": self.attempts, **self.policy},
            "manifest": {"file": self.manifest.name, "sha256": self.manifest_sha256},
        }
