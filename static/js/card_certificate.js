// Reads from a certificate what the page shows beside a card. Nothing is decided by it: the portal verifies for itself.
const COMMON_NAME = "550403", ORGANIZATION = "55040a", UNIT = "55040b", KEY_USAGE = "551d0f";
const KINDS = { 內政部憑證管理中心: "moica", 工商憑證管理中心: "moeaca", 醫事憑證管理中心: "hca" };
const TEXTS = { 0x0c: "utf-8", 0x13: "utf-8", 0x14: "utf-8", 0x16: "utf-8", 0x1e: "utf-16be" };

// The parts of a DER value, one after the other.
function parts(bytes) {
  const found = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at];
    let length = bytes[at + 1], begin = at + 2;
    if (length > 0x80) {
      const count = length & 0x7f;
      length = bytes.slice(begin, begin + count).reduce((sum, byte) => sum * 256 + byte, 0);
      begin += count;
    }
    found.push({ tag, value: bytes.slice(begin, begin + length) });
    at = begin + length;
  }
  return found;
}

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// Kind of name part → text, of a subject or an issuer.
function names(bytes) {
  const found = {};
  for (const set of parts(bytes)) {
    for (const pair of parts(set.value)) {
      const [kind, text] = parts(pair.value);
      found[hex(kind.value)] ??= new TextDecoder(TEXTS[text.tag] ?? "utf-8").decode(text.value);
    }
  }
  return found;
}

function moment({ tag, value }) {
  const digits = new TextDecoder().decode(value);
  const whole = tag === 0x17 ? `${digits < "5" ? "20" : "19"}${digits}` : digits;
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(whole);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second));
}

// Whether the certificate is made for signing; one that does not say so is.
function signs(fields) {
  const last = fields.at(-1);
  if (last.tag !== 0xa3) return true;
  for (const extension of parts(parts(last.value)[0].value)) {
    const [kind, ...rest] = parts(extension.value);
    if (hex(kind.value) === KEY_USAGE) return Boolean(parts(rest.at(-1).value)[0].value[1] & 0x80);
  }
  return true;
}

function kindOf(issuer) {
  const words = Object.values(issuer).join(" ");
  const known = Object.keys(KINDS).find((name) => words.includes(name));
  return known ? KINDS[known] : null;
}

export function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

// { name, kind, from, until, signs }; null for what is no certificate.
export function readCertificate(base64) {
  try {
    let fields = parts(parts(parts(fromBase64(base64))[0].value)[0].value);
    if (fields[0].tag === 0xa0) fields = fields.slice(1); // the version
    const [from, until] = parts(fields[3].value).map(moment);
    const subject = names(fields[4].value);
    return {
      name: subject[COMMON_NAME] ?? subject[ORGANIZATION] ?? subject[UNIT] ?? "",
      kind: kindOf(names(fields[2].value)),
      from,
      until,
      signs: signs(fields),
    };
  } catch {
    return null;
  }
}
