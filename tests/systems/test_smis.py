"""Manual 5 and its system file say the same."""

from __future__ import annotations

from portal.store.system_files import read_system_files

SMIS = read_system_files()["smis"]


def test_the_seven_categories_in_the_order_of_the_matrix():
    assert [offer.label for offer in SMIS.permission] == [
        "個人防護裝備", "流感抗病毒藥劑", "防疫藥品器材", "抗蛇毒血清", "生物防護裝備", "愛滋結核藥劑",
        "新興傳染病用藥",
    ]  # fmt: skip


def test_three_roles_and_who_reviews():
    assert [(role.label, role.reviews) for role in SMIS.role] == [
        ("管理者", True), ("承辦人", False), ("瀏覽者", False),
    ]  # fmt: skip


def test_options_of_one_category_alone():
    with_options = {offer.label: offer for offer in SMIS.permission if offer.options}
    (label,) = with_options
    assert (label, with_options[label].options_label) == ("新興傳染病用藥", "新興傳染病用藥選項")
    assert [choice.label for choice in with_options[label].options] == [
        "猴痘",
        "A痘",
        "B痘",
        "M痘",
        "COVID-19",
    ]


def test_fields_of_step_2_and_of_step_5():
    first, second = SMIS.pages()
    assert [field.label for step in first for field in step.field] == [
        "使用者身分證號", "單位/醫事機構代碼", "驗證碼",
    ]  # fmt: skip
    asked = [(field.label, field.required) for field in second[0].field]
    assert asked == [
        ("使用者姓名", True), ("主要連絡電話", True), ("備用連絡電話", False), ("主要電子信箱", True),
        ("備用電子信箱", False), ("行動電話", False),
    ]  # fmt: skip


def test_the_short_messages_are_the_manuals():
    assert SMIS.messages["unknown"] == "登入失敗，員工檔無資料或帳號未啟用"
    assert SMIS.messages["suspended"] == "您的帳號已停用，請點選「確定」重新申請帳號。"
    assert SMIS.messages["submitted"] == "已送出申請，請等待審核通過。"
    assert SMIS.messages["application_waiting"] == "您有申請中的權限，是否確定更新申請？"


def test_the_notice_has_the_manuals_six_parts():
    assert SMIS.notice is not None
    assert [item.label for item in SMIS.notice.item] == ["依據", "目的", "利用", "權利", "義務", "影響"]


def test_half_a_year_and_two_warnings():
    assert SMIS.dormancy is not None
    assert (SMIS.dormancy.days, SMIS.dormancy.warn_before) == (180, (30, 7))
    assert SMIS.sign_in == ("card",)
    assert SMIS.card.profiles == ("moica", "hca"), "醫事人員卡 and 自然人憑證, no company's card"
