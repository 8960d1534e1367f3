"""What the station does for the person in front of it: sessions, challenges, verdicts. Knows no HTTP."""

import logging
import os
import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from lipgate.core.errors import DeadlineError, InputError
from lipgate.core.limits import Limits
from lipgate.desktop.kiosk.hearing import Hearing
from lipgate.desktop.kiosk.pace import TOO_SLOW, named, time_factor, too_slow
from lipgate.desktop.kiosk.phrases import Phrase, new_phrase
from lipgate.desktop.kiosk.sessions import (
    CHALLENGE_SECONDS,
    Attempt,
    Challenge,
    Heard,
    PhraseCheck,
    Session,
    SessionState,
    close_attempt,
    conclude,
    new_id,
    phrase_document,
    state_after,
)
from lipgate.desktop.kiosk.settings import LONGEST_VIDEO_S, KioskSettings, limits_with_options, with_options
from lipgate.desktop.kiosk.store import Store
from lipgate.handlers.domain.errors import ConflictError, NotFoundError, RefusedError
from lipgate.handlers.scoring.slots import Scorer

log = logging.getLogger(__name__)

PATIENCE_S = 900.0
"""A session was left when for so long nobody has asked for a phrase, answered one, or got a verdict."""

LANGUAGES = ("es", "en")

DAY_S = 86400.0

LONGEST_GAP_S = 30 * DAY_S
"""From one look at the clock to the next, with the station off between them. After more, it is the clock that was moved."""


