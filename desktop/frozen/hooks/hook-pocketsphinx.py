"""The acoustic model and the dictionary. A grammar has no use for the language model of free speech: two thirds of all."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("pocketsphinx", subdir="model", excludes=["**/*.lm.bin"])
excludedimports = ["sounddevice"]
