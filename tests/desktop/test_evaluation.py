"""`evaluate` and `calibrate` from the command line: what is written, what is kept, what is put to use."""

import csv
import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import lipgate.desktop.commands.calibrate
import lipgate.desktop.commands.evaluate
from lipgate.core import __version__
from lipgate.core.calibration import Calibration
from lipgate.core.evaluation.results import Measured, Result
from lipgate.core.evaluation.scores_file import ScoresFile
from lipgate.core.settings import settings
from lipgate.core.weights.manifest import load_manifest
from lipgate.desktop.cli import main
from lipgate.desktop.evaluation import scoring
from lipgate.desktop.evaluation.terms import CLAIM
from tests.core.evaluation.tables import normal, result

SAMPLE = str(Path(__file__).parents[2] / "samples" / "in_sync.mp4")
VOID = {"meta", "link", "br", "line", "circle", "polyline", "polygon", "path", "rect"}

Captured = pytest.CaptureFixture[str]
MakePuppet = Callable[..., Path]


@pytest.fixture(autouse=True)
def _fresh_settings():
    settings.cache_clear()
    yield
    settings.cache_clear()


class Page(HTMLParser):
    """Unbalanced tags fail; `outside` is what a browser would fetch or run."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "iframe", "object", "embed"):
            self.outside.append(tag)
        for name, value in attrs:
            if (name in ("src", "href") and not str(value).startswith(("#", "data:,"))) or name.startswith("on"):
                self.outside.append(f"{name}={value}")
            if name == "id":
                self.ids.append(str(value))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert tag in VOID or self._open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_data(self, data):
        if not self._open or self._open[-1] != "style":
            self.text += data


def write_manifest(path: Path, rows: Sequence[tuple[Path | str, str, str]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("clip", "label", "person"), *rows])
    return str(path)


@pytest.fixture
def puppets(puppet: MakePuppet, tmp_path: Path) -> str:
    """A manifest of a clip in sync, one whose sound comes late, one with other words, and one that is no video."""
    (tmp_path / "broken.mp4").write_text("not a video")
    rows = [
        (puppet(start=27.0, seconds=3.0), "genuine", "one"),
        (puppet(start=27.0, seconds=3.0, offset_frames=-6), "shifted", "one"),
        (puppet(start=6.0, seconds=3.0, dubbed=True), "fake", "two"),
        ("broken.mp4", "fake", "two"),
    ]
    return write_manifest(tmp_path / "manifest.csv", rows)


def test_a_manifest_is_evaluated(puppets: str, tmp_path: Path, capsys: Captured) -> None:
    out, page, scores = tmp_path / "out.json", tmp_path / "out.html", tmp_path / "scores.jsonl"
    arguments = ["evaluate", puppets, "--json", str(out), "--html", str(page), "--scores", str(scores), "--device", "cpu"]
    assert main(arguments) == 1  # one clip failed
    document = json.loads(out.read_text(encoding="utf-8"))
    assert document["clips"] == {"genuine": 1, "fake": 1, "shifted": 1}
    assert document["intervals"]["by"] == "person"
    genuine, shifted, fake, broken = document["results"]
    assert abs(genuine["offset_frames"]) <= 1
    assert shifted["offset_frames"] == pytest.approx(genuine["offset_frames"] - 6, abs=1)
    assert shifted["decision"] != "ALLOW"
    assert fake["label"] == "fake"
    assert broken["error"]["code"] == "not_a_video"
    assert document["figures"]["far_allow_shifted"]["value"] == 0.0
    assert [one["species"] for one in document["attacks"]["species"]] == ["fake", "shifted"]
    assert document["attacks"]["apcer"]["at_most"] == 1.0
    assert document["bona_fide"]["bpcer"]["trials"] == 1
    header = document["header"]
    weights = load_manifest()
    assert header["model"]["sha256"] == weights.files[weights.models["mini"].source].sha256
    assert header["version"] == __version__
    assert header["thresholds"]["allow"] == document["thresholds"]["allow"]
    assert header["transaction"]["attempts"] == 3
    assert header["manifest"] == {"file": "manifest.csv", "sha256": sha256(Path(puppets).read_bytes()).hexdigest()}
    assert header["date"].startswith("20")
    assert document["claim"] == CLAIM
    captured = capsys.readouterr()
    assert "broken.mp4 [not_a_video]" in captured.out
    assert header["model"]["sha256"][:12] in captured.out
    assert " ".join(CLAIM.split()) in " ".join(captured.out.split())
    assert len(scores.read_text(encoding="utf-8").splitlines()) == 3

    found = Page(page.read_text(encoding="utf-8"))
    assert found.outside == []
    assert len(found.ids) == len(set(found.ids))
    assert "1 genuine, 1 fake and 1 shifted clips were scored" in found.text
    assert "broken.mp4" in found.text
    assert CLAIM in found.text
    assert header["model"]["sha256"] in found.text
    assert "nan" not in found.text.lower().split()


def test_what_is_kept_is_not_scored_again(
    puppets: str, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored: list[str] = []
    real = scoring.score

    def stopped(source: Path, *rest: object) -> object:
        if len(scored) == 1:
            raise KeyboardInterrupt
        scored.append(source.name)
        return real(source, *rest)

    arguments = ["evaluate", puppets, "--scores", str(tmp_path / "scores.jsonl")]
    monkeypatch.setattr(scoring, "score", stopped)
    assert main(arguments) == 130
    assert "stopped after 1 of 4 clips; they are kept" in capsys.readouterr().err
    scored.append("nothing stops it")
    monkeypatch.setattr(scoring, "score", lambda source, *rest: scored.append(source.name) or real(source, *rest))
    assert main(arguments) == 1
    assert len(scored) == 2 + 3  # two clips and the broken one
    scored.clear()
    assert main(arguments) == 1
    assert scored == ["broken.mp4"]
    monkeypatch.setenv("LIPGATE_MIN_FACE_PX", "60")
    settings.cache_clear()
    assert main(arguments) == 1
    assert len(scored) == 1 + 4


def test_kept_results_survive_lines_that_were_cut_off_or_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "scores.jsonl"
    reasons = ("moved_picture", "in_doubt")
    judged = result("fake", 3.0, decision="NEXT", reason="moved_picture", reasons=reasons).measured
    unjudged = Measured(3.0, None, None, "no_face")
    kept = ScoresFile(path, "now")
    kept.add("aa", "clip a", judged)
    whole = path.read_text(encoding="utf-8")
    path.write_text(
        "\n".join(["[1]", "7", "{}", '{"conditions": "now", "sha256": "bb", "clip": "", "duration_s": 1}', whole + whole[:40]]),
        encoding="utf-8",
    )
    ScoresFile(path, "now").add("cc", "clip c", unjudged)
    again = ScoresFile(path, "now")
    assert (again.get("aa"), again.get("bb"), again.get("cc")) == (judged, None, unjudged)
    assert ScoresFile(path, "other").get("aa") is None


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([result("genuine", 3.0) for _ in range(6)], "Figures that need both"),
        ([result("fake", None), result("genuine", None)], "Not judged: 2"),
        ([result("genuine", 3.0), result("fake", -3.0, name="<b>&.mp4"), result("fake", 9.0, name="<i>.mp4")], "<i>.mp4"),
    ],
    ids=["one class", "nobody judged", "names that are markup"],
)
def test_the_page_stands_what_there_is(results: list[Result], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = write_manifest(tmp_path / "manifest.csv", [("a.mp4", "genuine", "")])
    monkeypatch.setattr(lipgate.desktop.commands.evaluate, "scored", lambda *_: results)
    assert main(["evaluate", manifest, "--html", str(tmp_path / "out.html"), "--json", str(tmp_path / "out.json")]) == 0
    found = Page((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert said in found.text
    assert found.outside == []


def test_a_bad_manifest_and_an_output_on_a_source_are_refused(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = write_manifest(tmp_path / "bad.csv", [("a.mp4", "unreal", "")])
    assert main(["evaluate", bad]) == 1
    assert "[manifest_invalid]" in capsys.readouterr().err
    good = write_manifest(tmp_path / "good.csv", [("a.mp4", "fake", "")])
    monkeypatch.setattr(lipgate.desktop.commands.evaluate, "scored", lambda *_: [])
    assert main(["evaluate", good, "--json", good]) == 1
    assert "[output_failed]" in capsys.readouterr().err


@pytest.fixture
def calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A calibration file for the embedded model, made of made-up results."""
    results = normal(80, 200, apart=8.0).results
    monkeypatch.setattr(lipgate.desktop.commands.calibrate, "scored", lambda *_: results)
    manifest = write_manifest(tmp_path / "manifest.csv", [("a.mp4", "genuine", "")])
    path = tmp_path / "site.json"
    assert main(["calibrate", manifest, "--target-far", "0.05", "--out", str(path)]) == 0
    return path


