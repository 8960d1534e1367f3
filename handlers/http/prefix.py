"""What stands before the API's own paths, at a proxy or in a stage of API Gateway: taken off, and put before the links given."""

from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send


class Prefix:
    """Makes the rest of the app see its own paths only. `root_path` holds the prefix, whether or not the path came with it."""

    def __init__(self, app: ASGIApp, of: Callable[[Scope], str]) -> None:
        """Args:
        app: to wrap.
        of: the prefix of a request: empty, or with a slash before and none behind.
        """
        self._app = app
        self._of = of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and (prefix := self._of(scope)):
            path = scope["path"]
            path = path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
            scope = {**scope, "path": path, "root_path": prefix}
        await self._app(scope, receive, send)


def stage_of(scope: Scope) -> str:
    """The stage of API Gateway as clients see it: REST APIs leave it out of the path, HTTP APIs leave it in, and domains of one's
    own have none.

    Args:
        scope: as Mangum makes it.
    """
    context = scope["aws.event"]["requestContext"]
    stage, http = context.get("stage"), context.get("http")
    asked = http.get("path") if isinstance(http, dict) else context.get("path")
    prefix = f"/{stage}"
    return prefix if stage and isinstance(asked, str) and asked.startswith(f"{prefix}/") else ""
