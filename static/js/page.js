// What neither HTML nor htmx can do: focus, buttons that work once, text size without leaving a half-filled form.
if (window.htmx) document.documentElement.dataset.htmx = ""; // buttons that only serve without it may hide

const RECOVERS_AFTER = 10000; // a download never leaves the page, so its button comes back

function focusErrors(root) {
  const summary = root.querySelector("[data-error-summary]");
  if (summary) {
    summary.focus();
    summary.scrollIntoView({ block: "start" });
  }
  return summary;
}

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-working]")) {
    button.removeAttribute("data-working");
    button.removeAttribute("aria-disabled");
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter ?? form.querySelector("[type=submit]");
  button?.setAttribute("aria-disabled", "true"); // not `disabled`: its value must still be sent
  button?.setAttribute("data-working", "");
  window.setTimeout(release, RECOVERS_AFTER, form);
}, true);

window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest("form");
  if (form) release(form);
});

document.addEventListener("htmx:afterSettle", (event) => {
  const main = event.detail.target;
  if (!main || focusErrors(main) || main.id !== "main") return; // no target when the browser goes back
  const heading = main.querySelector("h1");
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
});

// What a page asks for by itself takes nothing away when it fails: not even when a proxy answers instead of the portal.
const background = (event) => Boolean(event.detail.requestConfig?.headers["X-Background"]);

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.isError && background(event)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:sendError", (event) => {
  if (background(event)) return;
  const told = document.getElementById("connection") ?? document.createElement("p");
  told.id = "connection";
  told.className = "notice notice-alert";
  told.setAttribute("role", "alert");
  told.textContent = "連線中斷，剛才的動作沒有送出。您填寫的內容都還在，請確認網路後再按一次。";
  (event.target.closest("form") ?? document.getElementById("main")).prepend(told);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!background(event)) document.getElementById("connection")?.remove();
});

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-text-size-form]") || event.defaultPrevented) return;
  event.preventDefault();
  const pressed = event.submitter;
  const body = new FormData(form, pressed);
  document.documentElement.dataset.textSize = pressed.value;
  for (const button of form.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button === pressed));
  }
  try {
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  } finally {
    release(form);
  }
});

// Printing is the browser's own; the button only saves the way to its menu.
function preparePrinting(root) {
  for (const button of root.querySelectorAll("[data-print]")) button.hidden = false;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
document.addEventListener("DOMContentLoaded", () => preparePrinting(document));

// After `load`, because a fragment in the address takes the focus away while the page loads; who has moved on by then is left alone.
window.addEventListener("load", () => requestAnimationFrame(() => navigator.userActivation?.hasBeenActive || focusErrors(document)));
