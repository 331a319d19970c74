// The text that a card is asked to sign. It must be there before the click, so the page always keeps a fresh one;
// the server says for how many seconds it is good, and the PC's own clock may be as wrong as it likes.
const LOOKS_EVERY = 5000;
const SPARE = { login: 30, check: 30, stepup: 30, bind: 60 }; // seconds that must be left: whoever binds reads first
const ASKS_AGAIN_AFTER = 10000;
let asked = 0;

const form = () => document.getElementById("card-challenge");

function arrived() {
  const now = form();
  if (!now?.dataset.seconds || now.dataset.until) return;
  now.dataset.until = String(Date.now() + Number(now.dataset.seconds) * 1000);
}

function secondsLeft(held) {
  return held?.dataset.until ? (Number(held.dataset.until) - Date.now()) / 1000 : 0;
}

// { text, until }; null when it is too old to be signed, or not there yet.
export function freshChallenge(purpose) {
  arrived();
  const held = form();
  const enough = secondsLeft(held) > SPARE[purpose] / 2;
  return enough ? { text: held.dataset.challenge, until: Number(held.dataset.until) } : null;
}

export function signedOut() {
  return form()?.hasAttribute("data-signed-out") ?? false;
}

export function renewChallenge() {
  asked = Date.now();
  form()?.dispatchEvent(new Event("card-renew"));
}

// Hidden pages ask for nothing; they catch up when somebody comes back.
export function keepChallenge(purpose) {
  const look = () => {
    arrived();
    if (document.hidden || !form() || signedOut() || Date.now() - asked < ASKS_AGAIN_AFTER) return;
    if (secondsLeft(form()) < SPARE[purpose]) renewChallenge();
  };
  document.addEventListener("htmx:afterSwap", arrived);
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOKS_EVERY);
  look();
}
