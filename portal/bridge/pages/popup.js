// One popup, one operation: say hello to the page that opened us, take its request, answer, close.
const OPERATIONS = { CheckEnvir: "pkcs11info", GetUserCert: "pkcs11info", MakeSignature: "sign", DecryptData: "decrypt" };
const PURPOSES = { login: "登入", bind: "綁定憑證", stepup: "再次確認身分", check: "讀卡環境檢測" };
const FAILED = 0x7600000d, UNSUPPORTED = 0x7600000e, CANCELLED = 0x76000999;
const page = { window: window.opener, origin: null, func: null, answered: false };

function answer(text) {
  if (page.answered) return;
  page.answered = true;
  if (page.origin !== "null") page.window.postMessage(text, page.origin);
  setTimeout(() => window.close(), 100);  // a message of a window that is gone has no source to be known by
}

function trouble(code) {
  answer(JSON.stringify({ func: page.func, ret_code: code, last_error: 0, message: "", message2: "" }));
}

// The page encodes what it sends, because the official popup puts it into a form body as it is.
function plain(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

const packed = (request) => "tbsPackage=" + encodeURIComponent(JSON.stringify(request));

function purpose(tbs) {
  try {
    const part = tbs.split(".")[2].replace(/-/g, "+").replace(/_/g, "/");
    return PURPOSES[JSON.parse(atob(part)).op] || "驗證身分";
  } catch { return "驗證身分"; }
}

async function sign(request) {
  by("status").textContent = "卡片正在簽章，請不要取出卡片…";
  by("consent").hidden = true;
  const body = packed(request);
  delete request.pin;
  answer(await ask("/sign", body, page.origin));
}

function show(request, card) {
  by("origin").textContent = page.origin;
  by("purpose").textContent = purpose(request.tbs);
  by("holder").textContent = card.holder;
  by("reader").textContent = card.reader;
  by("tbs").textContent = request.tbs;
  by("facts").hidden = false;
}

function warn(triesLeft) {
  if (triesLeft === null || triesLeft > 2) return;
  by("tries").textContent = triesLeft === 1
    ? "只剩最後 1 次機會：密碼再錯一次，卡片就會鎖住。"
    : "先前輸入的密碼不正確，還可以再試 " + triesLeft + " 次。";
  by("tries").hidden = false;
}

function problem(text) {
  by("pin-error").textContent = text;
  return text !== "";
}

function askPerson(request, card) {
  const lastTry = card.triesLeft === 1, withPin = !request.pin;
  by("status").textContent = withPin ? "請輸入憑證卡片密碼。" : "請確認是否繼續。";
  warn(card.triesLeft);
  by("pin-field").hidden = !withPin;
  by("last-try").hidden = !lastTry;
  by("consent").hidden = false;
  by("consent").addEventListener("submit", (event) => {
    event.preventDefault();
    if (lastTry && !by("last-try-confirmed").checked) {
      by("last-try-confirmed").focus();
      return;
    }
    if (withPin) {
      const length = new TextEncoder().encode(by("pin").value).length;
      const least = Math.max(card.minPin, 1);
      if (problem(length < least || length > card.maxPin ? "密碼的長度應為 " + least + " 至 " + card.maxPin + " 個字元。" : "")) {
        by("pin").focus();
        return;
      }
      request.pin = by("pin").value;
      by("pin").value = "";
    }
    if (lastTry) request.lastTryConfirmed = "true";
    sign(request).catch(() => trouble(FAILED));
  });
  by("cancel").addEventListener("click", () => trouble(CANCELLED));
  try { window.resizeTo(460, 620); } catch { /* a tab keeps its size */ }
  by(withPin ? "pin" : "last-try-confirmed").focus();
}

async function makeSignature(request) {
  request.tbs = plain(String(request.tbs || ""));
  delete request.lastTryConfirmed;
  if (request.pin === "__NotExistedTag__") delete request.pin;
  if (request.pin) request.pin = plain(String(request.pin));
  const text = await ask("/prepare", packed({ ...request, pin: "" }), page.origin);
  const card = JSON.parse(text);
  if (card.ret_code !== 0 || card.triesLeft === 0) {
    answer(card.ret_code !== 0 ? text : locked());
    return;
  }
  show(request, card);
  if (request.pin && card.triesLeft !== 1) await sign(request);
  else askPerson(request, card);
}

function locked() {
  return JSON.stringify({ func: "sign", ret_code: 0x76100006, last_error: 0xa4, message: "", message2: "" });
}

async function work(request) {
  page.func = OPERATIONS[request.func] || String(request.func);
  by("status").textContent = "正在讀取卡片…";
  if (request.func === "CheckEnvir") answer(await ask("/pkcs11info", "", page.origin));
  else if (request.func === "GetUserCert") answer(await ask("/pkcs11info?withcert=true", "", page.origin));
  else if (request.func === "MakeSignature") await makeSignature(request);
  else trouble(UNSUPPORTED);
}

function hear(event) {
  if (event.source !== page.window || page.origin !== null || typeof event.data !== "string") return;
  let request;
  try { request = JSON.parse(event.data); } catch { return; }
  if (request === null || typeof request !== "object" || typeof request.func !== "string") return;
  page.origin = event.origin;
  work(request).catch(() => trouble(FAILED));
}

if (page.window) {
  window.addEventListener("message", hear);
  page.window.postMessage('{"func":"getTbs"}', "*");
} else {
  by("status").textContent = "這個視窗由網站開啟，用來讀取憑證卡片。請回到網站，再按一次按鈕。";
}
