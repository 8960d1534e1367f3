"""Slots go round: nobody waits for all that somebody else has put in before."""

import threading
from contextlib import ExitStack

import pytest

from lipgate.core.settings import Settings
from lipgate.handlers.domain.errors import StoppingError, UnavailableError
from lipgate.handlers.scoring.slots import Scorer
from lipgate.handlers.scoring.turns import Turns


def test_one_of_each_in_turn() -> None:
    turns: Turns[str] = Turns()
    for owner, item in (("ann", "a1"), ("ann", "a2"), ("ann", "a3"), ("ben", "b1"), ("cat", "c1"), ("ben", "b2")):
        turns.put(owner, item)
    assert [turns.take() for _ in range(7)] == ["a1", "b1", "c1", "a2", "b2", "a3", None]


def test_slots_are_given_in_turn_and_what_waits_at_the_end_is_told() -> None:
    scorer = Scorer(Settings(_env_file=None), 1, 10, isolate=False)
    hold, done = threading.Event(), list[str]()
    first = scorer.submit(lambda: hold.wait(20), "ann")
    tasks = [scorer.submit(lambda name=name: done.append(name), name[0]) for name in ("a1", "a2", "b1")]
    tasks[0].cancel()
    hold.set()
    for task in (first, *tasks[1:]):
        task.result(20)
    assert done == ["b1", "a2"]
    hold.clear()
    begun = threading.Event()
    running = scorer.submit(lambda: begun.set() or hold.wait(20), "ann")
    assert begun.wait(20)
    waiting = scorer.submit(lambda: done.append("late"), "ben")
    threading.Timer(0.1, hold.set).start()
    scorer.close()
    assert running.result(20)
    assert waiting.cancelled()
    with pytest.raises(StoppingError):
        scorer.submit(lambda: None)


def test_what_a_task_raises_is_for_whoever_asks() -> None:
    scorer = Scorer(Settings(_env_file=None), 1, 10, isolate=False)

    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        scorer.submit(fail).result(20)
    assert scorer.submit(lambda: 1).result(20) == 1
    scorer.close()


def test_one_key_has_half_of_the_places_and_gives_them_back() -> None:
    scorer = Scorer(Settings(_env_file=None), 2, 4, isolate=False)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(scorer.admitted("ann"))
        with pytest.raises(UnavailableError) as caught, scorer.admitted("ann"):
            pass
        assert (caught.value.code, caught.value.retry_after) == ("queue_full", 5)
        for _ in range(2):
            held.enter_context(scorer.admitted("ben"))
        held.enter_context(scorer.admitted())
        with pytest.raises(UnavailableError), scorer.admitted("cat"):
            pass
    with ExitStack() as held:
        for _ in range(6):  # without keys all are of one
            held.enter_context(scorer.admitted())
    with scorer.admitted("ann"):
        pass
    scorer.close()
