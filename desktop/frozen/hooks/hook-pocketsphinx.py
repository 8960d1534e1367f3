"""The model of sounds. Dictionary and language model, five sixths of the package, are for speech that is not known beforehand."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("pocketsphinx", subdir="model/en-us/en-us")
excludedimports = ["sounddevice"]
