"""The one seam between this project and what runs its networks: ONNX Runtime on CPU, PyTorch on CUDA.

A score on CPU never imports torch: it costs seconds and hundreds of megabytes, and may not be installed.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from lipgate.core.errors import DeviceError
from lipgate.core.weights.bundle import Bundle

Device = Literal["cpu", "cuda"]
"""Where networks run."""

_DRIVER_FILES = ("/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg")
"""One of these exists where an NVIDIA driver is loaded (the last under WSL)."""


class Network(Protocol):
    """A network, or one branch of it, ready to run. Safe to call from several threads."""

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        """Run it on float32 arrays named as in its `lipgate.core.nets` spec; returns its outputs in order."""
        ...


class OnnxNetwork:
    """Runs an ONNX file on CPU."""

    def __init__(self, model: Path | bytes, threads: int = 0) -> None:
        """Load a model.

        Args:
            model: the file, or its contents (which is what a caller that has checked the hash must give).
            threads: CPU threads it may use; 0 means one per core.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # A number rather than ONNX Runtime's own 0: that pins threads to cores, which containers often forbid.
        options.intra_op_num_threads = threads or _cores()
        options.inter_op_num_threads = 1
        # Waiting threads would otherwise burn a core between calls, which decoding and a busy Lambda need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Both keep memory for the next call, which as often as not has another length: 90 MB of the 335 of a score, and slower.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        content = model if isinstance(model, bytes) else model.read_bytes()
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        return self._session.run(None, inputs)


class TorchNetwork:
    """Runs a torch function on a device, in full float32 so that it agrees with the CPU."""

    def __init__(self, function: Callable, device: str) -> None:
        """Wrap a function.

        Args:
            function: takes tensors by the names of the inputs, returns a tensor or several. Its weights are on `device`.
            device: "cpu" or "cuda".
        """
        self._function = function
        self._device = device

    def __call__(self, **inputs: np.ndarray) -> list[np.ndarray]:
        import torch

        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            tensors = {name: torch.from_numpy(np.ascontiguousarray(array)).to(self._device) for name, array in inputs.items()}
            result = self._function(**tensors)
        results = [result] if isinstance(result, torch.Tensor) else result
        return [tensor.cpu().numpy() for tensor in results]


def resolve_device(device: str) -> Device:
    """Turn the setting auto, cpu or cuda into a device that is there.

    Raises:
        DeviceError: torch_missing or cuda_unavailable, when CUDA is asked for by name and cannot be had.
    """
    if device == "cpu" or (device == "auto" and not (torch_installed() and driver_visible())):
        return "cpu"
    if device not in ("auto", "cuda"):
        raise DeviceError("cuda_unavailable", f"There is no device '{device}'. Choose auto, cpu or cuda.")
    require_torch("CUDA needs it")
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "auto":
        return "cpu"
    raise DeviceError(
        "cuda_unavailable", "No usable CUDA GPU: check `nvidia-smi` and that the installed torch has CUDA, or use --device cpu."
    )


def open_network(bundle: Bundle, branch: str, device: Device, threads: int = 0) -> Network:
    """Load one branch of a model for a device. Every byte is checked against its hash first.

    Models that only exist as ONNX run on CPU whatever the device.

    Args:
        bundle: the model's files, from `lipgate.core.weights.store.find`.
        branch: name of the branch, as in the manifest: `video`, `audio`, `lip`, `heads`.
        device: from `resolve_device`.
        threads: CPU threads; 0 means one per core.

    Raises:
        WeightsError: weights_missing, weights_mismatch.
        DeviceError: torch_missing.
    """
    if device == "cpu" or bundle.source is None:
        return OnnxNetwork(bundle.read_branch(branch), threads)
    return open_torch(bundle, branch, device)


def open_meanwhile(bundle: Bundle, branch: str, threads: int = 0) -> Network:
    """As `open_network` on CPU, for one that takes long to open: it is checked here and made ready in a thread.

    Raises:
        WeightsError: weights_missing, weights_mismatch.
    """
    content = bundle.read_branch(branch)
    opener = ThreadPoolExecutor(1, "open")
    opening = opener.submit(OnnxNetwork, content, threads)
    opener.shutdown(wait=False)

    def run(**inputs: np.ndarray) -> list[np.ndarray]:
        return opening.result()(**inputs)

    return run


def open_torch(bundle: Bundle, branch: str, device: str) -> TorchNetwork:
    """Load one branch of a model with PyTorch, on CUDA or, to compare, on CPU.

    Raises:
        WeightsError: weights_missing, weights_mismatch.
        DeviceError: torch_missing.
    """
    require_torch("CUDA needs it")
    from safetensors.torch import load

    from lipgate.core.nets.spec import spec_of

    spec = spec_of(bundle.name)
    net = spec.build()
    net.load_state_dict(load(bundle.read_source()))
    net.eval().to(device)
    return TorchNetwork(getattr(net, spec.branch(branch).method), device)


def torch_installed() -> bool:
    """Whether torch could be imported. Does not import it."""
    return importlib.util.find_spec("torch") is not None


def frozen() -> bool:
    """Whether this is the frozen program, to which nothing can be installed."""
    return getattr(sys, "frozen", False)


def how_to_install(extra: str) -> str:
    """The command that brings an extra: of the launcher in a checkout, of pip where this is installed."""
    launcher = Path(__file__).resolve().parents[1] / "lipgate"
    return f"./lipgate install {extra}" if launcher.is_file() else f"pip install 'lipgate[{extra}]'"


def require_torch(why: str) -> None:
    """Check that torch is installed.

    Raises:
        DeviceError: torch_missing, saying why it is needed and how to get it.
    """
    if torch_installed():
        return
    if frozen():
        raise DeviceError("torch_missing", f"This program was built without PyTorch and {why}. Take the one built for CUDA.")
    raise DeviceError("torch_missing", f"PyTorch is not installed and {why}. Run: {how_to_install('torch')}")


def driver_visible() -> bool:
    """Whether this machine seems to have an NVIDIA driver: cheap, so that torch need not be imported to find out."""
    if sys.platform == "win32":
        return (Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32" / "nvcuda.dll").exists()
    return any(Path(file).exists() for file in _DRIVER_FILES)


def _cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
