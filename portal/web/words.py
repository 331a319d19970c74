"""Words for the states and purposes of what the portal keeps; the same on every page and in every file."""

from __future__ import annotations

from typing import Final

APPLICATION_STATES: Final = {
    "draft": "草稿",
    "submitted": "審核中",
    "decided": "結案",
    "returned": "退回補件",
    "withdrawn": "撤回",
    "expired": "逾期",
}
GRANT_STATES: Final = {
    "active": "使用中",
    "given_up": "自行放棄",
    "withdrawn": "已停用",
    "expired": "逾期停用",
    "replaced": "已變更",
}
PURPOSES: Final = {"open": "新帳號申請", "change": "權限異動申請", "return": "停用後重新申請"}
