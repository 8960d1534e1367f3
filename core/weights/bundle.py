"""The files of one model, handed out never before their hash has been checked."""

from dataclasses import dataclass
from pathlib import Path

from lipgate.core.calibration import Calibration
from lipgate.core.errors import WeightsError
from lipgate.core.files import sha256_of
from lipgate.core.weights.manifest import Kind


@dataclass(frozen=True)
class Part:
    """One file and the hash it must have."""

    path: Path
    sha256: str

    def read(self) -> bytes:
        """Its content, checked.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            message = f"{self.path} cannot be read: {error}. Run: ./lipgate weights verify"
            raise WeightsError("weights_missing", message) from error
        found = sha256_of(content)
        if found != self.sha256:
            message = f"{self.path} has been altered: its SHA-256 is {found}, not {self.sha256}. Run: ./lipgate weights verify"
            raise WeightsError("weights_mismatch", message)
        return content


@dataclass(frozen=True)
class Bundle:
    """The files of one model."""

    name: str
    kind: Kind
    version: str

    sha256: str
    """Hash of the file that identifies the model: what it was trained to, not what it was converted to."""

    verified: bool
    """False: not the file the manifest knows, but one the operator allowed."""

    calibration: Calibration | None

    source: Part | None
    """The safetensors; None for models that only exist as ONNX."""

    branches: dict[str, Part]
    """Branch to ONNX file."""

    def read_branch(self, branch: str) -> bytes:
        """The ONNX model of a branch, checked.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
            KeyError: the model has no such branch.
        """
        return self.branches[branch].read()

    def read_source(self) -> bytes:
        """The safetensors, checked.

        Raises:
            WeightsError: weights_missing, weights_mismatch.
        """
        if self.source is None:
            raise WeightsError("weights_missing", f"'{self.name}' has no weights for PyTorch.")
        return self.source.read()
