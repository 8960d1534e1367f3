"""Natural offsets of recordings: what a network would otherwise take for zero."""

from pathlib import Path

import numpy as np

from lipgate.core.nets.mini import Mini
from training.embedding import embed
from training.measure import exact_offset
from training.reference import MAX_OFFSET
from training.track import Track


def realign(net: Mini, training: list[Track], held_out: list[Track], reference: dict[str, float]) -> float:
    """Set each training recording's natural offset: the known one where `reference` has it, else what the network measures.

    A recording chain may delay its sound, and a network trained on it takes that delay for zero. The median difference to the
    known offsets of clips that it has not been trained on is this error; it is taken off what the network measures.

    Returns:
        The error in frames.
    """
    errors = [
        found - known
        for track in held_out
        if (known := reference.get(Path(track.name).name)) is not None
        and (found := exact_offset(embed(net, track))) is not None
        and abs(found - known) < MAX_OFFSET
    ]
    error = float(np.median(errors)) if errors else 0.0
    for track in training:
        known = reference.get(Path(track.name).name)
        found = exact_offset(embed(net, track)) if known is None else None
        measured = found - error if found is not None and abs(found - error) < MAX_OFFSET else 0.0
        track.offset = measured if known is None else known
    return error
