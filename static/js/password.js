// Password fields: rules that tick while one types, show and hide, and a generator. All of it works without, too.
const KINDS = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnpqrstuvwxyz", "23456789"]; // no look-alikes

function below(limit) {
  const fair = Math.floor(0x100000000 / limit) * limit;
  const box = new Uint32Array(1);
  do crypto.getRandomValues(box); while (box[0] >= fair);
  return box[0] % limit;
}

function pick(letters) {
  return letters[below(letters.length)];
}

function generate(length, symbols) {
  const kinds = symbols ? [...KINDS, symbols] : KINDS;
  const letters = kinds.map(pick);
  while (letters.length < length) letters.push(pick(kinds.join("")));
  for (let last = letters.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [letters[last], letters[other]] = [letters[other], letters[last]];
  }
  return letters.join("");
}

function tick(field) {
  const value = field.querySelector("input").value;
  for (const rule of field.querySelectorAll("[data-pattern]")) {
    const state = value === "" ? "" : new RegExp(rule.dataset.pattern).test(value) ? "kept" : "broken";
    rule.dataset.state = state;
    rule.querySelector(".rule-mark").textContent = { kept: "✓", broken: "✗" }[state] ?? "•";
    rule.querySelector("[data-rule-state]").textContent = { kept: "（符合）", broken: "（尚未符合）" }[state] ?? "";
  }
}

function show(field, visible) {
  const button = field.querySelector("[data-password-show]");
  field.querySelector("input").type = visible ? "text" : "password";
  button.textContent = visible ? "隱藏" : "顯示";
  button.setAttribute("aria-pressed", String(visible));
}

function prepare(root) {
  for (const field of root.querySelectorAll("[data-password]")) {
    field.querySelector("[data-password-show]").hidden = false;
    const button = field.querySelector("[data-password-generate]");
    if (button) button.hidden = false;
    tick(field);
  }
}

document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-password]");
  if (field) tick(field);
});

document.addEventListener("click", (event) => {
  const field = event.target.closest("[data-password]");
  if (!field) return;
  if (event.target.closest("[data-password-show]")) {
    show(field, field.querySelector("input").type === "password");
  }
  const button = event.target.closest("[data-password-generate]");
  if (!button) return;
  const twin = document.getElementById(button.dataset.twin ?? "");
  const made = generate(Number(button.dataset.length), button.dataset.symbols);
  for (const input of [field.querySelector("input"), twin]) if (input) input.value = made;
  show(field, true);
  tick(field);
  field.querySelector("[data-password-told]").textContent = twin
    ? "已產生密碼並填入兩個欄位，請先記下來再送出。"
    : "已產生密碼，請先記下來再送出。";
});

// What is shown is hidden again before it is sent, so that the browser offers to keep it as a password.
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-password]").forEach((field) => show(field, false));
}, true);

document.addEventListener("DOMContentLoaded", () => prepare(document));
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
