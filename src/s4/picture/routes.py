"""The route table: every operation of the API, and the page behind them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from s4.picture import (
    access,
    cameras,
    city_map,
    decisions,
    devices,
    evidence,
    history,
    looks,
    originals,
    overview,
    profiles,
    replays,
    rules,
    schema,
    story,
    stream,
    zones,
)
from s4.picture.endpoint import make_route
from s4.picture.openapi import make_document
from s4.picture.operation import Call, Nothing, Operation, operation
from s4.picture.page import SecurityHeaders, page_routes
from s4.picture.refusal import RefusalError, refuse
from s4.picture.services import PictureServices


@operation("GET", "/api/openapi.json", session=False)
async def show_openapi(call: Call[Nothing, Nothing]) -> dict[str, Any]:
    """This API as an OpenAPI 3.1 document."""
    return openapi_document()


OPERATIONS: Final[tuple[Operation, ...]] = (
    access.sign_in,
    access.sign_out,
    access.who_am_i,
    overview.show_picture,
    story.show_incident,
    stream.open_stream,
    decisions.approve,
    decisions.reject,
    decisions.acknowledge,
    decisions.close,
    decisions.reopen,
    decisions.note,
    decisions.undo,
    rules.list_rules,
    rules.show_rule_words,
    rules.check_rule,
    rules.try_rule,
    rules.put_rule,
    rules.remove_rule,
    devices.list_devices,
    devices.show_device,
    devices.approve_device,
    devices.reject_device,
    devices.maintain_device,
    devices.resume_device,
    devices.tell_device,
    profiles.list_profiles,
    cameras.list_cameras,
    cameras.show_camera,
    cameras.judge_alarm,
    looks.look_at_cameras,
    replays.offer_replays,
    replays.start_replay,
    replays.show_replay,
    replays.cancel_replay,
    zones.list_zones,
    zones.put_zone,
    zones.remove_zone,
    history.show_timeline,
    history.list_series,
    history.show_series,
    evidence.show_evidence,
    evidence.show_evidence_proof,
    originals.show_original,
    originals.agree_to_open,
    originals.fetch_original,
    city_map.show_map,
    history.show_audit,
    schema.show_words,
    show_openapi,
    access.healthz,
)


@cache
def openapi_document() -> dict[str, Any]:
    """The OpenAPI document of the whole table."""
    return make_document(OPERATIONS)


def create_routes(services: PictureServices) -> list[Route]:
    """Every route of the picture. The page's come last and take every address that is left."""
    return [*(make_route(row, services) for row in OPERATIONS), *page_routes(services)]


def create_app(services: PictureServices, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The picture as an ASGI application, with `more` routes before its own, and security headers on everything."""
    return Starlette(
        routes=[*more, *create_routes(services)],
        middleware=[Middleware(SecurityHeaders, map_hosts=services.map_hosts)],
        exception_handlers={HTTPException: _http_error, Exception: _our_mistake},
    )


def _http_error(request: Request, error: Exception) -> Response:
    status, reason = (error.status_code, error.detail) if isinstance(error, HTTPException) else (500, "")
    headers = error.headers if isinstance(error, HTTPException) else None
    return refuse(RefusalError(status, reason.lower(), headers=headers))


def _our_mistake(request: Request, error: Exception) -> Response:
    return refuse(RefusalError(500, "s4 made a mistake; its log says more"))
