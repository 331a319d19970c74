// Pages with a card: list the readers, have a challenge signed, send the answer. The PIN goes from its field straight to
// the component on this PC; it is in no form, is kept in no variable, and never comes near a request to the portal.
import { maskedNumber, readersIn, rocDate, signatureIn, troubleOf, troubleWith } from "./card_answers.js";
import { freshChallenge, keepChallenge, renewChallenge, signedOut } from "./card_challenge.js";
import { askComponent, CardTrouble } from "./card_component.js";
import { fill, forget, say, tell } from "./card_telling.js";

const KIND_NAMES = { moica: "自然人憑證", moeaca: "工商憑證", hca: "醫事人員卡" };
const desk = document.querySelector("[data-card-desk]");
const [list, facts, pin, lastTry] = ["reader", "facts", "pin", "last-try"].map((part) => desk.querySelector(`[data-card-${part}]`));
const buttons = { detect: desk.querySelector("[data-card-detect]"), sign: desk.querySelector("[data-card-sign]") };
const { purpose } = desk.dataset;
const kinds = desk.dataset.profiles.split(" ");
const page = { answer: null, readers: [], shape: "PKCS7", wrong: 0, number: "", busy: false };

const chosen = () => page.readers.find((reader) => reader.name === list.value) ?? page.readers.find((reader) => reader.state === "card");

function announce(name, detail = {}) {
  return document.dispatchEvent(new CustomEvent(`card:${name}`, { detail, cancelable: true }));
}

function trouble(found, moves = true) {
  const known = found instanceof CardTrouble ? found : new CardTrouble("failed", { code: "—" });
  tell(known, chosen()?.certificate?.kind, moves);
  announce("trouble", { key: known.key });
}

async function converse(button, words, request, ...patience) {
  page.busy = true;
  const answer = askComponent(request, ...patience); // in the click: nothing may be awaited before
  forget();
  say(words);
  for (const each of Object.values(buttons)) each.setAttribute("aria-disabled", "true");
  button.setAttribute("data-working", "");
  try {
    return await answer;
  } finally {
    page.busy = false;
    for (const each of Object.values(buttons)) each.removeAttribute("aria-disabled");
    button.removeAttribute("data-working");
    say("");
  }
}

// ---- readers and cards

async function detect() {
  try {
    const answer = await converse(buttons.detect, "正在偵測讀卡機和卡片，請稍候。", () => ({ func: "GetUserCert" }));
    const found = troubleOf(answer);
    if (found) throw found;
    page.answer = answer;
    page.readers = readersIn(answer);
    listReaders();
    const standing = lookAround();
    if (standing) throw standing;
    say(`讀到卡片：${describe(chosen())}`);
    pin.focus();
  } catch (found) {
    trouble(found);
  }
}

// What stands in the way of the chosen card, or of there being one.
function lookAround() {
  const { answer, readers } = page;
  announce("readers", { answer, readers, chosen: chosen() });
  return troubleWith(chosen() ?? readers[0], kinds);
}

function listReaders() {
  const words = { empty: "沒有卡片", unreadable: "讀不到卡片" };
  const options = page.readers.map((reader) => {
    const option = new Option(`${reader.name}：${words[reader.state] ?? describe(reader)}`, reader.name);
    option.disabled = reader.state !== "card";
    return option;
  });
  const usable = page.readers.filter((reader) => reader.state === "card");
  list.replaceChildren(...(usable.length ? [] : [list.options[0]]), ...options);
  list.value = (usable.find((reader) => !troubleWith(reader, kinds)) ?? usable[0])?.name ?? "";
  lookAtCard();
}

// Another card starts with all its tries; the same one keeps its warning.
function lookAtCard() {
  const card = chosen();
  if (page.number && card && card.number !== page.number) {
    page.wrong = 0;
    confirmLastTry(false);
  }
  page.number = card?.number ?? page.number;
  showFacts();
}

// Somebody goes through the list: what was said about another card goes, and the keyboard stays where it is.
function choose() {
  lookAtCard();
  forget();
  say("");
  const standing = lookAround();
  if (standing) trouble(standing, false);
}

function describe(reader) {
  const held = reader.certificate;
  return held ? `${KIND_NAMES[held.kind] ?? "憑證"} ${held.name}` : `卡片 ${maskedNumber(reader.number)}`;
}

function showFacts() {
  const held = chosen()?.certificate;
  facts.hidden = !held;
  if (held) fill(facts, { name: held.name, kind: KIND_NAMES[held.kind] ?? "無法辨識", until: rocDate(held.until) });
}

