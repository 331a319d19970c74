"""Cards: good ones of every kind, and every certificate that opens nothing. Tests run them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from portal.domain.certificate import CardProfile, CardRefusal
from portal.proofs.card import profiles
from portal.proofs.card.demo_authority import CardText, Key, encryption_twin
from portal.proofs.card.demo_cards import INSTITUTION_CLASS, citizen, company, professional
from portal.proofs.card.gate import CardAnswer
from tests.proofs.card.answers import CHALLENGE, Case
from tests.rig.authority import DAY, NOON, REVOKED, SUSPENDED, YEAR, Tree
from tests.rig.card_answers import Card, pkcs7
from tests.rig.forged import forged

SECOND = timedelta(seconds=1)
MOICA, MOEACA, HCA = CardProfile
R = CardRefusal
KEYS: dict[str, Callable[[], Any]] = {
    "rsa-1024": lambda: rsa.generate_private_key(65537, 1024),
    "rsa-3072": lambda: rsa.generate_private_key(65537, 3072),
    "p-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p-521": lambda: ec.generate_private_key(ec.SECP521R1()),
}


@cache
def key(kind: str) -> Key:
    """A key of this kind, the same each time."""
    made: Key = KEYS[kind]()
    return made


def card(
    profile: CardProfile = MOICA, text: CardText | None = None, **how: Any
) -> Callable[[Tree], CardAnswer]:
    return lambda tree: pkcs7(tree.card(profile, text, **how), CHALLENGE)


def keyed(kind: str, digest: str = "sha256") -> Callable[[Tree], CardAnswer]:
    return lambda tree: pkcs7(tree.card(key=key(kind)), CHALLENGE, digest=digest)


def written(**lines: Any) -> Callable[[Tree], CardAnswer]:
    return card(MOICA, replace(citizen(), **lines))


def changed(change: Callable[[Any], None], **how: Any) -> Callable[[Tree], CardAnswer]:
    def make(tree: Tree) -> CardAnswer:
        one = forged(tree.card(), tree.moica, change, **how)
        number = asn1_x509.Certificate.load(one.der).serial_number

        def name_it(info: cms.SignerInfo) -> None:
            info["sid"].chosen["serial_number"] = number

        return pkcs7(one, CHALLENGE, change_signer=name_it)

    return make


def attributes(profile: CardProfile, text: CardText, **told: str | None) -> Callable[[Tree], CardAnswer]:
    kinds = {
        "last_four": profiles.LAST_FOUR,
        "kind": profiles.CLASS,
        "ubn": profiles.UBN,
        "rank": profiles.RANK,
    }
    all_of_them = {**text.attributes, **{kinds[name]: value for name, value in told.items()}}
    kept = {kind: value for kind, value in all_of_them.items() if value is not None}
    return card(profile, replace(text, attributes=kept))


def _set_serial(number: int) -> Callable[[Any], None]:
    return lambda body: body.__setitem__("serial_number", core.Integer(number))


def _extension_twice(body: Any) -> None:
    extensions = list(body["extensions"])
    body["extensions"] = asn1_x509.Extensions([*extensions, extensions[2].copy()])


def _attribute_twice(body: Any) -> None:
    for extension in body["extensions"]:
        if extension["extn_id"].native == "subject_directory_attributes":
            had = list(extension["extn_value"].parsed)
            extension["extn_value"] = asn1_x509.SubjectDirectoryAttributes([*had, had[0].copy()])


def _without_usage(body: Any) -> None:
    kept = [one for one in body["extensions"] if one["extn_id"].native != "key_usage"]
    body["extensions"] = asn1_x509.Extensions(kept)


def _version_1(body: Any) -> None:
    body["version"] = "v1"


def rogue(tree: Tree, *, copied: bool = False, enclosed: bool = False) -> CardAnswer:
    """Signed by somebody with the name of MOICA; `copied`: the card names the key of the true one."""
    false = tree.card(issuer=tree.rogue)
    if copied:
        true_id = asn1_x509.Certificate.load(tree.card().der).authority_key_identifier

        def name_the_true_one(body: Any) -> None:
            for extension in body["extensions"]:
                if extension["extn_id"].native == "authority_key_identifier":
                    extension["extn_value"] = asn1_x509.AuthorityKeyIdentifier({"key_identifier": true_id})

        false = forged(false, tree.rogue, name_the_true_one)

    def enclose(signed: cms.SignedData) -> None:
        itself = Card(tree.rogue.key, tree.rogue.certificate)
        both = [asn1_x509.Certificate.load(one.der) for one in (false, itself)]
        signed["certificates"] = cms.CertificateSet(both)

    return pkcs7(false, CHALLENGE, change=enclose if enclosed else lambda _: None)


def authority_itself(tree: Tree) -> CardAnswer:
    return pkcs7(Card(tree.moica.key, tree.moica.certificate), CHALLENGE)


def root_itself(tree: Tree) -> CardAnswer:
    return pkcs7(Card(tree.root.key, tree.root.certificate), CHALLENGE)


def subject(*parts: tuple[ObjectIdentifier, str]) -> Callable[[Tree], CardAnswer]:
    return written(subject=[(NameOID.COUNTRY_NAME, "TW"), *parts])


def purposes(*told: ObjectIdentifier) -> Callable[[Tree], CardAnswer]:
    return written(extensions=[(x509.ExtendedKeyUsage(list(told)), False)])


NAME, NUMBER = (NameOID.COMMON_NAME, "王小明"), (NameOID.SERIAL_NUMBER, "1234567890123456")
UNKNOWN_CRITICAL = x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4.5"), b"\5\0")
ADDRESSES = x509.AuthorityInformationAccess(
    [
        x509.AccessDescription(
            x509.AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier("http://127.0.0.1:9/ocsp")
        )
    ]
)
GOOD = [
    Case("company", card(MOEACA)),
    Case("company, secondary card", card(MOEACA, company(rank="secondary"))),
    Case(
        "company without number in its name", card(MOEACA, replace(company(), subject=company().subject[:2]))
    ),
    Case("professional", card(HCA)),
    Case("renewed, same holder", card(MOICA, begin=NOON - DAY)),
    Case("rsa 3072", keyed("rsa-3072")),
    Case("p-256", keyed("p-256")),
    Case("p-384", keyed("p-384", "sha384")),
    Case("its last second", card(MOICA, begin=NOON - YEAR, life=YEAR)),
    Case("its first second", card(MOICA, begin=NOON)),
    Case("several policies", written(policies=("1.2.3", "2.16.886.101.0.3.3"))),
    Case("may authenticate clients", purposes(ExtendedKeyUsageOID.CLIENT_AUTH)),
    Case("names addresses nobody asks", written(extensions=[(ADDRESSES, False)])),
    Case("without last four", written(attributes={})),
    Case("rare characters", subject((NameOID.COMMON_NAME, "𠮷田・ 陳"), NUMBER)),
]
BAD = [
    Case("expired a second ago", card(MOICA, begin=NOON - YEAR - SECOND, life=YEAR), R.CARD_EXPIRED),
    Case("valid in a second", card(MOICA, begin=NOON + SECOND), R.CARD_NOT_YET_VALID),
    Case("revoked", written(serial=REVOKED), R.CARD_REVOKED, by_pyhanko=False),
    Case("suspended", written(serial=SUSPENDED), R.CARD_SUSPENDED, by_pyhanko=False),
    Case("encryption certificate", card(MOICA, encryption_twin(citizen())), R.CARD_WRONG_USAGE),
    Case("no key usage", changed(_without_usage), R.CARD_WRONG_USAGE),
    Case("a responder's", purposes(ExtendedKeyUsageOID.OCSP_SIGNING), R.CARD_WRONG_USAGE, by_pyhanko=False),
    Case("a server's", purposes(ExtendedKeyUsageOID.SERVER_AUTH), R.CARD_WRONG_USAGE, by_pyhanko=False),
    Case("another policy", written(policies=("2.16.886.101.0.3.1",)), R.CARD_WRONG_POLICY),
    Case("no policy", written(policies=()), R.CARD_WRONG_POLICY),
    Case("any policy", written(policies=("2.5.29.32.0",)), R.CARD_WRONG_POLICY, by_pyhanko=False),
    Case("unknown critical extension", written(extensions=[(UNKNOWN_CRITICAL, True)]), R.CARD_PATH),
    Case("calls itself an authority", written(extensions=[(x509.BasicConstraints(True, None), True)]),
         R.CARD_WRONG_USAGE, by_pyhanko=False),
    Case("rogue of the same name", rogue, R.CARD_ISSUER_UNKNOWN),
    Case("rogue that names the true key", lambda tree: rogue(tree, copied=True), R.CARD_FORGED),
    Case("rogue that encloses itself", lambda tree: rogue(tree, enclosed=True), R.CARD_ISSUER_UNKNOWN),
    Case("signed by the root", lambda tree: pkcs7(tree.card(issuer=tree.root), CHALLENGE), R.CARD_ISSUER_UNKNOWN,
         by_pyhanko=False),
    Case("the authority itself", authority_itself, R.CARD_ISSUER_UNKNOWN),
    Case("the root itself", root_itself, R.CARD_ISSUER_UNKNOWN, by_pyhanko=False),
    Case("rsa 1024", keyed("rsa-1024"), R.CARD_WEAK_KEY),
    Case("p-521", keyed("p-521", "sha512"), R.CARD_WEAK_KEY, by_pyhanko=False),
    Case("certificate over sha-1", changed(lambda _: None, sha1=True), R.CARD_WEAK_DIGEST),
    Case("negative serial", changed(_set_serial(-5)), R.CARD_SERIAL, by_pyhanko=False),
    Case("serial zero", changed(_set_serial(0)), R.CARD_SERIAL, by_pyhanko=False),
    Case("serial of 21 bytes", changed(_set_serial(1 << 160)), R.CARD_SERIAL, by_pyhanko=False),
    Case("extension twice", changed(_extension_twice), R.CARD_MALFORMED, by_pyhanko=False),
    Case("version 1", changed(_version_1), R.CARD_MALFORMED, by_pyhanko=False),
    Case("attribute twice", changed(_attribute_twice), R.CARD_PROFILE, by_pyhanko=False),
    Case("two names", subject(NAME, NUMBER, (NameOID.COMMON_NAME, "陳小華")), R.CARD_PROFILE, by_pyhanko=False),
    Case("no name", subject(NUMBER), R.CARD_PROFILE, by_pyhanko=False),
    Case("no number", subject(NAME), R.CARD_PROFILE, by_pyhanko=False),
    Case("a name with a line break", subject((NameOID.COMMON_NAME, "王\n小明"), NUMBER), R.CARD_PROFILE,
         by_pyhanko=False),
    Case("a name that turns the line round", subject((NameOID.COMMON_NAME, "王\u202e小明"), NUMBER), R.CARD_PROFILE,
         by_pyhanko=False),
    Case("last four with letters", attributes(MOICA, citizen(), last_four="12a4"), R.CARD_PROFILE, by_pyhanko=False),
    Case("an organisation among citizens", attributes(MOICA, citizen(), kind=f"oid:{INSTITUTION_CLASS}"),
         R.CARD_INSTITUTION, by_pyhanko=False),
    Case("a company's words, a citizen's issuer", card(MOICA, company()), R.CARD_INSTITUTION, by_pyhanko=False),
    Case("a citizen's words, a company's issuer", card(MOEACA, citizen()), R.CARD_PROFILE, by_pyhanko=False),
    Case("numbers of a company differ", attributes(MOEACA, company(), ubn="87654321"), R.CARD_UBN_MISMATCH,
         by_pyhanko=False),
    Case("no 統一編號", attributes(MOEACA, company(), ubn=None), R.CARD_PROFILE, by_pyhanko=False),
    Case("統一編號 of seven", attributes(MOEACA, company(), ubn="1234567"), R.CARD_PROFILE, by_pyhanko=False),
    Case("rank of another kind", attributes(MOEACA, company(), rank="third"), R.CARD_PROFILE, by_pyhanko=False),
    Case("health institution", card(HCA, professional("示範診所", INSTITUTION_CLASS)), R.CARD_INSTITUTION,
         by_pyhanko=False),
    Case("health card without class", attributes(HCA, professional(), kind=None), R.CARD_PROFILE, by_pyhanko=False),
    Case("health card of a plain person", attributes(HCA, professional(), kind="oid:2.16.886.1.100.3.1.1"),
         R.CARD_PROFILE, by_pyhanko=False),
    Case("class that only begins alike", attributes(HCA, professional(), kind="oid:2.16.886.1.100.3.1.70"),
         R.CARD_PROFILE, by_pyhanko=False),
]  # fmt: skip
