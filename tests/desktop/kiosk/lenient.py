"""A station that takes a puppet for a person."""

LENIENT = {
    "LIPGATE_ALLOW_THRESHOLD": "0.00008",
    "LIPGATE_NEXT_THRESHOLD": "0.00008",
    "LIPGATE_WORST_THRESHOLD": "0",
    "LIPGATE_MAX_MOUTH_SHAKING": "9",
}
"""No recording of a person is kept here: with the thresholds nearly at nought, and where
mouths may shake, the samples' puppet passes for one."""
