"""A scorer can be sent anywhere, and loads nothing until it is used."""

import pickle

import pytest

import lipgate
from lipgate.core.errors import DeadlineError, InputError, LipgateError, NotJudgedError, SettingsError, WeightsError
from lipgate.core.pipeline import Options
from tests.test_front_door import SAMPLE


def test_it_travels_light_and_scores_where_it_arrives() -> None:
    here = lipgate.Scorer(profile="media", threads=1, options=Options(vshift=10))
    report = here(SAMPLE)
    letter = pickle.dumps(here)
    assert len(letter) < 1000
    there = pickle.loads(letter)  # noqa: S301 - our own
    assert there == here
    assert there._models is None
    again = there(SAMPLE)
    assert again.to_dict()["segments"] == report.to_dict()["segments"]
    assert pickle.loads(pickle.dumps(again)).to_dict() == again.to_dict()  # noqa: S301


def test_what_it_cannot_do_is_said_before_anything_is_loaded(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIPGATE_WEIGHTS_DIR", str(tmp_path))
    lipgate.core.settings.settings.cache_clear()
    try:
        with pytest.raises(WeightsError, match="weights fetch syncnet"):
            lipgate.Scorer(model="syncnet").check()
        assert lipgate.Scorer().check().sync.name == "mini"
    finally:
        lipgate.core.settings.settings.cache_clear()


@pytest.mark.parametrize(
    "error",
    [InputError("empty_file", "a"), DeadlineError(3), SettingsError("b"), NotJudgedError("c"), LipgateError("d", "e")],
    ids=lambda error: type(error).__name__,
)
def test_errors_travel_too(error: LipgateError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (type(again), again.code, again.message, str(again)) == (type(error), error.code, error.message, str(error))
