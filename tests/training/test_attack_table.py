"""The model card's tables say what an evaluation found."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lipgate.core.models import Models
from lipgate.desktop.evaluation.header import Header
from lipgate.desktop.evaluation.summary import summarise
from tests.core.evaluation.tables import result, sample
from training import attack_table
from training.attack_table import attack_tables
from training.attacks.species import species

CLIPS = [
    *[result("genuine", 5.0 if at else -5.0, person=f"p{at}", group="quiz" if at % 2 else "calls") for at in range(20)],
    *[result("fake", 5.0 if at < 5 else -5.0, person=f"p{at}", species="photo_lips") for at in range(10)],
    *[result("fake", -5.0, person=f"p{at}", species="photo_loudness") for at in range(10)],
    *[result("fake", None, person=f"p{at}", species="new|kind") for at in range(3)],
]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """An evaluation of made-up results, as written and read again."""
    manifest = tmp_path_factory.mktemp("evaluation") / "manifest.csv"
    manifest.write_text("clip,label\na.mp4,fake\n", encoding="utf-8")
    header = Header.of(Models.load("mini", "yunet", "cpu"), manifest, 3)
    return json.loads(summarise(sample(*CLIPS), resamples=200, header=header).to_json())


def rows(tables: str) -> dict[str, list[str]]:
    """Cells by the first one, without the heads."""
    lines = [line.strip("| ").split(" | ") for line in tables.splitlines() if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in lines}


def test_each_species_says_whether_it_was_trained_on(document: dict) -> None:
    found = rows(attack_tables(document))
    lips, loudness = (f"`{name}`: {species[name].words}" for name in ("photo_lips", "photo_loudness"))
    assert found[lips][:2] == ["held out", "10 / 10"]
    assert found[lips][2].startswith("50.0 % (")
    assert found[loudness][:3] == ["trained", "10 / 10", "0 of 10 (at most 30.0 %)"]
    assert found["`new/kind`"] == ["held out", "3 / 3", "0 of 3 (at most 100.0 %)", "100.0 %", "0.0 %", "0.0 %", "0.0 %"]


def test_the_worst_species_stands_first(document: dict) -> None:
    names = [name for name in rows(attack_tables(document)) if name.startswith("`")]
    assert names[0].startswith("`photo_lips`")


def test_genuine_clips_are_told_by_source(document: dict) -> None:
    found = rows(attack_tables(document))
    assert found["all"][0] == "20 / 20"
    assert found["all"][1].startswith("5.0 % (")
    assert found["calls"][1].startswith("10.0 % (")
    assert found["quiz"][:2] == ["10 / 10", "0 of 10 (at most 30.0 %)"]


def test_what_was_tested_and_what_is_not_claimed_stand_around_the_tables(document: dict) -> None:
    shown = attack_tables(document)
    assert shown.startswith(f"Version {document['header']['version']}, `mini`")
    assert document["header"]["model"]["sha256"][:12] in shown
    assert shown.endswith(f"{document['claim']}\n")


def test_the_command_prints_them(
    document: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["attack_table", str(path)])
    attack_table.main()
    assert capsys.readouterr().out == attack_tables(document)
    assert datetime.fromisoformat(document["header"]["date"]) <= datetime.now(UTC)
