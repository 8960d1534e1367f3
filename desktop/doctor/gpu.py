"""The GPU: optional. PyTorch is only imported where it is installed and a driver is there."""

from lipgate.core.runtime import driver_visible, frozen, how_to_install, torch_installed
from lipgate.desktop.doctor.check import Check


def checks() -> list[Check]:
    """What `--device auto` would find."""
    if not driver_visible():
        return [Check("gpu", "ok", "no NVIDIA driver here; the CPU does the work")]
    if not torch_installed():
        advice = "Take the program built for CUDA." if frozen() else f"Run: {how_to_install('torch')}"
        return [Check("gpu", "warn", "an NVIDIA driver, but no PyTorch to use it; the CPU does the work", advice)]
    return [_cuda()]


def _cuda() -> Check:
    import torch

    if torch.cuda.is_available():
        name, free = torch.cuda.get_device_name(0), torch.cuda.mem_get_info(0)[0]
        return Check("gpu", "ok", f"{name}, {free / 1e9:.1f} GB free; PyTorch {torch.__version__}")
    if torch.version.cuda is None:
        found = f"PyTorch {torch.__version__} was built without CUDA; the CPU does the work"
        return Check("gpu", "warn", found, "Install PyTorch for CUDA: the README says how.")
    found = f"PyTorch {torch.__version__} finds no usable GPU; the CPU does the work"
    return Check("gpu", "warn", found, f"Check `nvidia-smi`: CUDA {torch.version.cuda} needs a driver of its time or newer.")
