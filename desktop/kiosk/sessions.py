"""A session at the station: challenges, attempts, and the rules that lead from attempts to an outcome."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lipgate.core.limits import Limits
from lipgate.core.reasons import Reason

MULTIPLE_FACES = "multiple_faces"
WRONG_PHRASE = "wrong_phrase"
PHRASE_NOT_CHECKED = "phrase_not_checked"
OUT_OF_SYNC = "out_of_sync"
DELAYED = "delayed"
STARTED_APART = "started_apart"
ATTEMPTS_USED_UP = "attempts_used_up"

_SHIFTED = (OUT_OF_SYNC, Reason.NO_FIT, Reason.LOOSE_FIT)
"""What a shift of the sound may come to, by how far it goes."""

STARTED_APART_S = 0.25
"""Sound and picture of a recording are equally long but for its last packets, unless one of the devices began later."""

CHALLENGE_SECONDS = 120.0
"""How long a phrase may be answered: one that could be prepared for at leisure would prove nothing."""

COMPANION_SHARE = 0.5
"""A second face counts where it is at least so large beside the speaker's, and in view for so much of the speaker's time."""


class PhraseCheck(StrEnum):
    """What is known of the phrase in a recording."""

    RIGHT = "right"
    WRONG = "wrong"
    NOT_POSSIBLE = "not_possible"
    """It should have been checked, but no recogniser for the language works here: nobody can pass."""
    SWITCHED_OFF = "switched_off"
    """By the operator, who answers for it."""


class SessionState(StrEnum):
    """open -> one of the others."""

    OPEN = "open"
    ALLOWED = "allowed"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    """By the person."""
    ABANDONED = "abandoned"
    """Nobody went on with it, or the station stopped."""


@dataclass(frozen=True)
class Challenge:
    """A phrase to read, good for one recording."""

    id: str
    digits: tuple[str, ...]
    """The phrase: digits, and the words among them."""
    expires_at: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Session:
    """One person's visit."""

    id: str
    started_at: float
    """Seconds since 1970, like all times here."""
    language: str
    max_attempts: int
    state: SessionState = SessionState.OPEN
    ended_at: float | None = None
    attempts_used: int = 0
    challenge: Challenge | None = None
    """The one that may be answered now; None while a recording is judged and after the end."""

    @property
    def attempts_left(self) -> int:
        """Attempts the person still has."""
        return max(0, self.max_attempts - self.attempts_used)


@dataclass(frozen=True)
class Heard:
    """What the phrase recogniser made of a recording."""

    digits: tuple[str, ...]
    """As in `Challenge`."""
    matches: bool
    """Whether it is the phrase that was shown."""
    margin: float | None = None
    sureness: float | None = None
    """See `lipgate.desktop.kiosk.ears.reading.Reading`."""
    model_sha256: str | None = None
    """Of the recogniser."""


@dataclass(frozen=True)
class Attempt:
    """One recording and what came of it. Written once, never changed."""

    id: str
    session: str
    number: int
    at: float
    digits: tuple[str, ...]
    """The phrase shown."""
    heard: tuple[str, ...] | None
    """The phrase heard; None where nobody listened."""
    decision: str
    """ALLOW, NEXT or BLOCK: what it means for the session."""
    reason: str | None
    first_reason: str | None
    """What this recording itself had, where `reason` speaks of all attempts."""
    report: dict[str, Any] | None
    """The report's JSON with what became of the phrase (`phrase`); None where the recording could not be read."""
    video: str | None = None
    """Name of the kept recording."""


def new_id() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def conclude(report: dict[str, Any], phrase: PhraseCheck, limits: Limits) -> tuple[str, str | None]:
    """Decision and reason of one recording: what the score says, and what stands against an ALLOW.

    Args:
        report: JSON of DESIGN.md.
        phrase: what is known of the phrase. What could not be checked never passes.
        limits: what the report was judged by.
    """
    decision, reason = report["decision"], report["reason"]
    if reason in _SHIFTED and abs(report["video"]["sound_s"] - report["video"]["duration_s"]) >= STARTED_APART_S:
        # A browser that gets the first picture and the first sound at different times writes both as of one moment.
        return "NEXT", STARTED_APART
    if decision == "NEXT" and reason == OUT_OF_SYNC and report["score"] >= limits.allow_threshold:
        # Only the offset stands against it: that is the equipment's, and no other way of reading helps.
        return decision, DELAYED
    if decision != "ALLOW":
        return decision, reason or OUT_OF_SYNC
    if _has_companion(report):
        return "NEXT", MULTIPLE_FACES
    if phrase in (PhraseCheck.RIGHT, PhraseCheck.SWITCHED_OFF):
        return "ALLOW", None
    return "NEXT", WRONG_PHRASE if phrase is PhraseCheck.WRONG else PHRASE_NOT_CHECKED


def phrase_document(phrase: PhraseCheck, heard: Heard | None) -> dict[str, Any]:
    """What is kept of the check of the phrase, beside the report."""
    if heard is None:
        return {"check": str(phrase)}
    return {
        "check": str(phrase),
        "margin": None if heard.margin is None else round(heard.margin, 3),
        "sureness": None if heard.sureness is None else round(heard.sureness, 3),
        "model_sha256": heard.model_sha256,
    }


def phrase_check_of(attempt: Attempt) -> str | None:
    """What is known of the phrase of an attempt; None where its recording could not be read."""
    return ((attempt.report or {}).get("phrase") or {}).get("check")


def close_attempt(decision: str, reason: str | None, attempts_left: int) -> tuple[str, str | None, str | None]:
    """Decision, reason and first reason of an attempt, now that it is known how many are left after it."""
    if decision == "NEXT" and attempts_left == 0:
        return "BLOCK", ATTEMPTS_USED_UP, reason
    return decision, reason, None


def state_after(decision: str) -> SessionState:
    """What an attempt's decision makes of its session. A clear answer, either way, ends it at once."""
    return {"ALLOW": SessionState.ALLOWED, "BLOCK": SessionState.BLOCKED}.get(decision, SessionState.OPEN)


def _has_companion(report: dict[str, Any]) -> bool:
    tracks = {track["track"]: track for track in report["debug"]["all_results"]}
    speaker = tracks.pop(report["debug"]["speaker_track"], None)
    if speaker is None:
        return False
    length = speaker["end_s"] - speaker["start_s"]
    beside = (_overlap(track, speaker) for track in tracks.values() if track["face_px"] >= COMPANION_SHARE * speaker["face_px"])
    return sum(beside) >= COMPANION_SHARE * length


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> float:
    return max(0.0, min(one["end_s"], other["end_s"]) - max(one["start_s"], other["start_s"]))
