"""What export, import of weights and CUDA need to know of a network: how to build it and what its branches are."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass(frozen=True)
class Branch:
    """One way through a network; on CPU one ONNX file."""

    name: str
    """As in the manifest, and the stem of the ONNX file."""

    method: str
    """Method of the module that runs it. Its parameters are the names of the inputs."""

    inputs: dict[str, tuple[int, ...]]
    """Shape of an example of every input, float32, in the order of the method's parameters."""

    outputs: tuple[str, ...]
    """Names of the results, in order."""

    dynamic: dict[str, dict[int, str]]
    """Axes of inputs that may have any length, with a name for each: `{"frames": {0: "n"}}`."""


@dataclass(frozen=True)
class NetSpec:
    """A network and its branches."""

    build: Callable[[], nn.Module]
    branches: tuple[Branch, ...]

    def branch(self, name: str) -> Branch:
        """The branch called `name`.

        Raises:
            KeyError: there is none.
        """
        return {branch.name: branch for branch in self.branches}[name]


class BranchModule(nn.Module):
    """One branch as a module of its own, whose `forward` the exporter can follow."""

    def __init__(self, net: nn.Module, method: str) -> None:
        super().__init__()
        self.net = net
        self.method = method

    def forward(self, *inputs: Tensor) -> Tensor | list[Tensor] | tuple[Tensor, ...]:
        return getattr(self.net, self.method)(*inputs)


def spec_of(name: str) -> NetSpec:
    """How the network `name` is built. The imports are spelled out, so that PyInstaller sees them.

    Raises:
        KeyError: no network has this name.
    """
    embedding = ("embedding",)
    match name:
        case "mini":
            from lipgate.core.constants import STATE_WIDTH
            from lipgate.core.nets.mini import CROP_SIDE, Mini

            return NetSpec(
                Mini,
                (
                    Branch("video", "video", {"crops": (1, 20, CROP_SIDE, CROP_SIDE)}, embedding, {"crops": {1: "frames"}}),
                    Branch("audio", "audio", {"states": (1, 40, STATE_WIDTH)}, embedding, {"states": {1: "columns"}}),
                ),
            )
        case "syncnet":
            from lipgate.core.nets.syncnet import SyncNet

            return NetSpec(
                SyncNet,
                (
                    Branch("lip", "lip", {"frames": (2, 3, 5, 224, 224)}, embedding, {"frames": {0: "n"}}),
                    Branch("audio", "audio", {"mfcc": (2, 1, 13, 20)}, embedding, {"mfcc": {0: "n"}}),
                ),
            )
        case "s3fd":
            from lipgate.core.nets.s3fd import S3FD, S3FD_OUTPUTS

            picture = {"image": {2: "height", 3: "width"}}
            return NetSpec(S3FD, (Branch("heads", "forward", {"image": (1, 3, 96, 128)}, S3FD_OUTPUTS, picture),))
        case "whisper":
            from lipgate.core.nets.whisper import BANDS, WhisperEncoder

            states = Branch("states", "forward", {"mel": (1, BANDS, 400)}, ("states",), {"mel": {2: "columns"}})
            return NetSpec(WhisperEncoder, (states,))
        case "mouth":
            from lipgate.core.nets import visibility

            shape = (1, visibility.CROP_SIDE, visibility.CROP_SIDE)
            covered = Branch("covered", "forward", {"crops": shape}, ("probability",), {"crops": {0: "n"}})
            return NetSpec(visibility.Visibility, (covered,))
        case "splices":
            from lipgate.core.constants import STATE_WIDTH
            from lipgate.core.nets.splices import Splices

            joints = Branch("joints", "forward", {"states": (1, 100, STATE_WIDTH)}, ("probability",), {"states": {1: "columns"}})
            return NetSpec(Splices, (joints,))
    raise KeyError(name)
