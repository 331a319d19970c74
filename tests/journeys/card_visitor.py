"""What people with a card do, in the manuals' words: 選擇讀卡機及卡片, 重新偵測卡片, 憑證卡片密碼, 取得憑證資訊."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from playwright.sync_api import Locator, Request, expect

from tests.journeys.visitor import Visitor
from tests.rig.card_popup import HeldCard, ReaderComponent
from tests.rig.people import Person

CARD = "/authority/hwms/card"
CHECK = "/authority/hwms/card/check"
CERTIFICATES = "/account/certificates"


@dataclass
class CardVisitor(Visitor):
    """A person with a reader; `sent` is everything that their browser told the portal."""

    component: ReaderComponent = field(default_factory=ReaderComponent)
    sent: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.component.install(self.page.context)
        self.page.context.on("request", self._note)

    def _note(self, request: Request) -> None:
        if request.url.startswith(self.server.url):
            body = request.post_data_buffer or b""
            self.sent.append(f"{request.url}\n{request.headers}\n{body.decode('utf-8', 'replace')}")

    @property
    def pin(self) -> Locator:
        """憑證卡片密碼."""
        return self.page.get_by_label("憑證卡片密碼", exact=True)

    @property
    def readers(self) -> Locator:
        """選擇讀卡機及卡片."""
        return self.page.get_by_label("選擇讀卡機及卡片")

    def ready(self, path: str = CARD) -> None:
        """Open a page with a card, and wait until a challenge is there."""
        self.open(path)
        self.page.locator("#card-challenge[data-challenge]").wait_for(state="attached")

    def type_pin(self, pin: str, button: str = "登入") -> None:
        """The PIN, and the button that signs."""
        self.pin.fill(pin)
        self.press(button)

    def type_mailed_code(self, address: str) -> None:
        """輸入驗證碼: read the newest code in the demonstration's mailbox, in a window beside this one."""
        mailbox = Visitor(self.page.context.new_page(), self.server)
        mailbox.read_letter(address, "卡片登入驗證碼")
        letter = mailbox.page.get_by_role("article").inner_text()
        mailbox.page.close()
        code = re.search(r"在「驗證碼」輸入：\s+([\d ]+)", letter)
        assert code, letter
        self.box("驗證碼").fill(code[1])
        self.press("確定")

    def told(self, title: str) -> Locator:
        """The panel about what stands in the way."""
        panel = self.page.locator("[data-card-told] .panel, #card-outcome .panel").filter(
            has=self.page.get_by_role("heading", name=title, exact=True)
        )
        expect(panel).to_be_visible()
        return panel

    def focused(self, element: Locator) -> None:
        """The keyboard is there."""
        expect(element).to_be_focused()

    def bind(self, person: Person, held: HeldCard) -> None:
        """Sign in with the password, and add the card."""
        self.open(person.home)
        self.sign_in(person.name, person.password)
        self.sees("我的帳號")
        self.component.put(held)
        self.ready(CERTIFICATES)
        self.type_pin(held.pin, "取得憑證資訊")
        self.press("綁定")
        expect(self.page.get_by_text("已綁定「")).to_be_visible()

    def never_told(self, secret: str) -> None:
        """Nothing that went to the portal holds it, plain or encoded."""
        forms = (secret, quote(secret, safe=""), quote_plus(secret), b64encode(secret.encode()).decode())
        told = [message for message in self.sent if any(form in message for form in forms)]
        assert self.sent, "nothing was told at all"
        assert not told, f"told the portal: {told[0][:200]} … {told[0][-200:]}"