def test_a_calibration_is_put_to_use(calibrated: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads(calibrated.read_text(encoding="utf-8"))
    capsys.readouterr()
    documents = []
    for arguments, environment in (([], {}), (["--calibration", str(calibrated)], {}), ([], {"LIPGATE_CALIBRATION": calibrated})):
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))
        settings.cache_clear()
        assert main(["score", SAMPLE, "--json", *arguments]) == 0
        documents.append(json.loads(capsys.readouterr().out))
    plain, named, from_environment = documents
    assert plain["calibration"] == {"origin": "embedded"}
    assert named["calibration"] == from_environment["calibration"]
    assert {key: named["calibration"][key] for key in ("origin", "file", "target_far")} == {
        "origin": "site",
        "file": "site.json",
        "target_far": 0.05,
    }
    track = named["debug"]["all_results"][0]
    seconds = len(track["framewise_confidence"]) / 25
    fitted = Calibration(**content["calibration"])
    odds = named["confidence"] - fitted.distance * named["min_dist"] - fitted.shortness / seconds**0.5 - fitted.midpoint
    assert named["score"] == pytest.approx(
        Calibration(0.0, 1.0).score(result("fake", odds / fitted.scale).measured.sync), abs=2e-3
    )
    assert named["score"] == from_environment["score"]


