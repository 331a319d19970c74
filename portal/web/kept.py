"""Fragments that are the same for everybody: rendered once, then sent again or answered with 304."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from flask import Response, current_app, request
from werkzeug.datastructures import Headers

LIFE: Final = 60.0
"""Seconds after which a fragment is rendered anew: what it shows may have been loaded again meanwhile."""
MOST: Final = 128
"""Fragments kept for one view in one worker."""


class _Kept(NamedTuple):
    headers: Headers
    etag: str
    body: bytes
    until: float


def same_for_everybody(*arguments: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """For a view that looks at nothing but its address, these query arguments and what htmx says of itself.

    A request with other arguments is answered by the view: nobody puts theirs into what others get.
    """

    def keep(view: Callable[..., Response]) -> Callable[..., Response]:
        known = frozenset(arguments)

        @functools.wraps(view)
        def answer(**values: Any) -> Response:
            asked, headers = request.args, request.headers
            if not known.issuperset(asked):
                return view(**values)
            kept: dict[tuple[Any, ...], _Kept] = current_app.extensions.setdefault(
                f"kept {view.__name__}", {}
            )
            key = (
                request.path, headers.get("HX-Request"), headers.get("HX-Target"),
                *(tuple(asked.getlist(name)) for name in arguments),
            )  # fmt: skip
            found = kept.get(key)
            if found is None or found.until < time.monotonic():
                response = view(**values)
                if response.status_code != 200:
                    return response
                response.headers["Cache-Control"] = "no-cache"  # keep it, but ask each time
                response.add_etag()
                if len(kept) >= MOST:
                    kept.clear()
                body, until = response.get_data(), time.monotonic() + LIFE
                found = kept[key] = _Kept(response.headers, response.get_etag()[0] or "", body, until)
            if "If-None-Match" in headers and request.if_none_match.contains(found.etag):
                return Response(status=304, headers=found.headers)
            return Response(found.body, headers=found.headers)

        return answer

    return keep
