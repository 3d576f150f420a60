"use strict";
// Who is at the page, and what they answer: the token and the name, acknowledgements, decisions.

const kNameKey = "tightrope.name";    // kept on this device
const kTokenKey = "tightrope.token";  // kept until the tab is closed
const kMinutesToChange = 10;          // the engine takes a replacement for so long
const byId = (id) => document.getElementById(id);

// Storage may be forbidden; then things are remembered until the page is left.
const remembered = {};
function recall(storage, key) {
  try { return window[storage].getItem(key) || ""; } catch { return remembered[key] || ""; }
}
function remember(storage, key, value) {
  remembered[key] = value;
  try { window[storage].setItem(key, value); } catch { /* remembered above */ }
}

const personName = () => recall("localStorage", kNameKey);

class TokenNeeded extends Error {}

// Gives the answer's `data`; throws with the words of the API.
async function ask(url, body) {
  const headers = {};
  const token = recall("sessionStorage", kTokenKey);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(url, body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers });
  if (response.status === 401) throw new TokenNeeded(token ? "the token was not accepted" : "a token is needed");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer.data;
}

function showName() {
  byId("who").textContent = personName() ? `You are ${personName()}` : "Who are you?";
}

// Times that people put things off to, by the clock of this device.
function laterTimes() {
  const at = (days, hour) => {
    const time = new Date();
    time.setDate(time.getDate() + days);
    time.setHours(hour, 0, 0, 0);
    return time;
  };
  const inMinutes = (minutes) => new Date(Date.now() + minutes * 60000);
  const times = [["in 30 minutes", inMinutes(30)], ["in 2 hours", inMinutes(120)], ["today at 18:00", at(0, 18)],
    ["tomorrow at 8:00", at(1, 8)], ["in a week, at 8:00", at(7, 8)]];
  return times.filter(([, time]) => time > inMinutes(5));
}

// Asks for what `wanted` lists besides the name; gives {by, until?, reason?}, or null when it was cancelled.
function askPerson(title, about, send, wanted) {
  const dialog = byId("answer");
  byId("answer-title").textContent = title;
  byId("answer-about").textContent = about;
  byId("answer-send").textContent = send;
  byId("answer-by").value = personName();
  byId("answer-until-label").hidden = !wanted.until;
  byId("answer-until").replaceChildren(...laterTimes().map(([text, time]) => new Option(text, time.toISOString())));
  byId("answer-reason-label").hidden = !wanted.reason;
  byId("answer-reason-title").textContent = wanted.reason || "";
  byId("answer-reason").value = "";
  return new Promise((resolve) => {
    const closed = () => {
      const by = byId("answer-by").value.trim();
      if (dialog.returnValue !== "send" || !by) return resolve(null);
      remember("localStorage", kNameKey, by);
      showName();
      const answer = { by };
      if (wanted.until) answer.until = byId("answer-until").value;
      if (wanted.reason && byId("answer-reason").value.trim()) answer.reason = byId("answer-reason").value.trim();
      resolve(answer);
    };
    dialog.returnValue = "";
    dialog.addEventListener("close", closed, { once: true });
    dialog.showModal();
    byId(personName() && wanted.reason ? "answer-reason" : "answer-by").focus();
  });
}

// One tap once the name is known and nothing else has to be said.
async function personAnswers(title, about, send, wanted) {
  if (personName() && !wanted.until && !wanted.reason) return { by: personName() };
  return askPerson(title, about, send, wanted);
}

// Why an answer was not taken, by the id of what it was for: it stays when the page is shown afresh.
const refusals = new Map();

function answerNote(id) {
  const note = element("p", "wrong small", refusals.get(id) || "");
  note.setAttribute("role", "alert");
  note.dataset.id = id;
  return note;
}

// A button that posts what `makeBody` gives to `url`, then shows the page afresh. `note` takes what went wrong.
function answerButton(label, className, url, note, makeBody) {
  const button = element("button", className, label);
  button.type = "button";
  button.addEventListener("click", async () => {
    const body = await makeBody();
    if (!body) return;
    refusals.delete(note.dataset.id);
    note.textContent = "";
    const buttons = [...button.parentElement.querySelectorAll("button")];
    for (const one of buttons) one.disabled = true;
    try {
      await ask(url, body);
      changing.clear();
      await refresh();
    } catch (error) {
      refusals.set(note.dataset.id, `Not taken: ${error.message}`);
      note.textContent = refusals.get(note.dataset.id);
      for (const one of buttons) one.disabled = false;
    }
  });
  return button;
}

function acknowledgeButton(alert, note) {
  return answerButton("I am on it", "", `/api/v1/alerts/${encodeURIComponent(alert.id)}/ack`, note,
    () => personAnswers("I am on it", alert.text.what, "I am on it", {}));
}

function decisionButtons(recommendation, note) {
  const url = `/api/v1/recommendations/${encodeURIComponent(recommendation.id)}/decision`;
  const decide = (decision, title, wanted) => async () => {
    const answer = await personAnswers(title, recommendation.text, title, wanted);
    return answer && { decision, ...answer };
  };
  return element("div", "buttons",
    answerButton("Did it", "main", url, note, decide("did", "Did it", {})),
    answerButton("Later", "", url, note, decide("later", "Later", { until: true })),
    answerButton("Decline", "", url, note, decide("declined", "Decline", { reason: "Why not?" })));
}

// Recommendations whose decision is being changed: their buttons are shown again.
const changing = new Set();

function changeButton(recommendation) {
  const button = element("button", "plain small", "Change");
  button.type = "button";
  button.addEventListener("click", () => {
    changing.add(recommendation.id);
    refresh();
  });
  return button;
}

const mayChange = (recommendation) => recommendation.decidedAt !== null &&
  Date.now() - Date.parse(recommendation.decidedAt) < kMinutesToChange * 60000;

byId("who").addEventListener("click", () => askPerson("Who are you?",
  "The name that your acknowledgements and decisions carry. It is kept on this device.", "Keep it", {}));
byId("answer").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  byId("answer").close("send");
});
byId("answer-cancel").addEventListener("click", () => byId("answer").close(""));
byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  remember("sessionStorage", kTokenKey, byId("token").value.trim());
  byId("token").value = "";
  refresh();
});
showName();
