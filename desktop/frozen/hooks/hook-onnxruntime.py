"""The extension module holds the whole runtime, and looks for the small library of shared providers when it starts.

The third library, as large as the runtime itself, is for programs in C.
"""

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = collect_dynamic_libs("onnxruntime", search_patterns=["*onnxruntime_providers_shared.*"])
excludedimports = ["onnxruntime.transformers"]
