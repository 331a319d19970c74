"""What visitors do, in the words of manuals 1 and 5: labels and buttons are found by what is written on them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Locator, Page, expect

from portal.proofs.one_time_code import code_at, step_of
from tests.rig.applications import LiveServer
from tests.rig.people import Person, captcha_digits
from tests.rig.second_proof import code_at_server

APPLICATION = "/authority/hwms/application"
ADMINISTRATION = "/authority/hwms/administration/"
MENU = "環保局帳號啟用"
BUREAU = ("縣市環保局", "新北市環保局")
MINISTRY = ("環境部", "環境部環境管理署")
CLEANING_TEAM = ("清潔隊", "臺北市", "中正區清潔隊")


@dataclass(frozen=True)
class Answers:
    """What somebody writes into the application; unit and permissions as the manual prints them."""

    email: str = "fox52fox@example.com"
    unit: tuple[str, ...] = BUREAU
    name: str = "張曉美"
    gender: str = "女"
    password: str = "Zx7#vmRkqLwp"
    phone: str = "0225569785"
    extension: str = "642"
    fax: str = "0225565775"
    kind: str = "一般帳號"
    permissions: tuple[str, ...] = ("一次用產品", "垃圾處理廠(場)")

    def but(self, **other: Any) -> Answers:
        """The same with other answers."""
        return replace(self, **other)


@dataclass
class Visitor:
    """A person with a browser of their own; `script` tells whether it runs scripts."""

    page: Page
    server: LiveServer
    script: bool = True
    posts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", lambda request: request.method == "POST" and self.posts.append(request.url))

    # ------------------------------------------------------------ pages

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.server.address(path))

    def at(self, path: str) -> None:
        """Wait until the address bar shows this path (and query)."""
        self.page.wait_for_url(self.server.address(path))

    def sees(self, heading: str) -> None:
        """Wait for the page with this first heading."""
        expect(self.page.get_by_role("heading", level=1, name=heading, exact=True)).to_be_visible()

    def reads(self, *sentences: str) -> None:
        """The page says each of these."""
        for sentence in sentences:
            expect(self.page.get_by_role("main")).to_contain_text(sentence)

    def button(self, words: str, within: Locator | None = None) -> Locator:
        """The button with exactly these words."""
        return (within or self.page.get_by_role("main")).get_by_role("button", name=words, exact=True)

    def press(self, words: str) -> None:
        """Press the button with exactly these words."""
        self.button(words).click()

    def follow(self, words: str, within: str = "main") -> None:
        """Follow the link with exactly these words in this part of the page."""
        self.page.get_by_role(within).get_by_role("link", name=words, exact=True).click()

    def box(self, label: str) -> Locator:
        """The field under this label."""
        return self.page.get_by_label(label, exact=True)

    # ------------------------------------------------------------ 帳號申請

    def read_captcha(self) -> None:
        """Type what the demonstration tells, or the digits of the picture as a person who sees it."""
        told = self.page.get_by_text("示範模式，答案是")
        shown = re.sub(r"\D", "", told.inner_text()) if told.count() else captcha_digits(self.page.content())
        self.box("驗證碼").fill(shown)

    def choose_unit(self, kind: str, *names: str) -> None:
        """所屬單位 in its two or three steps.

        Choosing the kind anew would bring its list anew, over a unit that was chosen meanwhile.
        """
        kinds = self.box("單位類別")
        if kinds.locator("option:checked").inner_text() != kind:  # nobody chooses again what stands there
            kinds.select_option(label=kind)
        steps = zip(
            ("縣市", "單位")[-len(names) :], ("列出可選的單位", "列出這個縣市的單位"), names, strict=False
        )
        for label, button, name in steps:
            if not self.script:
                self.press(button)
            self.box(label).select_option(label=name)

    def fill(self, answers: Answers) -> None:
        """Everything but captcha, passwords and consent, in the order of the form."""
        self.choose_unit(*answers.unit)
        self.box("Email").fill(answers.email)
        self.box("姓名").fill(answers.name)
        self.page.get_by_role("radio", name=answers.gender, exact=True).check()
        self.box("連絡電話").fill(answers.phone)
        self.box("分機").fill(answers.extension)
        self.box("傳真電話").fill(answers.fax)
        self.page.get_by_role("radio", name=answers.kind, exact=True).check()
        for permission in answers.permissions:
            self.page.get_by_role("checkbox", name=permission, exact=True).check()

    def fill_passwords(self, password: str) -> None:
        """密碼 and 確認密碼."""
        self.box("密碼").fill(password)
        self.box("確認密碼").fill(password)

    def agree(self) -> None:
        """Consent to the privacy notice."""
        self.page.get_by_role("checkbox", name="我已閱讀並同意上述個人資料蒐集告知事項").check()

    def apply(self, answers: Answers | None = None) -> str:
        """The whole application; the account name that the page tells."""
        answers = answers or Answers()
        self.open(APPLICATION)
        self.read_captcha()
        self.fill(answers)
        self.fill_passwords(answers.password)
        self.agree()
        self.press("資料送出")
        self.sees("申請已送出")
        return self.summary("帳號")

    # ------------------------------------------------------------ 新帳號申請 (manual 5)

    def search_unit(self, typed: str, name: str) -> None:
        """選取, 單位查詢 (a dialog with script, a page without) and a click on the name."""
        self.page.locator("#unit-chosen").get_by_role("button").first.click()
        place = self.page.get_by_role("dialog" if self.script else "main")
        place.get_by_label("單位名稱", exact=True).fill(typed)
        self.button("查詢", place).click()
        self.button(name, place).click()
        expect(self.page.locator("#unit-chosen")).to_contain_text(name)

    def role(self, category: str, words: str) -> Locator:
        """The radio button of a role in a category of the permission matrix."""
        group = self.page.get_by_role("group", name=category, exact=True)
        return group.get_by_role("radio", name=words, exact=True)

    def agree_to_notice(self) -> None:
        """我同意個資聲明事項."""
        self.page.get_by_role("checkbox", name="我同意個資聲明事項").check()

    # ------------------------------------------------------------ what came of it

    def summary(self, term: str) -> str:
        """The value that stands beside a term on the page."""
        rows = self.page.locator("dl > div").filter(has=self.page.get_by_text(term, exact=True))
        return rows.locator("dd").first.inner_text()

    def read_letter(self, address: str, subject: str) -> None:
        """Open the newest letter to somebody in the demonstration's mailbox."""
        self.open("/demo/")
        letters = self.page.get_by_role("row").filter(has_text=address)
        letters.get_by_role("link", name=subject).first.click()
        expect(self.page.get_by_role("article")).to_contain_text(address)

    def follow_letter(self, address: str, subject: str) -> None:
        """Open such a letter and press the link in it."""
        self.read_letter(address, subject)
        self.page.get_by_role("article").get_by_role("link").click()

    # ------------------------------------------------------------ 登入

    def sign_in(self, name: str, password: str) -> None:
        """用戶帳號, 專用密碼, 登入 on the page that is open; who reviews others has an authenticator at hand."""
        if not self.passes_password(name, password):
            return
        if self.page.get_by_role("heading", level=1, name="設定驗證器", exact=True).count():
            key = self.page.locator("[data-key]").inner_text().replace(" ", "").replace("\n", "")
            self.show_code(code_at(key, step_of(datetime.now(UTC))), "完成設定並登入")
        else:
            system = self.page.url.removeprefix(self.server.url).split("/")[2]
            self.show_code(code_at_server(self.server.database_url, system, name))

    def passes_password(self, name: str, password: str) -> bool:
        """用戶帳號, 專用密碼, 登入; whether the second proof is asked for."""
        self.box("用戶帳號").fill(name)
        self.box("專用密碼").fill(password)
        with self.page.expect_response(lambda answer: answer.url.endswith("/session")) as answer:
            self.press("登入")
        asked = "/second-proof" in answer.value.headers.get("location", "")
        if asked:
            self.page.wait_for_url(re.compile("/second-proof"))
        return asked

    def show_code(self, code: str, button: str = "登入") -> None:
        """Type the authenticator's code."""
        self.box("驗證碼").fill(code)
        self.press(button)

    def be(self, client: FlaskClient) -> None:
        """Go on where a browser without a screen stands: who signed in there, or proved something by card."""
        cookie = client.get_cookie("portal")
        assert cookie is not None
        self.page.context.add_cookies([{"name": "portal", "value": cookie.value, "url": self.server.url}])

    def administer(self, person: Person, menu: str = MENU) -> None:
        """Sign in through 主管機關_系統管理 and choose the list in the left menu."""
        self.open("/authority/")
        self.follow("主管機關_系統管理", "banner")
        self.sees("主管機關_系統管理")
        self.sign_in(person.name, person.password)
        self.page.get_by_role("navigation", name="主管機關_系統管理").get_by_role("link", name=menu).click()
        self.sees(menu)

    def row(self, words: str) -> Locator:
        """The row of the list that holds these words."""
        return self.page.get_by_role("table").get_by_role("row").filter(has_text=words)