def test_the_report_is_judged_and_shown_by_the_files_thresholds(
    calibrated: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(calibrated.read_text(encoding="utf-8"))
    content.update(allow_threshold=0.001, next_threshold=0.001)
    content["calibration"]["midpoint"] = -60.0  # with which also a puppet scores high
    calibrated.write_text(json.dumps(content), encoding="utf-8")
    page = tmp_path / "page.html"
    # The sample is a puppet, no two seconds of which fit, and whose mouth shakes.
    monkeypatch.setenv("LIPGATE_WORST_THRESHOLD", "0")
    monkeypatch.setenv("LIPGATE_MAX_MOUTH_SHAKING", "9")
    settings.cache_clear()
    capsys.readouterr()
    assert main(["score", SAMPLE, "--json", "--calibration", str(calibrated), "--report", str(page)]) == 0
    assert json.loads(capsys.readouterr().out)["decision"] == "ALLOW"
    assert "The score is 0.00 or more" in page.read_text(encoding="utf-8")
    monkeypatch.setenv("LIPGATE_ALLOW_THRESHOLD", "1")
    settings.cache_clear()
    assert main(["score", SAMPLE, "--json", "--calibration", str(calibrated)]) == 0
    assert json.loads(capsys.readouterr().out)["decision"] == "NEXT"


def test_a_calibration_for_other_weights_is_refused(calibrated: Path, capsys: Captured) -> None:
    content = json.loads(calibrated.read_text(encoding="utf-8"))
    content["model"]["sha256"] = "00" * 32
    calibrated.write_text(json.dumps(content), encoding="utf-8")
    assert main(["score", SAMPLE, "--calibration", str(calibrated)]) == 1
    assert "[calibration_mismatch]" in capsys.readouterr().err


def calibrate(results: list[Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *more: str) -> tuple[int, Path]:
    """Exit status and file of a calibration to made-up results, for at most 5 % of false accepts."""
    monkeypatch.setattr(lipgate.desktop.commands.calibrate, "scored", lambda *_: results)
    manifest, out = write_manifest(tmp_path / "manifest.csv", [("a.mp4", "fake", "")]), tmp_path / "site.json"
    return main(["calibrate", manifest, "--target-far", "0.05", "--out", str(out), *more]), out


def test_what_can_be_promised_is_said_and_written(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    status, out = calibrate(normal(80, 200, apart=40.0).results, tmp_path, monkeypatch)
    assert status == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "5.0 % can be promised." in shown
    assert "Put it to use with" in shown
    assert "5.0 % can be promised." in json.loads(out.read_text(encoding="utf-8"))["evidence"]["in_words"]


def test_without_a_promise_nothing_is_written_unless_forced(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = "Too little data to promise 5.0 %: at least 60 fakes are needed, here are 30."
    results = normal(80, 30, apart=40.0).results
    status, out = calibrate(results, tmp_path, monkeypatch)
    told = capsys.readouterr()
    assert (status, out.exists()) == (1, False)
    assert lacking in " ".join(told.out.split())
    assert "[not_promised]" in told.err
    assert "Put it to use" not in told.out

    status, _ = calibrate(results, tmp_path, monkeypatch, "--force")
    told = capsys.readouterr()
    assert status == 0
    assert "which promises nothing" in told.out
    evidence = json.loads(out.read_text(encoding="utf-8"))["evidence"]
    assert not evidence["promised"]
    assert lacking in evidence["in_words"]
    assert main(["score", SAMPLE, "--calibration", str(out)]) == 0
    assert "calibration: site.json" in (shown := " ".join(capsys.readouterr().out.split()))
    assert "nothing promised" in shown


def test_a_table_says_which_calibration_decides(calibrated: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    content = json.loads(calibrated.read_text(encoding="utf-8"))
    capsys.readouterr()
    assert main(["score", SAMPLE]) == 0
    assert "calibration" not in capsys.readouterr().out
    monkeypatch.setenv("LIPGATE_CALIBRATION", str(calibrated))
    settings.cache_clear()
    assert main(["score", SAMPLE]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"calibration: site.json of {content['made']}, at most 5 % false accepts promised" in shown
    assert f"ALLOW from a score of {content['allow_threshold']:.4g}, NEXT from {content['next_threshold']:.4g}" in shown


def test_too_little_data_writes_nothing(tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lipgate.desktop.commands.calibrate, "scored", lambda *_: normal(9, 30, apart=3.0).results)
    manifest, out = write_manifest(tmp_path / "manifest.csv", [("a.mp4", "fake", "")]), tmp_path / "site.json"
    assert main(["calibrate", manifest, "--target-far", "0.05", "--out", str(out)]) == 1
    assert "[too_little_data]" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize("share", ["0", "1", "5", "-1", "nan", "x"])
def test_a_target_that_is_no_share_is_a_usage_error(share: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["calibrate", "manifest.csv", "--target-far", share])
    assert stop.value.code == 2
