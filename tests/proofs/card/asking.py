"""A portal that asks its authority's responder."""

from __future__ import annotations

import pytest

from portal.domain.certificate import CardProfile
from portal.domain.refusal import Refusal
from portal.proofs.card import revocation as sources
from portal.proofs.card.authorities import load_authorities
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_authority import CardText
from portal.proofs.card.demo_cards import citizen
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.serials import RevocationLists
from portal.proofs.card.verify import verify
from tests.proofs.card.answers import CHALLENGE
from tests.rig.authority import NOON, ocsp_answer
from tests.rig.card_answers import pkcs7


class Portal:
    """A portal that asks `server` first. Its lists can be taken away."""

    def __init__(self, tree, server, folder) -> None:
        self.tree, self.server, self.folder = tree, server, folder
        (folder / "authorities").mkdir()
        self.pinned = load_authorities(
            tree.write(folder / "authorities", ocsp=f"{server.address}/ocsp"), demonstration=True
        )
        refresh_lists(self.pinned, folder / "lists", fetcher(frozenset()), NOON)
        self.waits(20.0)

    def waits(self, seconds: float) -> None:
        fetch = fetcher(self.pinned.addresses, seconds=seconds)
        self.sources = sources.Revocation(RevocationLists(self.folder / "lists"), fetch)

    def lose_lists(self) -> None:
        for path in (self.folder / "lists").glob(f"{self.tree.moica.key_id}-*"):
            path.unlink()

    def answers(self, **how) -> None:
        self.server.answers["/ocsp"] = lambda asked: ocsp_answer(asked, self.tree.moica, **how)

    def sign_in(self, text: CardText | None = None, now=NOON):
        card = self.tree.card(text=text)
        return verify(pkcs7(card, CHALLENGE), CHALLENGE, self.pinned, self.sources, now)

    def refused(self, text: CardText | None = None, now=NOON) -> str | None:
        with pytest.raises(Refusal) as caught:
            self.sign_in(text, now)
        return caught.value.code

    def responder(self, *more, issuer=None, profile=CardProfile.MOICA, **how):
        text = CardText(citizen().subject, extensions=more)
        return self.tree.card(profile, text, key=self.tree.keys[1], issuer=issuer, **how)
