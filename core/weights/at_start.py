"""What a program does once when it starts: convert the official files its operator points to. Later look-ups only find."""

from pathlib import Path

from lipgate.core.settings import Settings
from lipgate.core.weights.installed import current
from lipgate.core.weights.manifest import load_manifest


def install_named(settings: Settings) -> None:
    """Install the files of the official models that the settings name, where the operator's folders hold them.

    Those are MODEL_PATH, DETECTOR_PATH and the weights folder. What lies in the first two goes before what is installed, what
    lies in the third does not. Nothing is written where what is installed was made of the same file.

    Raises:
        LipgateError: as `lipgate.core.weights.install.import_file`.
    """
    for name, folder in ((settings.model, settings.model_path), (settings.detector, settings.detector_path)):
        model = load_manifest().models.get(name)
        if model is None or not model.official:  # embedded, or a name that finding will not know either
            continue
        file = load_manifest().files[model.source or ""].file
        named = _in_folder(folder, file)
        dropped = None if named or current(name) else _in_folder(settings.weights_dir, file)
        if path := named or dropped:
            from lipgate.core.weights.install import import_if_new

            import_if_new(path, name)


def _in_folder(folder: Path | None, file: str) -> Path | None:
    """`file` in `folder`; existing deployments also name the file itself."""
    if folder is None:
        return None
    path = folder if folder.is_file() else folder / file
    return path if path.is_file() else None
