"""How well clips whose truth is known are told apart: figures, intervals, calibration. Nothing here is needed to score."""
