"""The tree stands alone: no path beside it, no registry's host, no addresses in locks."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.rig.tools import ROOT
from tests.rules.tree import planted, project_files

OUTSIDE = [
    r"\.\./shared", r"\.\./\.library", r"/opt/(?:pypi|wheels)", r"(?<![\w.])/(?:home|root|Users|work)/\w",
    r"pypi\.org", r"pythonhosted\.org", r"npmjs\.(?:org|com)", r"yarnpkg\.com", r"deb\.debian\.org",
    r"unpkg\.com", r"jsdelivr\.net", r"cdnjs\.", r"googleapis\.com", r"gstatic\.com",
]  # fmt: skip
ADDRESS = re.compile(r'https?://|file:|"resolved"|--(?:extra-)?index-url|--find-links|^-[if] ', re.M)
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bridge.lock", "package-lock.json")
PINNED = re.compile(
    r"^([a-z0-9][\w.-]*)==\S+( ; .+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def leaks(root: Path) -> list[str]:
    pattern = re.compile("|".join(OUTSIDE))
    found = []
    for path in project_files(root):
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # sounds and pictures
        found += [f"{path.relative_to(root)}: {match.group()}" for match in pattern.finditer(text)]
    return found


def test_nothing_outside_is_named() -> None:
    assert leaks(ROOT) == []


def test_a_name_from_outside_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "README.md", "see .." + "/shared/data\n")
    planted(tmp_path, "package-lock.json", '"resolved": "https://registry.npmjs' + '.org/htmx"\n')
    planted(tmp_path, "app.py", 'open("/home' + '/me/else")\n')
    assert len(leaks(tmp_path)) == 3


def test_locks_carry_no_addresses() -> None:
    for name in LOCKS:
        assert ADDRESS.findall((ROOT / name).read_text(encoding="utf-8")) == [], name


def test_an_address_in_a_lock_would_be_found() -> None:
    assert ADDRESS.search('      "resolved": ""')
    assert ADDRESS.search("flask==3\n--extra-index-url x\n")
    assert ADDRESS.search("flask @ file:///wheels/flask.whl")


def test_every_python_package_is_pinned_with_its_hashes() -> None:
    for name in LOCKS[:3]:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert PINNED.sub("", text).strip() == "", f"{name}: run make lock"


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": project["dependencies"] + project["optional-dependencies"]["dev"],
        "requirements-bridge.lock": project["dependencies"] + project["optional-dependencies"]["bridge"],
    }
    pins = {
        name: dict(re.findall(r"^([a-z0-9][\w.-]*)==(\S+)", (ROOT / name).read_text(encoding="utf-8"), re.M))
        for name in asked
    }
    for name, wanted in asked.items():
        packages = {re.split(r"[\[<>=~! ]", text, maxsplit=1)[0] for text in wanted}
        assert packages <= set(pins[name]), f"{name}: run make lock"
    for name in LOCKS[1:3]:
        assert pins["requirements.lock"].items() <= pins[name].items(), "one version everywhere"
