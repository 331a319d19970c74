// Warns before an idle session ends, and lets a keyboard user go on. Other tabs of the same person are heard.

const dialog = document.querySelector("[data-session]");
const form = dialog.querySelector("[data-session-extend]");
const text = dialog.querySelector("[data-session-text]");
const limit = Number(dialog.dataset.idle) * 1000;
const warning = Math.min(120000, limit / 2);
const tabs = new BroadcastChannel("portal-session");
let seen = Date.now();

function alive(tell = true) {
  seen = Date.now();
  if (dialog.open) dialog.close();
  if (tell) tabs.postMessage("alive");
}

function look() {
  const left = seen + limit - Date.now();
  if (left > warning) return;
  if (!dialog.open) dialog.showModal();
  if (left > 0) {
    text.textContent = left > 60000
      ? "您有一段時間沒有動作了。為了保護資料，兩分鐘內會自動登出。"
      : "一分鐘內會自動登出。";
  } else {
    text.textContent = "已自動登出。您填寫的內容還在這一頁，請另開分頁登入，再回來送出。";
    form.hidden = true;
    clearInterval(watch);
  }
}

async function extend() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
  if (answer.status === 204) alive();
  else window.location.reload();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  extend().finally(() => delete form.dataset.sent);
});
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (!form.hidden) extend();
  else dialog.close();
});
tabs.addEventListener("message", () => alive(false));
document.addEventListener("htmx:afterRequest", (event) => {
  if (!event.detail.requestConfig?.headers["X-Background"]) alive(); // what a page does by itself prolongs nothing
});
const watch = setInterval(look, 5000);
alive();
