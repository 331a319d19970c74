"""The log: one JSON object a line on standard error, without personal data."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from flask import Flask, has_request_context, request
from flask.logging import default_handler

from portal.web.page import request_id


class OneObjectALine(logging.Formatter):
    """Time, level, text and, within a request, its number, method and route (never the address typed)."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "text": record.getMessage(),
        }
        if has_request_context():
            line |= {"request": request_id(), "method": request.method, "route": request.endpoint or ""}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def install(app: Flask) -> None:
    """Let the application's logger speak JSON."""
    default_handler.setFormatter(OneObjectALine())
    app.logger.setLevel(logging.INFO)
