"""Official weights: import, fetch, and what becomes of an installation that was disturbed."""

import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from lipgate.core import runtime
from lipgate.core.errors import DeviceError, LipgateError, OutputError
from lipgate.core.settings import settings
from lipgate.core.weights import install, installed
from lipgate.core.weights.at_start import install_named
from lipgate.core.weights.install import LOCK, fetch, import_file
from lipgate.core.weights.store import available, find, verify
from lipgate.handlers.scoring.slots import Scorer
from lipgate.handlers.services import make_scorer
from lipgate.handlers.settings import ServiceSettings
from tests.core.weights.conftest import FOREIGN, ORIGINAL, code_of, file_with, set_variable


def with_syncnet():
    """The settings as they are now, for the official model."""
    return settings().model_copy(update={"model": "syncnet"})


def test_import_then_find(home, converted, tmp_path):
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    bundle = find("syncnet")
    assert bundle.verified
    assert bundle.sha256 == hashlib.sha256(ORIGINAL).hexdigest()
    assert bundle.read_source() == b"source" + ORIGINAL
    assert bundle.read_branch("lip") == b"lip" + ORIGINAL
    [row] = [row for row in available() if row.name == "syncnet"]
    assert (row.state, row.verified, row.bytes) == ("installed", True, len(ORIGINAL))


@pytest.mark.parametrize("content", [FOREIGN, ORIGINAL[::-1]], ids=["another size", "another hash"])
def test_foreign_file_needs_the_operators_word(home, converted, tmp_path, monkeypatch, content):
    file = file_with(tmp_path, content)
    assert code_of(import_file, file, "syncnet") == "weights_mismatch"
    assert not home.exists()

    set_variable(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 1)
    import_file(file, "syncnet")
    assert not find("syncnet").verified

    set_variable(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 0)
    assert code_of(find, "syncnet") == "weights_mismatch"
    assert [check.problem for check in verify() if check.name == "syncnet" and check.problem] != []


def test_altered_installation_is_never_handed_out(home, converted, tmp_path):
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    bundle = find("syncnet")
    bundle.branches["lip"].path.write_bytes(b"altered")
    assert code_of(bundle.read_branch, "lip") == "weights_mismatch"
    assert [check.file for check in verify() if check.name == "syncnet" and check.problem] == ["lip.onnx"]


def test_importing_again_leaves_one_installation(home, converted, tmp_path):
    file = file_with(tmp_path, ORIGINAL)
    first = import_file(file, "syncnet")
    second = import_file(file, "syncnet")
    assert not first.folder.exists()
    assert sorted(path.name for path in (home / "syncnet").iterdir()) == sorted(["installed.json", LOCK, second.folder.name])


