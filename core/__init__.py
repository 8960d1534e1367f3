"""Lipgate's scorer: does the face on screen speak the words we hear?

The way of a video: `media` -> `scenes` -> `faces` -> `sync` -> `verdict` -> `report`, joined in `pipeline`.
Importing this package is free; each module loads what it needs when it is imported.
"""

import os

__version__ = "0.1.0"

# ONNX Runtime reports its use to Microsoft unless told not to before it is imported. What is scored here is nobody's business.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

# NumPy's products here are small: threads that share one wait for the others at full speed, a tenth of the CPU time of a score.
# It counts where numpy is not loaded yet.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
