"""How the business says no."""

from __future__ import annotations


class Refusal(Exception):
    """婉拒: one sentence for the person, and the field it belongs to, if any.

    A form shows it at the field (422); anything else becomes the error page with `status`.
    `code` goes to the audit log and never to the person.
    """

    def __init__(
        self, sentence: str, field: str | None = None, status: int = 422, code: str | None = None
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field
        self.status = status
        self.code = code


class NotFound(Refusal):
    """查無資料: the row does not exist, or lies outside the actor's reach; nobody learns which."""

    def __init__(self) -> None:
        super().__init__("找不到這筆資料，可能已被處理，或不在您的管理範圍內。", status=404)


class Overtaken(Refusal):
    """已被搶先: somebody else decided meanwhile; the loser is told and nothing is overwritten."""

    def __init__(self, sentence: str = "這筆資料剛才已由其他人處理，請重新查看最新狀態。") -> None:
        super().__init__(sentence, status=409)
