"""Manual 1 and its system file say the same."""

from __future__ import annotations

from portal.store.system_files import read_system_files

HWMS = read_system_files()["hwms"]
RULE = (
    "請輸入12~14碼(含)的且至少各有一個大寫英文、一個小寫英文、一個數字、一個特殊符號(只允許@#%^=)混合的密碼"
)


def counts(unit_kind: str) -> dict[str, int]:
    return {group: len(offers) for group, offers in HWMS.permissions_for(unit_kind).items()}


def test_permissions_are_those_of_the_three_tables_at_step_3():
    bureau = {"源頭減量": 6, "清除與回收": 8, "處理": 5, "基金及運用": 10}
    assert counts("county-bureau") == bureau
    assert counts("ministry") == {**bureau, "申報管控": 1}, "only the first table has the last group"
    (only,) = HWMS.permissions_for("cleaning-team")["清除與回收"]
    assert counts("cleaning-team") == {"清除與回收": 1}
    assert only.label == "清除量與回收量月填報表"


def test_the_first_printing_stands_where_the_appendix_differs():
    labels = {offer.label for offer in HWMS.permission}
    assert "指定電池汞錳含量確認文件查詢作業" in labels  # the appendix: 汞鎘
    assert "申報逾期及狀態管控" in labels  # the appendix: 週期
    assert "水肥清除處理計畫執行成果" in labels  # the appendix lacks it


def test_fields_stand_in_the_manuals_order():
    basics = HWMS.step[0]
    assert basics.title == "基本資料"
    assert [field.label for field in basics.field] == [
        "驗證碼", "所屬單位", "Email", "姓名", "性別", "密碼", "確認密碼", "連絡電話", "傳真電話", "需求項目權限",
    ]  # fmt: skip
    assert [field.label for field in basics.field if not field.required] == ["傳真電話"]


def test_cleaning_teams_have_only_the_general_account():
    assert [kind.label for kind in HWMS.account_kinds_for("cleaning-team")] == ["一般帳號"]
    assert [kind.label for kind in HWMS.account_kinds_for("county-bureau")] == ["一般帳號", "機關管理員"]


def test_the_rule_of_the_password_is_the_manuals():
    assert HWMS.password.label == RULE
    assert (HWMS.password.length, HWMS.password.symbols) == ((12, 14), "@#%^=")


def test_the_notice_has_the_six_items_of_article_8():
    assert HWMS.notice is not None
    assert len(HWMS.notice.item) == 6
    assert all(item.text.endswith("。") for item in HWMS.notice.item)


def test_what_the_manual_says_on_the_screen():
    assert HWMS.messages["welcome"] == "歡迎您使用本專區，請使用您的用戶帳號與專用密碼登入。"
    assert HWMS.messages["reset_sent"] == (
        "已寄修改密碼信件至您的信箱，請點選信件中的「忘記密碼服務連結」修改密碼，謝謝！"
    )
    assert [contact.value for contact in HWMS.contact][-2:] == ["02-25569785", "hwms@ustrust.com.tw"]
