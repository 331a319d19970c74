// How the page tells what happened: a panel copied from the page's own templates, a line that is read out, and the
// keyboard where it is needed next.
const told = document.querySelector("[data-card-told]");
const status = document.querySelector("[data-card-status]");
const pin = document.querySelector("[data-card-pin]");
const pinError = document.querySelector("[data-card-pin-error]");

export function fill(root, values) {
  for (const place of root.querySelectorAll("[data-fill]")) {
    if (place.dataset.fill in values) place.textContent = values[place.dataset.fill];
  }
}

export function say(words) {
  status.textContent = words;
}

// Of what was said about an earlier try, here or by the portal.
export function forget() {
  told.replaceChildren();
  const outcome = document.getElementById("card-outcome");
  outcome.replaceChildren();
  for (const mark of ["data-refused", "data-shown"]) outcome.removeAttribute(mark);
  pinError.hidden = true;
  pinError.textContent = "";
  pin.removeAttribute("aria-invalid");
  document.getElementById("card-pin-field").classList.remove("field-wrong");
}

// `kind`: of the card that was read, if known: only its own office is shown then. `moves`: the keyboard goes there, too.
export function tell(trouble, kind, moves = true) {
  const found = document.querySelector(`template[data-trouble="${trouble.key}"]`);
  forget();
  say("");
  const panel = found.content.cloneNode(true);
  fill(panel, { origin: window.location.origin, ...trouble.values });
  for (const office of kind ? panel.querySelectorAll("[data-office]") : []) office.hidden = office.dataset.office !== kind;
  const title = panel.querySelector(".panel-title").textContent;
  told.replaceChildren(panel);
  if (!moves) say(title);
  else if (found.dataset.focus === "pin") mendPin(`${title}。`);
  else if (found.dataset.focus === "last-try") document.getElementById("card-last-try").focus();
  else told.focus();
  if (moves && document.activeElement !== told) told.scrollIntoView({ block: "nearest" });
}

function mendPin(words) {
  pinError.textContent = words;
  pinError.hidden = false;
  pin.setAttribute("aria-invalid", "true");
  document.getElementById("card-pin-field").classList.add("field-wrong");
  pin.focus();
}
