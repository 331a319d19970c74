"""What the component answers when something is in the way: its codes (protocol 1.6), and words for people."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Ret(IntEnum):
    """`ret_code`: where the work stopped."""

    OK = 0
    NO_CARD = 0x76000006
    BAD_JSON = 0x7600000B
    BAD_PARAMETER = 0x7600000C
    FAILED = 0x7600000D
    UNSUPPORTED = 0x7600000E
    FOREIGN_SITE = 0x7600000F
    NO_PIN = 0x76000998
    CANCELLED = 0x76000999
    NO_READER = 0x76100003
    NO_SESSION = 0x76100005
    LOGIN_FAILED = 0x76100006
    NO_CERTIFICATE = 0x7610000C
    NO_KEY = 0x7610000D
    NOT_SIGNED = 0x76300001
    NOT_YET_VALID = 0x76500001
    EXPIRED = 0x76500002


class LastError(IntEnum):
    """`last_error`: return values of PKCS#11; two of the official module's own tell how many tries are left."""

    OK = 0
    PIN_WRONG = 0xA0
    PIN_LENGTH = 0xA2
    PIN_LOCKED = 0xA4
    ONE_TRY_LEFT = -2147483647
    TWO_TRIES_LEFT = -2147483646


TRIES_LEFT: Final = {0: LastError.PIN_LOCKED, 1: LastError.ONE_TRY_LEFT, 2: LastError.TWO_TRIES_LEFT}
"""How a wrong PIN is answered when the card tells how many tries remain."""

SENTENCES: Final = {
    Ret.NO_CARD: "讀卡機裡沒有卡片，請插入卡片後再試一次。",
    Ret.BAD_JSON: "網站送來的資料無法讀取。",
    Ret.BAD_PARAMETER: "網站要求簽署的內容不是登入驗證，已拒絕。",
    Ret.FAILED: "讀卡程式沒有完成這個動作，請再試一次。",
    Ret.UNSUPPORTED: "這個讀卡程式不提供這項功能。",
    Ret.FOREIGN_SITE: "這個網站不在讀卡程式允許的名單中。",
    Ret.NO_PIN: "沒有輸入憑證卡片密碼。",
    Ret.CANCELLED: "您取消了這次簽章。",
    Ret.NO_READER: "找不到讀卡機，請接上讀卡機後再試一次。",
    Ret.NO_SESSION: "讀不到這張卡片，請確認卡片種類與方向。",
    Ret.LOGIN_FAILED: "憑證卡片密碼沒有通過。",
    Ret.NO_CERTIFICATE: "這張卡片裡沒有簽章用的憑證。",
    Ret.NO_KEY: "這張卡片裡沒有簽章用的金鑰。",
    Ret.NOT_SIGNED: "卡片沒有完成簽章，請再試一次。",
    Ret.NOT_YET_VALID: "卡片上的憑證尚未生效。",
    Ret.EXPIRED: "卡片上的憑證已經過期。",
}

LOGIN_SENTENCES: Final = {
    LastError.PIN_WRONG: "憑證卡片密碼不正確。",
    LastError.PIN_LENGTH: "憑證卡片密碼的長度不正確，這次沒有計入錯誤次數。",
    LastError.PIN_LOCKED: "卡片已經鎖住，請到發卡機關的網站解鎖。",
    LastError.ONE_TRY_LEFT: "憑證卡片密碼不正確，只剩最後 1 次機會。",
    LastError.TWO_TRIES_LEFT: "憑證卡片密碼不正確，還可以再試 2 次。",
}


class CardTrouble(Exception):
    """The work stopped; `ret_code` and `last_error` are what the page is told. It never carries a PIN."""

    def __init__(self, ret_code: Ret, last_error: int = 0) -> None:
        super().__init__(ret_code.name)
        self.ret_code = ret_code
        self.last_error = signed(last_error)

    @property
    def sentence(self) -> str:
        """For people."""
        if self.ret_code is Ret.LOGIN_FAILED and self.last_error in LOGIN_SENTENCES:
            return LOGIN_SENTENCES[LastError(self.last_error)]
        return SENTENCES[self.ret_code]


def signed(value: int) -> int:
    """A return value as the component sends it: 32 bits with a sign."""
    value &= 0xFFFFFFFF
    return value - 0x100000000 if value >= 0x80000000 else value
