"""The ingest endpoints in the OpenAPI document (they are plain ASGI, so FastAPI does not see them)."""

from __future__ import annotations

from typing import Any

from tenure.api.endpoints import ENDPOINTS, SETTINGS_PREFIX, SETTINGS_SUFFIX, Endpoint

_ERROR = {"$ref": "#/components/schemas/IngestError"}
_REFUSALS = {
    "400": "The body is not the JSON this endpoint reads.",
    "401": "The key is missing or unknown.",
    "413": "More than 32 KB an event, 500 KB or 2,500 events a batch.",
    "429": "This key sends faster than its limit; Retry-After says how long to wait.",
    "503": "The inbox cannot take more now; Retry-After says how long to wait.",
}
_SCHEMAS = {
    "IngestError": {
        "type": "object",
        "required": ["code", "message"],
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
    },
    "IngestSuccess": {
        "type": "object",
        "required": ["success"],
        "properties": {"success": {"type": "boolean", "const": True}},
    },
}
_SECURITY = {
    "WriteKey": {"type": "http", "scheme": "basic", "description": "The write key is the user name; no password."},
    "WriteKeyBearer": {"type": "http", "scheme": "bearer"},
}


def with_ingest(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with the ingest endpoints added."""
    paths = document.setdefault("paths", {})
    for endpoint in ENDPOINTS.values():
        paths[endpoint.path] = {"post": _operation(endpoint)}
    paths[f"{SETTINGS_PREFIX}{{key}}{SETTINGS_SUFFIX}"] = {"get": _settings_operation()}
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(_SCHEMAS)
    components.setdefault("securitySchemes", {}).update(_SECURITY)
    return document


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "tags": ["ingest"],
        "operationId": "ingest" + endpoint.path.replace("/", "_").rstrip("_"),
        "summary": endpoint.summary,
        "description": "JSON under any Content-Type, plain or gzip. A 200 is durable; a bad event inside a batch "
        "goes to quarantine and the rest is kept.",
        "security": [{"WriteKey": []}, {"WriteKeyBearer": []}, {}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
        "responses": _responses(),
    }


def _responses() -> dict[str, Any]:
    good = {"$ref": "#/components/schemas/IngestSuccess"}
    found = {"200": {"description": "Durable.", "content": {"application/json": {"schema": good}}}}
    for code, why in _REFUSALS.items():
        found[code] = {"description": why, "content": {"application/json": {"schema": _ERROR}}}
    return found


def _settings_operation() -> dict[str, Any]:
    return {
        "tags": ["ingest"],
        "operationId": "browser_settings",
        "summary": "Where the browser library sends to",
        "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {
            "200": {"description": "Settings of analytics-next.", "content": {"application/json": {"schema": {"type": "object"}}}},
            "401": {"description": _REFUSALS["401"], "content": {"application/json": {"schema": _ERROR}}},
        },
    }
