"""OpenAPI: routes read their bodies themselves, so what they take and give is written down here, in full."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from lipgate.handlers.http.problems import MEDIA_TYPE, STATUS, document
from lipgate.handlers.http.schemas import DOCUMENTS, Problem

_WHY = {
    400: "The request cannot be read.",
    401: "The API key is missing or not valid.",
    403: "This file, ticket or address is not allowed.",
    404: "There is none.",
    408: "The body stopped coming, or came too slowly.",
    409: "It contradicts an earlier request.",
    413: "Too many bytes.",
    415: "A content type that is not taken.",
    422: "Not what can be worked with: `code` says why.",
    429: "Too many requests, jobs or uploads of this key, or what it may use a month is used up.",
    500: "A fault of the server.",
    503: "Not now. Try again after the time in Retry-After.",
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
_LOCATION = {"Location": {"description": "Of the job.", "required": True, "schema": {"type": "string"}}}

ALWAYS = ("unauthorized", "rate_limited", "internal_error", "storage_unavailable")
"""Any request that needs a key may end so."""

BODY = ("bad_request", "invalid_request", "unsupported_media_type", "body_too_large", "request_timeout")
"""Any request with a body may."""


def ref(model: type[BaseModel]) -> dict[str, str]:
    """A reference to the schema of a document."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def takes(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route with a JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": ref(model)}}}}


def gives(model: type[BaseModel], text: str, *, location: bool = False) -> dict[str, Any]:
    """A JSON answer."""
    answer: dict[str, Any] = {"description": text, "content": {"application/json": {"schema": ref(model)}}}
    return {**answer, "headers": _LOCATION} if location else answer


def problems(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Answers that are errors, with an example of each.

    Args:
        codes: keys of `lipgate.handlers.http.problems.STATUS`.
    """
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS[code], []).append(code)
    return {status: _problem(status, by_status[status]) for status in sorted(by_status)}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    examples = {code: {"value": document(code, _WHY[status], "6f1c2a34d5b84e0c9a7f0b1c2d3e4f50")} for code in codes}
    content = {MEDIA_TYPE: {"schema": ref(Problem), "examples": examples}}
    return {"description": _WHY[status], "content": content, **({"headers": _RETRY} if status in (429, 503) else {})}


def describe(app: FastAPI, *, keys_required: bool) -> None:
    """Give the app its OpenAPI document."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            components = made.setdefault("components", {})
            pairs = [(model, "validation") for model in DOCUMENTS]
            _, schemas = models_json_schema(pairs, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
            components["schemas"] = schemas["$defs"]
            components["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            }
            keys: list[dict[str, list]] = [{"bearer": []}, {"key": []}]
            for path, operations in made["paths"].items():
                for operation in operations.values():
                    operation["security"] = [] if path == "/health" else keys if keys_required else [*keys, {}]
                    # FastAPI adds an answer of its own for parameters it checks; ours is a problem.
                    operation["responses"] = {
                        status: answer
                        for status, answer in operation["responses"].items()
                        if "HTTPValidationError" not in str(answer)
                    }
            app.openapi_schema = made
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
