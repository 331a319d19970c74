"""Manual 1 step 2, 驗證碼: a picture, a voice, another picture, and what a wrong answer leads to."""

from __future__ import annotations

import io
import wave

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import APPLICATION, Answers, Visitor
from tests.rig.people import captcha_digits

pytestmark = pytest.mark.journey


def test_another_picture_keeps_what_was_typed(any_visitor: Visitor) -> None:
    any_visitor.open(APPLICATION)
    picture = any_visitor.page.get_by_role("img", name="驗證碼圖片")
    first = picture.get_attribute("src")
    any_visitor.box("姓名").fill("張曉美")
    any_visitor.press("換一張")
    expect(picture).not_to_have_attribute("src", first)
    expect(any_visitor.box("姓名")).to_have_value("張曉美")
    shown, real = picture.evaluate(
        "async picture => { await picture.decode(); const {width, height} = picture;"
        " return [width / height, picture.naturalWidth / picture.naturalHeight]; }"
    )
    assert shown == pytest.approx(real, rel=0.02)
    any_visitor.read_captcha()
    any_visitor.box("Email").fill("fox52fox@example.com")
    any_visitor.press("帳號檢核")
    any_visitor.reads("驗證碼已通過")


def test_the_voice_is_a_sound_file(any_visitor: Visitor) -> None:
    page = any_visitor.page
    any_visitor.open(APPLICATION)
    page.get_by_text("聽語音", exact=True).click()
    link = page.get_by_role("link", name="下載語音檔")
    expect(link).to_be_visible()
    expect(page.locator("audio")).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    with wave.open(str(waiting.value.path())) as sound:
        assert sound.getnframes() / sound.getframerate() > 2
    expect(any_visitor.box("驗證碼")).to_have_attribute("inputmode", "numeric")


def test_the_voice_plays(visitor: Visitor) -> None:
    visitor.open(APPLICATION)
    visitor.page.get_by_text("聽語音", exact=True).click()
    seconds = visitor.page.locator("audio").evaluate(
        """audio => new Promise((done, failed) => {
             audio.onplaying = () => done(audio.duration);
             audio.onerror = () => failed(audio.error.message);
             audio.muted = true;
             audio.play().catch(failed);
           })"""
    )
    assert seconds > 2


def test_a_wrong_answer_gives_a_new_picture_and_keeps_the_rest(any_visitor: Visitor) -> None:
    page = any_visitor.page
    any_visitor.open(APPLICATION)
    right = captcha_digits(page.content())
    any_visitor.fill(Answers())
    picture = page.get_by_role("img", name="驗證碼圖片")
    first = picture.get_attribute("src")
    any_visitor.box("驗證碼").fill("00000" if right != "00000" else "11111")
    any_visitor.fill_passwords(Answers().password)
    any_visitor.agree()
    any_visitor.press("資料送出")
    expect(page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
    expect(picture).not_to_have_attribute("src", first)
    expect(any_visitor.box("驗證碼")).to_have_value("")
    expect(any_visitor.box("姓名")).to_have_value(Answers().name)
    any_visitor.read_captcha()
    any_visitor.fill_passwords(Answers().password)
    any_visitor.press("資料送出")
    any_visitor.sees("申請已送出")


def test_one_answer_serves_one_application(visitor: Visitor) -> None:
    """The solved captcha of a form that was sent does not open a second application."""
    visitor.open(APPLICATION)
    visitor.read_captcha()
    visitor.box("Email").fill("fox52fox@example.com")
    visitor.press("帳號檢核")
    visitor.reads("您的帳號將是 fox52fox")
    solved = visitor.page.locator("[name=captcha_pass]").input_value()
    visitor.fill(Answers())
    visitor.fill_passwords(Answers().password)
    visitor.agree()
    visitor.press("資料送出")
    visitor.sees("申請已送出")
    visitor.open(APPLICATION)
    visitor.fill(Answers(email="other@example.com"))
    visitor.fill_passwords(Answers().password)
    visitor.agree()
    visitor.page.locator("#captcha-field").evaluate(
        """(field, solved) => {
             field.innerHTML = '<input type="hidden" name="captcha_pass">';
             field.firstChild.value = solved;
           }""",
        solved,
    )
    visitor.press("資料送出")
    visitor.reads("這個驗證碼已經用過，請輸入新圖中的數字。")
    expect(visitor.box("Email")).to_have_value("other@example.com")


def test_a_voice_that_is_not_ours(visitor: Visitor) -> None:
    answer = visitor.page.request.get(visitor.server.address("/captcha/nonsense.wav"))
    assert answer.status == 404
    visitor.open(APPLICATION)
    source = visitor.page.locator("audio").get_attribute("src")
    answer = visitor.page.request.get(visitor.server.address(source))
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.body())) as sound:
        assert sound.getnchannels() == 1
