// 讀卡環境檢測: marks each of the five steps as the card's page goes along.
import { fill } from "./card_telling.js";
import { maskedNumber, rocDate } from "./card_answers.js";

const STEPS = ["component", "reader", "card", "certificate", "signature"];
const MARKS = { waiting: "", good: "✓", bad: "!" };
const FAILS_AT = {
  "no-reader": "reader",
  "no-card": "card",
  unreadable: "card",
  "no-certificate": "certificate",
  "wrong-kind": "certificate",
  expired: "certificate",
  "not-yet-valid": "certificate",
  "pin-missing": "signature",
  "pin-length": "signature",
  "pin-wrong": "signature",
  "pin-unsure": "signature",
  "pin-last": "signature",
  locked: "signature",
};
const SAYS_NOTHING = ["cancelled", "late", "stale", "last-try-unticked", "blocked", "signed-out"]; // of the PC or the card

function mark(step, state, detail = "") {
  const item = document.querySelector(`[data-card-step="${step}"]`);
  item.dataset.state = state;
  item.querySelector("[data-mark]").textContent = MARKS[state] || String(STEPS.indexOf(step) + 1);
  for (const words of item.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== state;
  if (state === "good") fill(item, { detail });
}

document.addEventListener("card:readers", ({ detail: { answer, readers, chosen } }) => {
  STEPS.forEach((step) => mark(step, "waiting"));
  mark("component", "good", answer.serverVersion ? `（版本 ${answer.serverVersion}）` : "");
  if (readers.length) mark("reader", "good", readers.map((reader) => reader.name).join("、"));
  if (!chosen) return;
  mark("card", "good", maskedNumber(chosen.number) || "（讀卡元件沒有提供卡號）");
  if (chosen.certificate) mark("certificate", "good", `${chosen.certificate.name}，${rocDate(chosen.certificate.until)} 到期`);
});

document.addEventListener("card:trouble", ({ detail: { key } }) => {
  if (SAYS_NOTHING.includes(key)) return;
  const failed = FAILS_AT[key] ?? "component";
  mark(failed, "bad");
  for (const later of STEPS.slice(STEPS.indexOf(failed) + 1)) mark(later, "waiting");
  const component = document.querySelector('[data-card-step="component"]');
  if (failed !== "component" && component.dataset.state !== "good") mark("component", "good"); // its version stays
});

document.addEventListener("card:outcome", ({ detail: { refused } }) => mark("signature", refused ? "bad" : "good"));

STEPS.forEach((step) => mark(step, "waiting"));
