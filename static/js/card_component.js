// The conversation with the reader component on this PC: a popup of the component's own, one operation each.
const COMPONENT = "http://localhost:61161";
const HELLO_WITHIN = 3500; // a component that is there says hello at once
const ANSWER_WITHIN = 170000; // reading a card may take its time
const LOOKS_EVERY = 400;
const LAST_WORDS_WITHIN = 800; // a popup that closes itself may have answered just before

export class CardTrouble extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

// To be called in the click itself, or the browser blocks the popup. `request()` gives the fields at the moment the
// component asks for them, so that a PIN is read as late as can be. `within`: milliseconds after which nobody needs the
// answer any more, and the trouble that is told then. Rejects with CardTrouble.
export function askComponent(request, within = ANSWER_WITHIN, tooLate = "silent") {
  const popup = window.open(`${COMPONENT}/popupForm`, "card-component", "popup,height=620,width=460,left=100,top=60");
  if (!popup || popup.closed) return Promise.reject(new CardTrouble("blocked"));
  return new Promise((resolve, reject) => {
    const talk = { popup, request, greeted: false, resolve, reject };
    const hear = (event) => listen(talk, event);
    talk.end = () => {
      window.removeEventListener("message", hear);
      for (const timer of [talk.hello, talk.answer, talk.lastWords]) clearTimeout(timer);
      clearInterval(talk.watch);
      popup.close();
    };
    talk.hello = setTimeout(() => give(talk, "missing"), HELLO_WITHIN);
    talk.answer = setTimeout(() => give(talk, tooLate), within);
    talk.watch = setInterval(() => look(talk), LOOKS_EVERY);
    window.addEventListener("message", hear);
  });
}

function give(talk, key) {
  talk.end();
  talk.reject(new CardTrouble(key));
}

function listen(talk, event) {
  if (event.origin !== COMPONENT || event.source !== talk.popup || typeof event.data !== "string") return;
  const told = parsed(event.data);
  if (told?.func === "getTbs") {
    if (!talk.greeted) begin(talk);
  } else if (talk.greeted && told && "ret_code" in told) {
    talk.end();
    talk.resolve(told);
  }
}

// Closed before it answered: by the person, whether or not the component had said hello.
function look(talk) {
  if (!talk.popup.closed) return;
  clearInterval(talk.watch);
  clearTimeout(talk.hello);
  talk.lastWords = setTimeout(() => give(talk, "cancelled"), LAST_WORDS_WITHIN);
}

function begin(talk) {
  talk.greeted = true;
  clearTimeout(talk.hello);
  talk.popup.postMessage(JSON.stringify(talk.request()), COMPONENT);
}

function parsed(text) {
  try {
    const told = JSON.parse(text);
    return typeof told === "object" ? told : null;
  } catch {
    return null; // browser extensions talk, too
  }
}
