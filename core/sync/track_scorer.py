"""Scores one face track while it is still running: crops come in, embeddings are compared, only distances are kept."""

import numpy as np

from lipgate.core.constants import WINDOW_FRAMES
from lipgate.core.faces.track import TrackPiece
from lipgate.core.sync.distances import SyncResult, compared, fill_with_zero_vectors, pair_distances, search
from lipgate.core.sync.ear import Ear
from lipgate.core.sync.growing import Growing
from lipgate.core.sync.model import SyncModel

_OVERLAP = WINDOW_FRAMES - 1


class TrackScorer:
    """Takes the pieces of one track in order; `finish` tells how it lies to the sound."""

    def __init__(self, model: SyncModel, ear: Ear, vshift: int, start: int) -> None:
        """Begin a track.

        Args:
            model: embeds the crops.
            ear: hears the clip's sound for this model.
            vshift: search range in frames.
            start: first frame of the track.
        """
        self._model = model
        self._ear = ear
        self._vshift = vshift
        self._reach = compared(vshift)
        self.start = start
        """Index of the track's first frame."""
        self.frames = 0
        """Frames fed so far."""
        self._crops: list[np.ndarray] = []
        self._crops_from = 0
        self._done = 0
        self._distances = Growing(2 * self._reach + 1)
        self._boxes = Growing(4)

    @property
    def boxes(self) -> np.ndarray:
        """Smoothed boxes of all frames, float32 (n, 4); asked for when all were fed."""
        return self._boxes.array

    @property
    def needs_sound_from(self) -> int:
        """First frame whose sound is still needed."""
        return self._ear.needs_from(self.start + self._done - self._reach)

    def feed(self, piece: TrackPiece, crops: np.ndarray) -> None:
        """Take the next piece; embed when a chunk is full.

        Args:
            piece: of the track.
            crops: what the model cuts out of it, see `SyncModel.crop`; none for a piece without pictures.
        """
        self._boxes.add(piece.boxes)
        self.take(crops)

    def take(self, crops: np.ndarray) -> None:
        """As `feed`, where nobody asks for boxes."""
        self._crops.extend(crops)
        self.frames += len(crops)
        reach = _OVERLAP + max(self._model.video_context, self._reach + self._ear.context)
        while self.frames >= self._done + self._model.chunk_frames + reach:
            self._embed(self._done + self._model.chunk_frames, ended=False)

    def finish(self) -> tuple[SyncResult | None, np.ndarray]:
        """Score the whole track.

        Returns:
            The result, None where the shifts cannot be compared; and the distances, float32 (windows, 2 reach + 1), NaN where
            a window has no sound at a shift; `reach` from `lipgate.core.sync.distances.compared`.
        """
        windows = self.frames - _OVERLAP
        if self._model.zero_padded:
            # The reference stops one window early (SyncNetInstance.evaluate: min(frames, samples // 640) - 5).
            windows = self._ear.reach(self.start + self.frames) - self.start - WINDOW_FRAMES
        while self._done < windows:
            self._embed(min(windows, self._done + self._model.chunk_frames), ended=True)
        self._crops.clear()
        distances = self._distances.array[: max(windows, 0)]
        return search(distances, self._vshift), distances

    def _embed(self, stop: int, ended: bool) -> None:
        """Add the distances of windows `_done` .. stop - 1."""
        video = self._embed_video(stop)
        audio, lead = self._embed_audio(stop, ended)
        distances = pair_distances(video, audio, lead, self._reach)
        if self._model.zero_padded:
            distances = fill_with_zero_vectors(distances, video)
        self._distances.add(distances)
        self._done = stop
        keep = max(0, stop - self._model.video_context)
        del self._crops[: keep - self._crops_from]
        self._crops_from = keep

    def _embed_video(self, stop: int) -> np.ndarray:
        first = self._crops_from
        last = min(self.frames, stop + _OVERLAP + self._model.video_context)
        embedded = self._model.embed_video(np.stack(self._crops[: last - first]))
        return embedded[self._done - first : stop - first]

    def _embed_audio(self, stop: int, ended: bool) -> tuple[np.ndarray, int]:
        """Embeddings of the sound around the windows, and how many come before that of window `_done`."""
        around = self._reach + self._ear.context
        first = self.start + self._done - around
        last = self.start + stop + _OVERLAP + around
        lowest, highest = (self.start, self.start + self.frames) if self._model.zero_padded else (0, last)
        first, last = max(first, lowest), min(last, highest)
        lead = self.start + self._done - first
        audio = self._ear.embed(first, last)
        if self._model.zero_padded and ended and first + len(audio) > self.start + self.frames - WINDOW_FRAMES:
            audio = audio[: self.start + self.frames - WINDOW_FRAMES - first]
        return audio, lead
