"""A request of the edge: its rule, the rule's Access check, its origin, and the answer back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator

from sandbox.connector.access_check import ASSERTION, AccessChecker, UnverifiableTokenError
from sandbox.connector.configuration import Configuration
from sandbox.connector.origin import Exchange, OriginError, StaleConnectionError, tls_context
from sandbox.connector.origins import Origins, Target
from sandbox.connector.rules import OtherService, Rule, StatusService, StreamService, WebService, first_match
from sandbox.connector.streams import carry_bytes
from sandbox.edge.protocol.packing import packed, value_of
from sandbox.edge.protocol.stream import Stream, StreamLostError
from sandbox.edge.upstream import Headers, Source, end_to_end

_REPEATABLE = ("GET", "HEAD", "OPTIONS")
_log = logging.getLogger(__name__)


class Proxy:
    """Carries streams of the edge to origins, by the configuration in force when they start."""

    def __init__(self, configuration: Configuration, checker: AccessChecker, origins: Origins) -> None:
        self._configuration, self._checker, self._origins = configuration, checker, origins

    async def carry(self, stream: Stream, websocket: bool) -> None:
        """Answer one stream; what fails on this side of the origin is a 502 of the connector."""
        authority, target = (value_of(stream.headers, name) or "" for name in (":authority", ":path"))
        rule = first_match(self._configuration.rules, authority, target)
        try:
            refusal = await self._refusal(rule, stream.headers)
            if refusal is not None:
                await _say(stream, 403, f"request filtered by middleware handler ({refusal})", "origin")
                return
            await _serve(rule, stream, websocket, self._origins)
        except (OriginError, UnverifiableTokenError) as error:
            _log.error("%s%s: %s", authority, target, error)
            await _say(stream, 502, f"502 Bad Gateway: {error}", "cloudflared")

    async def _refusal(self, rule: Rule, headers: Headers) -> str | None:
        if rule.origin.access is None:
            return None
        why = await self._checker.refusal(rule.origin.access, value_of(headers, ASSERTION))
        return None if why is None else f"AccessJWTValidator) due to: {why}"


async def _serve(rule: Rule, stream: Stream, websocket: bool, origins: Origins) -> None:
    match rule.service:
        case StatusService(status):
            await _say(stream, status, "", "origin")
        case StreamService(_, address) if websocket:
            await carry_bytes(stream, origins.where(address), rule.origin.connect_timeout)
        case StreamService(text) | OtherService(text):
            sentence = f"502 Bad Gateway: {text} is not a website: reach it with `cloudflared access` or a WARP client"
            await _say(stream, 502, sentence, "cloudflared")
        case WebService() as service:
            name = rule.origin.server_name or service.host
            target = Target(service.address, _tls(rule, service), name, rule.origin.connect_timeout)
            if websocket:
                async with origins.fresh(target) as exchange:
                    await _upgrade(stream, exchange, rule)
            elif stream.at_end and (value_of(stream.headers, ":method") or "") in _REPEATABLE:
                await _ask(stream, origins, target, rule)
            else:
                async with origins.fresh(target) as exchange:
                    await _request(stream, exchange, rule)


async def _ask(stream: Stream, origins: Origins, target: Target, rule: Rule) -> None:
    """A request that may be sent twice: on a kept connection, on another where the origin had just closed that one."""
    with contextlib.suppress(StaleConnectionError):
        async with origins.kept(target) as exchange:
            await _request(stream, exchange, rule)
        return
    async with origins.fresh(target) as exchange:
        await _request(stream, exchange, rule)


def _tls(rule: Rule, service: WebService) -> ssl.SSLContext | None:
    if not service.tls:
        return None
    try:
        return tls_context(rule.origin.ca_pool, rule.origin.verify)
    except OSError as error:
        raise OriginError(f"caPool {rule.origin.ca_pool} cannot be read: {error}") from error


async def _request(stream: Stream, exchange: Exchange, rule: Rule) -> None:
    headers = _towards_origin(stream.headers, rule, ())
    if value_of(headers, "content-length") is None and not stream.at_end:
        headers = (*headers, ("transfer-encoding", "chunked"))
    method, target = (value_of(stream.headers, name) or "" for name in (":method", ":path"))
    await exchange.send_head(method, target, headers)
    sending = asyncio.create_task(exchange.send_body(_incoming(stream)))
    try:
        # An origin may answer before it has read everything.
        status, fields = await exchange.answer()
        await _relay(stream, exchange, status, fields)
    finally:
        if not sending.done():
            sending.cancel()
            exchange.give_up()
        await asyncio.gather(sending, return_exceptions=True)


async def _relay(stream: Stream, exchange: Exchange, status: int, fields: Headers) -> None:
    stream.respond(packed(status, end_to_end(fields)))
    try:
        async for chunk in exchange.body():
            await stream.send(chunk)
    except OriginError as error:
        _log.error("the answer is cut short: %s", error)
        stream.cancel()
        return
    stream.end()


async def _upgrade(stream: Stream, exchange: Exchange, rule: Rule) -> None:
    upgrade = (("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"))
    await exchange.send_head(
        "GET", value_of(stream.headers, ":path") or "/", _towards_origin(stream.headers, rule, upgrade)
    )
    await exchange.end_body()
    status, fields = await exchange.answer()
    if status != 101:
        await _relay(stream, exchange, status, fields)
        return
    lowered = tuple((name.lower(), value) for name, value in fields)
    stream.respond(packed(200, lowered))
    directions = [asyncio.create_task(_outwards(stream, exchange)), asyncio.create_task(_inwards(stream, exchange))]
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.gather(*directions, return_exceptions=True)
    stream.end()


async def _outwards(stream: Stream, exchange: Exchange) -> None:
    with contextlib.suppress(StreamLostError, OriginError):
        while chunk := await stream.receive():
            await exchange.send_raw(chunk)


async def _inwards(stream: Stream, exchange: Exchange) -> None:
    with contextlib.suppress(StreamLostError, OriginError):
        while chunk := await exchange.receive_raw():
            await stream.send(chunk)


def _towards_origin(headers: Headers, rule: Rule, replaced: Headers) -> Headers:
    """The browser's headers; `httpHostHeader` takes the place of its host, which stays known."""
    host = value_of(headers, ":authority") or ""
    names = {name for name, _ in replaced} | {"host"}
    kept = tuple((name, value) for name, value in end_to_end(headers) if name not in names)
    if not rule.origin.host_header:
        return (("host", host), *kept, *replaced)
    return (("host", rule.origin.host_header), *kept, *replaced, ("x-forwarded-host", host))


async def _say(stream: Stream, status: int, sentence: str, source: Source) -> None:
    body = f"{sentence}\n".encode() if sentence else b""
    headers = (("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body))))
    if value_of(stream.headers, ":method") == "HEAD":
        body = b""
    with contextlib.suppress(StreamLostError):
        stream.respond(packed(status, headers, source), end=not body)
        await stream.send(body)
        stream.end()


async def _incoming(stream: Stream) -> AsyncIterator[bytes]:
    while chunk := await stream.receive():
        yield chunk