@pytest.mark.parametrize("victim", ["convert", "sync_file", "write_installed"])
def test_a_crash_leaves_the_former_installation_working(home, converted, tmp_path, monkeypatch, victim):
    file = file_with(tmp_path, ORIGINAL)
    import_file(file, "syncnet")

    def crash(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(install, victim, crash)
        with pytest.raises(KeyboardInterrupt):
            import_file(file, "syncnet")
    assert find("syncnet").read_branch("lip") == b"lip" + ORIGINAL
    assert len(list((home / "syncnet").glob("v-*"))) == 1


def test_leftovers_of_a_crash_are_removed_when_they_are_old(home, converted, tmp_path):
    old, new = home / "syncnet" / "v-old", home / "syncnet" / "v-new"
    for folder in (old, new):
        folder.mkdir(parents=True)
    os.utime(old, (0, 0))
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    assert not old.exists()
    assert new.exists()


def test_damaged_record_says_what_to_do_and_can_be_repaired(home, converted, tmp_path):
    file = file_with(tmp_path, ORIGINAL)
    import_file(file, "syncnet")
    (home / "syncnet" / "installed.json").write_text("{")
    assert code_of(find, "syncnet") == "weights_unreadable"
    assert any(check.problem for check in verify() if check.name == "syncnet")
    import_file(file, "syncnet")
    assert find("syncnet").verified


def test_installation_of_another_format_counts_as_missing(home, converted, tmp_path, monkeypatch):
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    monkeypatch.setattr(installed, "FORMAT", 99)
    assert code_of(find, "syncnet") == "weights_missing"


@pytest.mark.parametrize(("name", "code"), [("mini", "weights_unknown"), ("maxi", "weights_unknown")])
def test_only_official_models_are_imported(home, project, tmp_path, name, code):
    assert code_of(import_file, file_with(tmp_path, ORIGINAL), name) == code


def test_import_of_what_is_no_file(home, project, tmp_path):
    assert code_of(import_file, tmp_path / "nothing", "syncnet") == "file_not_found"
    assert code_of(import_file, tmp_path, "syncnet") == "not_a_file"


def test_folder_that_cannot_be_written(home, converted, tmp_path):
    home.write_text("a file where the folder should be")
    with pytest.raises(OutputError, match="LIPGATE_WEIGHTS_DIR"):
        import_file(file_with(tmp_path, ORIGINAL), "syncnet")


def test_without_torch_import_and_fetch_say_how_to_get_it(home, project, tmp_path, monkeypatch):
    monkeypatch.setattr(runtime, "torch_installed", lambda: False)
    for action in (
        lambda: import_file(file_with(tmp_path, ORIGINAL), "syncnet"),
        lambda: fetch("syncnet", accept_licence=True),
        lambda: runtime.resolve_device("cuda"),
    ):
        with pytest.raises(DeviceError, match=r"\./lipgate install torch") as caught:
            action()
        assert caught.value.code == "torch_missing"


def test_missing_weights_say_what_to_run(home, project):
    with pytest.raises(
        LipgateError, match=r"lipgate weights fetch syncnet(.|\n)*lipgate weights import .* --as syncnet"
    ) as caught:
        find("syncnet")
    assert caught.value.code == "weights_missing"


@pytest.mark.parametrize("names_the_file", [True, False])
def test_file_in_model_path_is_converted_once(home, converted, tmp_path, monkeypatch, names_the_file):
    file = file_with(tmp_path / "models", ORIGINAL)
    set_variable(monkeypatch, "MODEL_PATH", file if names_the_file else file.parent)
    install_named(with_syncnet())
    first = find("syncnet")
    assert first.verified
    install_named(with_syncnet())
    assert find("syncnet") == first


def test_a_service_converts_it_when_it_starts(home, converted, tmp_path, monkeypatch):
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", ORIGINAL))
    set_variable(monkeypatch, "LIPGATE_MODEL", "syncnet")
    make_scorer(ServiceSettings(_env_file=None))
    assert find("syncnet").verified


def test_file_in_model_path_goes_before_an_installed_one(home, converted, tmp_path, monkeypatch):
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", FOREIGN).parent)
    assert code_of(install_named, with_syncnet()) == "weights_mismatch"
    set_variable(monkeypatch, "LIPGATE_ALLOW_UNVERIFIED_WEIGHTS", 1)
    install_named(with_syncnet())
    assert find("syncnet").sha256 == hashlib.sha256(FOREIGN).hexdigest()


def test_model_path_without_the_file_falls_back(home, converted, tmp_path, monkeypatch):
    set_variable(monkeypatch, "MODEL_PATH", tmp_path / "nowhere")
    file_with(home, ORIGINAL)
    install_named(with_syncnet())
    assert find("syncnet").verified


def test_a_file_in_the_weights_folder_does_not_go_before_an_installed_one(home, converted, tmp_path):
    import_file(file_with(tmp_path, ORIGINAL), "syncnet")
    file_with(home, FOREIGN)
    install_named(with_syncnet())
    assert find("syncnet").verified


@pytest.mark.parametrize("model", ["auto", "mini"])
def test_a_file_of_a_model_that_is_not_in_use_is_left_alone(home, converted, tmp_path, monkeypatch, model):
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", ORIGINAL))
    install_named(settings().model_copy(update={"model": model}))
    assert not home.exists()


def test_a_damaged_record_is_mended_from_model_path(home, converted, tmp_path, monkeypatch):
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", ORIGINAL))
    install_named(with_syncnet())
    (home / "syncnet" / "installed.json").write_text("{")
    install_named(with_syncnet())
    assert find("syncnet").verified


def test_looking_up_converts_nothing(home, converted, tmp_path, monkeypatch):
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", ORIGINAL))
    assert code_of(find, "syncnet") == "weights_missing"
    assert [row.state for row in available() if row.name == "syncnet"] == ["missing"]
    assert not Scorer(with_syncnet(), 1, 1).ready()  # what GET /health asks
    assert not home.exists()


def test_of_programs_that_start_at_once_one_converts(home, converted, tmp_path, monkeypatch):
    set_variable(monkeypatch, "MODEL_PATH", file_with(tmp_path / "models", ORIGINAL))
    quick, converting, conversions = install.convert, threading.Barrier(4), []

    def convert(content, name, folder):
        conversions.append(folder)
        if len(conversions) == 1:
            converting.wait(60)
        return quick(content, name, folder)

    def start(number):
        if number:
            converting.wait(60)  # now one of them converts, and nothing is installed yet
        install_named(with_syncnet())

    monkeypatch.setattr(install, "convert", convert)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(start, range(4)))
    assert len(conversions) == 1
    assert [folder.name for folder in (home / "syncnet").glob("v-*")] == [conversions[0].name]


def test_fetch_needs_the_licence_accepted(home, project):
    with pytest.raises(LipgateError, match="research use") as caught:
        fetch("syncnet", accept_licence=False)
    assert caught.value.code == "licence_not_accepted"


def test_fetch_installs_and_keeps_no_second_copy(home, converted, monkeypatch):
    asked = []

    def download(url, part, size, sha256, *, progress):
        asked.append((url, size, sha256))
        part.write_bytes(ORIGINAL)
        return part

    monkeypatch.setattr(install, "download", download)
    set_variable(monkeypatch, "LIPGATE_WEIGHTS_URL", "https://example.org/data")
    fetch("syncnet", accept_licence=True)
    assert asked == [("https://example.org/data/syncnet_v2.model", len(ORIGINAL), hashlib.sha256(ORIGINAL).hexdigest())]
    assert [path.name for path in home.iterdir()] == ["syncnet"]
    assert find("syncnet").verified
