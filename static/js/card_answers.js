// What the component's answers mean. Codes are 32 bits and may come with a sign; `last_error` is PKCS#11's own.
import { CardTrouble } from "./card_component.js";
import { fromBase64, readCertificate } from "./card_certificate.js";

const LOGIN_FAILED = 0x76100006, CANCELLED = 0x76000999;
const ONE_TRY_LEFT = 0x80000001;
const CODES = {
  0x76000001: "no-certificate",
  0x76000002: "no-certificate",
  0x76000006: "no-card",
  0x7600000e: "unsupported",
  0x7600000f: "refused-site",
  0x76000031: "refused-site",
  0x76000998: "pin-missing",
  [CANCELLED]: "cancelled",
  0x76100003: "no-reader",
  0x76100005: "unreadable",
  0x7610000c: "no-certificate",
  0x7610000d: "no-certificate",
  0x76500001: "not-yet-valid",
  0x76500002: "expired",
  0x83000100: "wrong-kind",
  0x83000101: "wrong-kind",
  0x83000102: "wrong-kind",
  0x83000103: "wrong-kind",
  0x83000104: "wrong-kind",
};
const LOGIN_ERRORS = {
  0xa0: ["pin-unsure"],
  0xa2: ["pin-length"],
  0xa4: ["locked"],
  [ONE_TRY_LEFT]: ["pin-last"],
  0x80000002: ["pin-wrong", { tries: 2 }],
};
const SIGNED_DATA = "06092a864886f70d010702"; // how a PKCS#7 answer begins, behind its length

const code = (value) => Number(value) >>> 0;

// The trouble an answer tells of; null when it tells of none.
export function troubleOf(answer) {
  const told = code(answer.ret_code), error = code(answer.last_error);
  if (told === 0) return null;
  if (told === LOGIN_FAILED && LOGIN_ERRORS[error]) return new CardTrouble(...LOGIN_ERRORS[error]);
  if (told === CANCELLED && error === ONE_TRY_LEFT) return new CardTrouble("pin-last");
  const shown = `${told.toString(16).toUpperCase()}${error ? `/${error.toString(16).toUpperCase()}` : ""}`;
  return new CardTrouble(CODES[told] ?? "failed", { code: shown });
}

// [{ name, state: "card" | "empty" | "unreadable", number, least, most, certificate }], as the component lists them.
export function readersIn(answer) {
  return (Array.isArray(answer.slots) ? answer.slots : []).map((slot) => {
    const token = slot.token;
    const name = String(slot.slotDescription ?? "").trim();
    if (!token) return { name, state: "empty" };
    if (typeof token !== "object") return { name, state: "unreadable" };
    const certificates = (Array.isArray(token.certs) ? token.certs : [])
      .filter((held) => !/CA Cert/.test(held.label ?? ""))
      .map((held) => readCertificate(held.certb64))
      .filter(Boolean);
    return {
      name,
      state: "card",
      number: String(token.serialNumber ?? "").trim(),
      least: Number(token.ulMinPinLen) || 0,
      most: Number(token.ulMaxPinLen) || 0,
      certificate: certificates.find((held) => held.signs) ?? null,
    };
  });
}

// What stands in the way of a card, as far as a page can tell; null when nothing does.
export function troubleWith(reader, kinds) {
  if (!reader) return new CardTrouble("no-reader");
  if (reader.state === "empty") return new CardTrouble("no-card");
  if (reader.state === "unreadable") return new CardTrouble("unreadable");
  const held = reader.certificate;
  if (!held) return new CardTrouble("no-certificate");
  if (held.kind && !kinds.includes(held.kind)) return new CardTrouble("wrong-kind");
  if (held.until < new Date()) return new CardTrouble("expired", { until: rocDate(held.until) });
  if (held.from > new Date()) return new CardTrouble("not-yet-valid");
  return null;
}

// { shape, signature, certificate, number, holder }: what goes to the portal, and what the page may show. A bare
// signature needs the certificate beside it; a PKCS#7 answer holds its own.
export function signatureIn(answer) {
  const signature = String(answer.signature ?? "").replace(/\s/g, "");
  const certificate = String(answer.certb64 ?? "").replace(/\s/g, "");
  const bare = !isSignedData(signature);
  return {
    shape: bare ? "pkcs1" : "pkcs7",
    signature,
    certificate: bare ? certificate : "",
    number: String(answer.cardSN ?? "").trim(),
    holder: readCertificate(certificate),
  };
}

function isSignedData(base64) {
  try {
    const begin = Array.from(fromBase64(base64.slice(0, 40)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return begin.startsWith("30") && begin.slice(0, 34).includes(SIGNED_DATA);
  } catch {
    return false;
  }
}

// 115/11/20, as everywhere in the portal.
export function rocDate(date) {
  const [year, month, day] = new Intl.DateTimeFormat("en-CA", {
    timeZone: "Asia/Taipei", year: "numeric", month: "2-digit", day: "2-digit",
  }).format(date).split("-");
  return `${Number(year) - 1911}/${month}/${day}`;
}

export function maskedNumber(number) {
  return number ? number.slice(0, 2) + "•".repeat(Math.max(0, number.length - 6)) + number.slice(-4) : "";
}
