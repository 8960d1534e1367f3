"""Numbers of the SyncNet method (Chung & Zisserman 2016). One place; what can be computed is computed."""

VIDEO_FPS = 25
"""Frames per second every video is resampled to."""

AUDIO_RATE = 16_000
"""Samples per second every sound track is resampled to (mono, signed 16 bit)."""

SAMPLES_PER_FRAME = AUDIO_RATE // VIDEO_FPS
"""Sound samples that belong to one video frame (640)."""

AUDIO_HOP = AUDIO_RATE // 100
"""Samples between two columns of audio features (10 ms)."""

AUDIO_WINDOW = AUDIO_RATE // 40
"""Samples one column of audio features looks at (25 ms)."""

COLUMNS_PER_FRAME = SAMPLES_PER_FRAME // AUDIO_HOP
"""Columns of audio features per video frame (4)."""

WINDOW_FRAMES = 5
"""Video frames in one embedding window (0.2 s)."""

WINDOW_COLUMNS = WINDOW_FRAMES * COLUMNS_PER_FRAME
"""Columns of audio features in one embedding window (20)."""

VSHIFT = 15
"""Search range: sound is tried up to this many frames early and late."""

MS_PER_FRAME = 1000.0 / VIDEO_FPS
"""Milliseconds one frame lasts (40)."""

FRAMEWISE_MEDIAN = 9
"""Width of the median filter on framewise confidence, in frames."""

STATES_PER_FRAME = 2
"""States of Whisper's encoder per video frame (50 a second)."""

STATE_WIDTH = 768
"""Numbers of a state: those after two of its layers, 384 each."""
