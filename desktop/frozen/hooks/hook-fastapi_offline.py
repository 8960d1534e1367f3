"""For PyInstaller: the scripts of /docs."""

from PyInstaller.utils.hooks import collect_data_files

datas = collect_data_files("fastapi_offline", includes=["static/swagger-ui*", "static/favicon.png"])
