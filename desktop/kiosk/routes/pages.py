"""The two pages and their files."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).parents[1] / "static"

router = APIRouter(include_in_schema=False)


@router.get("/")
async def station_page() -> FileResponse:
    """For the person in front of the station."""
    return FileResponse(STATIC / "index.html")


@router.get("/operator")
async def operator_page() -> FileResponse:
    """For who runs it; shows nothing without the PIN."""
    return FileResponse(STATIC / "operator.html")


router.routes.append(Mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static"))