class Station:
    """One station. May be used from several threads."""

    def __init__(self, store: Store, scorer: Scorer, hearing: Hearing, kiosk: KioskSettings, videos: Path) -> None:
        """Args:
        store: its memory.
        scorer: scores recordings.
        hearing: recognises phrases.
        kiosk: settings of the process; options of the operator go before them.
        videos: folder of kept recordings.
        """
        self.store = store
        self.scorer = scorer
        self.hearing = hearing
        self._kiosk = kiosk
        self._videos = videos
        self._asked: tuple[str, float] | None = None
        self._clock_seen = store.last_entry_at()
        self._clock_moved = store.last_entry_at("clock_moved")
        self._listeners = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        if kiosk.phrase_check:
            self._listeners.submit(hearing.available, kiosk.language)  # loaded before the first person comes
        videos.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def usual_settings(self) -> KioskSettings:
        """Settings as they are without the operator's changes."""
        return self._kiosk

    def settings(self) -> KioskSettings:
        """Settings as they are now."""
        return with_options(self._kiosk, self.store.options())

    def usual_limits(self) -> Limits:
        """What recordings are judged by without the operator's changes: settings, and the site's file where there is one.

        Raises:
            LipgateError: as `Scorer.chosen`.
        """
        return self.scorer.limits()

    def limits(self) -> Limits:
        """What recordings are judged by now.

        Raises:
            LipgateError: as `usual_limits`; bad_setting, where they do not go with the operator's changes.
        """
        return limits_with_options(self.usual_limits(), self.store.options())

    def start(self, language: str) -> Session:
        """A new session with its first challenge; one that was open ends.

        Raises:
            RefusedError: language_not_offered.
        """
        now, kiosk = time.time(), self.settings()
        if language not in self.languages(kiosk):
            raise RefusedError("language_not_offered", "Phrases in this language cannot be checked here.")
        session = Session(new_id(), now, language, kiosk.max_attempts, challenge=self._new_challenge(kiosk, language, now))
        self.store.start(session, now)
        self._heed(session)
        return session

    def find(self, session_id: str) -> Session:
        """A session, with a challenge that can be answered while it is open.

        Raises:
            NotFoundError: session_unknown.
        """
        now, kiosk = time.time(), self.settings()
        session = self.store.challenge(session_id, lambda language: self._new_challenge(kiosk, language, now), now)
        if session is None:
            raise NotFoundError("session_unknown", "There is no such session.")
        self._heed(session)
        return session

    def checks_phrase(self, language: str, kiosk: KioskSettings) -> bool:
        """Whether the phrase is checked in a language."""
        return kiosk.phrase_check and self.hearing.available(language)

    def languages(self, kiosk: KioskSettings) -> tuple[str, ...]:
        """Languages a person may choose: those in which the phrase is checked. Where it is checked in none, all: nobody
        gets past the check by his choice."""
        return tuple(language for language in LANGUAGES if self.checks_phrase(language, kiosk)) or LANGUAGES

    def cancel(self, session_id: str) -> None:
        """End a session; nothing where it has ended.

        Raises:
            NotFoundError: session_unknown.
        """
        if not self.store.cancel(session_id, time.time()) and self.store.session(session_id) is None:
            raise NotFoundError("session_unknown", "There is no such session.")

    def take_challenge(self, session_id: str, challenge_id: str) -> tuple[Session, Challenge]:
        """Use up a challenge, before its recording is received.

        Raises:
            NotFoundError: session_unknown.
            ConflictError: session_ended, challenge_used (or of another session), challenge_expired.
        """
        session = self.store.session(session_id)
        if session is None:
            raise NotFoundError("session_unknown", "There is no such session.")
        if session.state is not SessionState.OPEN:
            raise ConflictError("session_ended", "This session has ended.")
        challenge = self.store.take(session_id, challenge_id)
        if challenge is None:
            raise ConflictError("challenge_used", "This phrase was used already. Ask for the session again.")
        if challenge.expires_at <= time.time():
            raise ConflictError("challenge_expired", "This phrase was shown too long ago. Ask for the session again.")
        self._heed(session)
        return session, challenge

    def judge(self, session: Session, challenge: Challenge, recording: Path, suffix: str) -> tuple[Session, Attempt]:
        """Judge a recording. The verdict is kept before anybody learns it.

        Args:
            session: from `take_challenge`.
            challenge: the same.
            recording: the file; moved away where recordings are kept.
            suffix: of a kept recording, `.webm`.

        Raises:
            LipgateError: a fault of the station or want of time: no attempt was made.
            ConflictError: session_ended, meanwhile.
        """
        kiosk, limits = self.settings(), self.limits()
        report, decision, reason, heard = self._measured(session, challenge, recording, kiosk, limits)
        number = session.attempts_used + 1
        decision, reason, first_reason = close_attempt(decision, reason, session.max_attempts - number)
        now = time.time()
        attempt = Attempt(
            id=new_id(),
            session=session.id,
            number=number,
            at=now,
            digits=challenge.digits,
            heard=heard.digits if heard else None,
            decision=decision,
            reason=reason,
            first_reason=first_reason,
            report=report,
        )
        if kiosk.keep_videos:
            attempt = replace(attempt, video=self._keep(recording, attempt.id + suffix))
        goes_on = state_after(decision) is SessionState.OPEN
        after = None
        try:
            after = self.store.judged(attempt, self._new_challenge(kiosk, session.language, now) if goes_on else None)
        finally:
            if after is None and attempt.video:
                (self._videos / attempt.video).unlink(missing_ok=True)
        if after is None:
            raise ConflictError("session_ended", "This session has ended.")
        self._heed(after)
        log.info("attempt judged", extra={"session": session.id, "decision": decision, "reason": reason})
        return after, attempt

    def measure(self, recording: Path) -> dict[str, Any]:
        """The report of a recording that belongs to no session, for the device check, and how this computer kept up with it:
        `time_factor` and `too_slow` of `pace`. Nothing is kept.

        Raises:
            LipgateError: as scoring does.
        """
        report = self._scored(recording, self.limits()).result()
        return {**report, "time_factor": time_factor(report), "too_slow": too_slow(report)}

    def video(self, attempt: Attempt) -> Path | None:
        """The kept recording of an attempt; None where there is none (any more)."""
        path = self._videos / attempt.video if attempt.video else None
        return path if path and path.is_file() else None

    def sweep(self, *, starting: bool = False) -> None:
        """End sessions that were left, remove what is older than it may be, and recordings that no attempt knows of.

        Args:
            starting: no session can be going on.
        """
        now, kiosk = time.time(), self.settings()
        if starting:
            self.store.abandon(now)
        elif self._asked and time.monotonic() - self._asked[1] > PATIENCE_S:
            self.store.abandon(now, self._asked[0])
        self._look_at_clock(now)
        ended_before = now - kiosk.retention_days * DAY_S
        # How old a session of before is, a clock that was moved cannot tell: its time counts from then.
        if self._clock_moved is None or self._clock_moved < ended_before:
            for name in self.store.forget(ended_before, now):
                (self._videos / name).unlink(missing_ok=True)
        if starting or not kiosk.keep_videos:
            known = self.store.videos()
            for path in self._videos.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)

    def _heed(self, session: Session) -> None:
        # One session at most is open. Its patience is told by a clock that nobody sets.
        if session.state is SessionState.OPEN:
            self._asked = session.id, time.monotonic()

    def _look_at_clock(self, now: float) -> None:
        if self._clock_seen is not None and not -DAY_S <= now - self._clock_seen <= LONGEST_GAP_S:
            self.store.note(now, "clock_moved", seconds=round(now - self._clock_seen))
            self._clock_moved = now
        self._clock_seen = now

    def close(self) -> None:
        """Stop listening; the store is put in order."""
        self._listeners.shutdown(wait=True, cancel_futures=True)
        self.store.close()

    def _measured(
        self, session: Session, challenge: Challenge, recording: Path, kiosk: KioskSettings, limits: Limits
    ) -> tuple[dict[str, Any] | None, str, str | None, Heard | None]:
        listens = self.checks_phrase(session.language, kiosk)
        phrase = Phrase(session.language, challenge.digits)
        task = self._listeners.submit(self.hearing.listen, recording, phrase) if listens else None
        try:
            report = self._scored(recording, limits).result()
        except InputError as error:
            if task:
                task.exception()  # the file must not go while it is read
            return None, "NEXT", error.code, None
        except DeadlineError:
            if task:
                task.exception()
            self.store.note(time.time(), TOO_SLOW, session=session.id, seconds=self.scorer.settings.processing_timeout_seconds)
            raise
        heard = task.result() if task else None
        if heard is not None:
            check = PhraseCheck.RIGHT if heard.matches else PhraseCheck.WRONG
        else:
            check = PhraseCheck.NOT_POSSIBLE if kiosk.phrase_check else PhraseCheck.SWITCHED_OFF
        decision, reason = conclude(report, check, limits)
        reason = named(report, decision, reason)
        return {**report, "phrase": phrase_document(check, heard)}, decision, reason, heard

    def _scored(self, recording: Path, limits: Limits) -> "Future[dict[str, Any]]":
        limits = replace(limits, max_duration_s=LONGEST_VIDEO_S)
        deadline = time.monotonic() + self.scorer.settings.processing_timeout_seconds
        return self.scorer.submit(lambda: self.scorer.score(recording, deadline, limits=limits))

    def _keep(self, recording: Path, name: str) -> str:
        target = self._videos / name
        shutil.move(recording, target)
        with target.open("rb") as file:
            os.fsync(file.fileno())
        return name

    def _new_challenge(self, kiosk: KioskSettings, language: str, now: float) -> Challenge:
        return Challenge(new_id(), new_phrase(language, kiosk.phrase_digits).parts, now + CHALLENGE_SECONDS)
