"""What the portal is measured against: Flask and Jinja, rows in memory, no session. `hello` is less still."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, render_template

FAMILY, GIVEN = "陳林黃張李王吳劉蔡楊", "怡君雅婷家豪志明淑芬俊宏"
ROWS = [
    {
        "number": number,
        "kind": "一般帳號",
        "unit": f"清潔隊／新北市／第{number}區清潔隊",
        "email": f"person{number}@example.gov.tw",
        "name": f"{FAMILY[number % 10]}{GIVEN[number % 6 * 2 : number % 6 * 2 + 2]}",
        "gender": "女" if number % 2 else "男",
        "phone": f"02-2955{number:04}",
        "fax": f"02-2956{number:04}",
        "proved": bool(number % 3),
    }
    for number in range(1, 21)
]

app = Flask(__name__, template_folder=str(Path(__file__).parent))


@app.get("/")
def bare() -> str:
    """A table of twenty accounts."""
    return render_template("bare.html", rows=ROWS, total=2345)


@app.get("/hello")
def hello() -> str:
    """The least that an application can say."""
    return "hello"