// ---- signing

function request(challenge) {
  const asked = {
    func: "MakeSignature",
    signatureType: page.shape,
    tbs: challenge.text,
    tbsEncoding: "NONE",
    hashAlgorithm: "SHA256",
    withCardSN: "true",
    nonce: "",
    pin: encodeURIComponent(pin.value),
  };
  clearPin();
  if (list.value) asked.slotDescription = list.value;
  return asked;
}

function clearPin() {
  pin.value = "";
  const shown = desk.querySelector("[data-password-show][aria-pressed=true]");
  shown?.click(); // hidden again for the next time
}

function notYet() {
  if (signedOut()) return new CardTrouble("signed-out");
  const card = chosen();
  const length = new TextEncoder().encode(pin.value).length;
  if (length && card?.most && (length < card.least || length > card.most)) {
    return new CardTrouble("pin-length", { least: card.least, most: card.most });
  }
  if (!lastTry.hidden && !lastTry.querySelector("input").checked) return new CardTrouble("last-try-unticked");
  return null;
}

async function sign() {
  const challenge = freshChallenge(purpose);
  const inTheWay = notYet() ?? (challenge ? null : new CardTrouble("stale"));
  if (inTheWay) {
    if (inTheWay.key === "stale") renewChallenge();
    trouble(inTheWay);
    return;
  }
  try {
    const words = desk.dataset.waiting ?? "正在等候卡片簽章，請不要取出卡片。";
    const answer = await converse(buttons.sign, words, () => request(challenge), challenge.within, "late");
    const found = troubleOf(answer);
    if (found) throw counted(found);
    page.wrong = 0;
    confirmLastTry(false);
    send(challenge, signatureIn(answer));
  } catch (found) {
    trouble(found);
  }
}

// Some cards do not tell how many tries are left: then the page counts what it has seen itself.
function counted(found) {
  if (found.key === "unsupported") page.shape = page.shape === "PKCS7" ? "PKCS1" : "PKCS7";
  if (!["pin-unsure", "pin-wrong", "pin-last", "locked"].includes(found.key)) return found;
  page.wrong = found.key === "pin-last" ? 2 : page.wrong + 1;
  const last = found.key === "pin-last" || (found.key === "pin-unsure" && page.wrong >= 2);
  confirmLastTry(last);
  return last ? new CardTrouble("pin-last") : new CardTrouble(found.key, { ...found.values, wrong: page.wrong });
}

function confirmLastTry(needed) {
  lastTry.hidden = !needed;
  lastTry.querySelector("input").checked = false;
}

function send(challenge, signed) {
  const form = document.getElementById("card-answer");
  const values = { challenge: challenge.text, shape: signed.shape, signature: signed.signature, certificate: signed.certificate };
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  const holder = signed.holder ?? chosen()?.certificate;
  const detail = {
    name: holder?.name ?? "",
    kind: holder ? (KIND_NAMES[holder.kind] ?? "無法辨識") : "",
    until: holder ? rocDate(holder.until) : "",
    number: maskedNumber(signed.number || chosen()?.number || "") || "讀卡元件沒有提供",
    deadline: challenge.until,
  };
  if (!announce("signed", detail)) return; // the page asks once more before it sends
  say("卡片已簽章，正在由本站驗證。");
  form.requestSubmit();
}

// ---- the page

function begin() {
  document.querySelector("[data-card-without]").hidden = true;
  if (onTheMove()) {
    tell(new CardTrouble("mobile"));
    return;
  }
  desk.hidden = false;
  keepChallenge(desk);
  buttons.detect.addEventListener("click", () => page.busy || detect());
  buttons.sign.addEventListener("click", () => page.busy || sign());
  list.addEventListener("change", choose);
  pin.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && !page.busy) sign();
  });
  window.addEventListener("pagehide", () => { pin.value = ""; });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "card-answer") return;
    say("");
    if (event.detail.xhr.getResponseHeader("HX-Redirect")) return; // the page is left
    renewChallenge(); // the old one is used up, whatever came of it
    const outcome = document.getElementById("card-outcome");
    if (outcome?.matches("[data-refused], [data-shown]")) outcome.focus();
    announce("outcome", { refused: outcome?.hasAttribute("data-refused") ?? true });
  });
}

function onTheMove() {
  const tablet = /Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1;
  return tablet || navigator.userAgentData?.mobile || /Android|iPhone|iPad|iPod/.test(navigator.userAgent);
}

if (window.htmx) document.addEventListener("DOMContentLoaded", begin);
