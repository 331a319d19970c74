"""`python -m portal.bridge --origin https://…`: runs in the foreground until Ctrl+C."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Sequence

from portal.bridge.cards import CardSource
from portal.bridge.codes import CardTrouble
from portal.bridge.component import Component
from portal.bridge.options import Options, read_options
from portal.bridge.server import PortTaken, serve

ENDINGS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str]) -> int:
    """0 after Ctrl+C; 1 with a sentence when it cannot start."""
    options = read_options(arguments)
    for number in ENDINGS:
        signal.signal(number, _end)
    try:
        source = open_source(options)
    except ImportError as problem:
        return _no(f"缺少套件 {problem.name}：請先安裝 PyKCS11 與 asn1crypto（見 docs/bridge.md）。")
    except CardTrouble:
        return _no(f"{options.module} 不是可用的 PKCS#11 模組。")
    component = Component(source, options.origins)
    try:
        with (
            contextlib.suppress(KeyboardInterrupt),
            contextlib.closing(source),
            serve(component, options.port) as server,
        ):
            _say(f"讀卡橋接已啟動：http://localhost:{server.port}/（按 Ctrl+C 結束）")
            for origin in options.origins:
                _say(f"允許的網站：{origin}")
            server.wait()
    except PortTaken as problem:
        return _no(f"連接埠 {problem} 已被使用：官方元件或另一個讀卡橋接可能正在執行。")
    return 0


def _end(*_: object) -> None:
    """The first signal ends the program; `make run` and an impatient person send another while it is closing."""
    for number in ENDINGS:
        signal.signal(number, _go_on)
    raise KeyboardInterrupt


def _go_on(*_: object) -> None:
    """Unlike SIG_IGN, this may also take a signal that has come in already."""


def open_source(options: Options) -> CardSource:
    """Demonstration cards, or the module with PC/SC beside it. Raises `ImportError`, `CardTrouble`."""
    if options.demo:
        from portal.bridge.demo_cards import DemoCards

        return DemoCards(options.demo)
    from portal.bridge.module_cards import ModuleCards, Presence
    from portal.bridge.pcsc import NobodyTells, PcscPresence

    try:
        presence: Presence = PcscPresence()
    except ImportError:
        _say("沒有安裝 pyscard：插卡與拔卡不會自動反映。")
        presence = NobodyTells()
    return ModuleCards(options.module, presence, options.tries)


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201  this is its screen


def _no(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
