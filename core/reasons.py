"""Why a decision is not ALLOW: stable codes, and a sentence for each. Spanish words are the station's."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a video or a track was not judged, or was judged and not allowed."""

    # Not judged: no numbers.
    NO_AUDIO = "no_audio"
    SILENT_AUDIO = "silent_audio"
    NO_FACE = "no_face"
    FACE_TOO_SMALL = "face_too_small"
    TOO_SHORT = "too_short"
    SHORT_SHOTS = "short_shots"
    NO_SPEECH = "no_speech"
    MOUTH_HIDDEN = "mouth_hidden"
    LENGTH_MISMATCH = "length_mismatch"

    # Judged: the whole.
    NO_FIT = "no_fit"
    LOOSE_FIT = "loose_fit"
    OUT_OF_SYNC = "out_of_sync"
    IN_DOUBT = "in_doubt"

    # Judged: a part, or what is around the lips.
    MOVED_PICTURE = "moved_picture"
    PICTURE_REPEATS = "picture_repeats"
    PICTURE_FROZEN = "picture_frozen"
    MOUTH_LAID_OVER = "mouth_laid_over"
    FACE_PAINTED = "face_painted"
    SOUND_SPLICED = "sound_spliced"
    SOUND_MOVES = "sound_moves"
    PART_NO_FIT = "part_no_fit"
    PART_OUT_OF_SYNC = "part_out_of_sync"
    SEVERAL_FACES = "several_faces"
    SHOT_CHANGES = "shot_changes"
    FACE_CHANGES = "face_changes"
    PART_UNSEEN = "part_unseen"
    SEVERAL_SOUNDS = "several_sounds"
    SEVERAL_PICTURES = "several_pictures"

    @property
    def text(self) -> str:
        """The reason in a sentence."""
        return _TEXTS[self]


BY_THRESHOLDS = frozenset({Reason.NO_FIT, Reason.LOOSE_FIT, Reason.OUT_OF_SYNC, Reason.IN_DOUBT})
"""Reasons that follow from score and offset of the whole, and so from the thresholds."""

BY_SCORE = BY_THRESHOLDS | {Reason.PART_NO_FIT}
"""Those, and what follows from the score of a part: another calibration may take them back."""

_TEXTS = {
    Reason.NO_AUDIO: "The video has no sound.",
    Reason.SILENT_AUDIO: "The sound is silent.",
    Reason.NO_FACE: "No face was found.",
    Reason.FACE_TOO_SMALL: "The face is too small to see the lips.",
    Reason.TOO_SHORT: "The face is not in view for long enough.",
    Reason.SHORT_SHOTS: "The video is cut so often that no face is in view for long enough in one shot.",
    Reason.NO_SPEECH: "There is too little speech while a face is in view.",
    Reason.MOUTH_HIDDEN: "The mouth is hidden, by a mask or a hand for example.",
    Reason.LENGTH_MISMATCH: "Picture and sound are of very different length.",
    Reason.NO_FIT: "The sound fits these lips at no shift.",
    Reason.LOOSE_FIT: "The mouth follows the sound, but not closely enough to be speaking it.",
    Reason.OUT_OF_SYNC: "The sound fits these lips, but it is early or late.",
    Reason.IN_DOUBT: "The sound may fit these lips; it is not certain.",
    Reason.MOVED_PICTURE: "The face moves as a picture does that is moved, not as a person who is filmed.",
    Reason.PICTURE_REPEATS: "Picture and sound repeat themselves.",
    Reason.PICTURE_FROZEN: "The picture stands still or is black while somebody speaks.",
    Reason.MOUTH_LAID_OVER: "The mouth shakes against the face around it, as one does that was laid over it.",
    Reason.FACE_PAINTED: "The picture was changed around the lips: it flickers there, or the sound fits that and not the lips.",
    Reason.SOUND_SPLICED: "The sound is put together from pieces.",
    Reason.SOUND_MOVES: "The sound moves against the lips on the way.",
    Reason.PART_NO_FIT: "A part of the sound does not fit the lips.",
    Reason.PART_OUT_OF_SYNC: "In a part of the video the sound is early or late.",
    Reason.SEVERAL_FACES: "There is a second face that could be the speaker.",
    Reason.SHOT_CHANGES: "The shot changes: the video is cut.",
    Reason.FACE_CHANGES: "The face that is followed changes on the way.",
    Reason.SEVERAL_SOUNDS: "A player, or one of its channels, plays another sound than the one that was judged.",
    Reason.SEVERAL_PICTURES: "A player shows another picture of the file than the one that was judged.",
    Reason.PART_UNSEEN: "Somebody speaks while the face cannot be seen.",
}
