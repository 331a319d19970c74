// The text that a card is asked to sign. It must be there before the click, so the page always keeps a fresh one;
// the server says for how many seconds it is good, and the PC's own clock may be as wrong as it likes.
const LOOKS_EVERY = 5000;
const ASKS_AGAIN_AFTER = 10000;
const LATEST = (LOOKS_EVERY + ASKS_AGAIN_AFTER) / 1000;
const AT_THE_DESK = 100; // seconds that are left when somebody comes to type or press: they may have to look for the PIN
// `kept`: what a page that is looked at always has left; `after`: what is needed once the card has signed.
const SIGN_IN = { kept: 60, after: 5 };
const NEEDS = { login: SIGN_IN, check: SIGN_IN, stepup: SIGN_IN, bind: { kept: 90, after: 35 } }; // who binds reads first
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

// { text, until, within }: the text, when it ends, and for how many milliseconds it is of use to wait for the card.
// Null when it is too old to be signed, or not there yet.
export function freshChallenge(purpose) {
  arrived();
  const held = form(), left = secondsLeft(held);
  const { kept, after } = NEEDS[purpose];
  if (left < kept - LATEST) return null;
  const within = (left - after) * 1000;
  return { text: held.dataset.challenge, until: Number(held.dataset.until), within };
}

export function signedOut() {
  return form()?.hasAttribute("data-signed-out") ?? false;
}

export function renewChallenge() {
  asked = Date.now();
  form()?.dispatchEvent(new Event("card-renew"));
}

// Hidden pages ask for nothing; they catch up when somebody comes back.
export function keepChallenge(desk) {
  const { kept } = NEEDS[desk.dataset.purpose];
  const look = (wanted) => {
    arrived();
    if (document.hidden || !form() || signedOut() || Date.now() - asked < ASKS_AGAIN_AFTER) return;
    if (secondsLeft(form()) < wanted) renewChallenge();
  };
  document.addEventListener("htmx:afterSwap", arrived);
  document.addEventListener("visibilitychange", () => look(kept));
  for (const kind of ["focusin", "pointerover"]) desk.addEventListener(kind, () => look(AT_THE_DESK));
  setInterval(look, LOOKS_EVERY, kept);
  look(kept);
}
