"use strict";
// Shows what the API says. Everything from outside becomes text, never markup.

const kRefreshSeconds = 15;
const byId = (id) => document.getElementById(id);

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) if (child !== null && child !== "") made.append(child);
  return made;
}

const money = (value, currency) =>
  value === null ? "n/a" : `${value.toLocaleString(undefined, { maximumFractionDigits: value < 100 ? 2 : 0 })} ${currency}`;
const percent = (value) => (value === null ? "n/a" : `${(value * 100).toFixed(0)} %`);
const path = (entity) => Object.values(entity).join(" / ");

function age(seconds) {
  if (seconds === null) return "no figures yet";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

async function ask(url, body) {
  const options = body && {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  };
  const response = await fetch(url, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer.data;
}

function decisionButton(label, recommendation, note, makeBody) {
  const button = element("button", label === "Did it" ? "main" : "", label);
  button.type = "button";
  button.addEventListener("click", async () => {
    const body = makeBody();
    if (!body) return;
    const buttons = button.parentElement.querySelectorAll("button");
    for (const one of buttons) one.disabled = true;
    try {
      await ask(`/api/v1/recommendations/${encodeURIComponent(recommendation.id)}/decision`, body);
      await refresh();
    } catch (error) {
      note.textContent = `Not taken: ${error.message}`;
      for (const one of buttons) one.disabled = false;
    }
  });
  return button;
}

function recommendationView(recommendation, currency) {
  const facts = [`${money(recommendation.worthPerDay, currency)} a day`, `${Math.round(recommendation.effortSeconds / 60)} min`];
  if (recommendation.owner) facts.push(recommendation.owner);
  if (recommendation.state !== "open") facts.push(recommendation.state);
  const view = element("div", "advice", element("p", "", recommendation.text),
    element("p", "quiet small", facts.join(" · ")));
  if (recommendation.state !== "open" && recommendation.state !== "later") return view;
  const note = element("p", "wrong small");
  note.setAttribute("role", "alert");
  const tomorrow = () => new Date(Date.now() + 86400000).toISOString();
  view.append(element("div", "buttons",
    decisionButton("Did it", recommendation, note, () => ({ decision: "did" })),
    decisionButton("Later", recommendation, note, () => ({ decision: "later", until: tomorrow() })),
    decisionButton("Declined", recommendation, note, () => {
      const reason = window.prompt("Why not?");
      return reason === null ? null : { decision: "declined", reason };
    })), note);
  return view;
}

function alertView(alert) {
  const view = element("article", `card alert ${alert.severity} ${alert.state}`);
  view.append(element("p", "quiet small", [alert.client, alert.objective, path(alert.entity), alert.state]
    .filter(Boolean).join(" · ")));
  view.append(element("h3", "", alert.text.what));
  for (const line of [alert.text.costs, alert.text.why]) if (line) view.append(element("p", "", line));
  if (alert.amendment && !alert.amendment.wouldHaveFired) {
    view.append(element("p", "quiet", "The figure was restated since; with it this would not have fired."));
  }
  if (alert.acknowledgedBy) view.append(element("p", "quiet small", `Seen by ${alert.acknowledgedBy}`));
  if (alert.recommendations.length === 0 && alert.text.advice) view.append(element("p", "", alert.text.advice));
  for (const one of alert.recommendations) view.append(recommendationView(one, alert.currency));
  return view;
}

function objectiveView(objective, currency) {
  const facts = [];
  if (objective.stakePerHour > 0) facts.push(`${money(objective.stakePerHour, currency)} an hour at risk`);
  if (objective.budget) {
    facts.push(`${percent(objective.budget.used)} of budget, ${percent(objective.budget.periodElapsed)} of time`);
  }
  const view = element("div", "", element("div", "row",
    element("span", `status ${objective.status || "unknown"}`, objective.name), element("span", "quiet small", facts.join(" · "))));
  const inner = element("div", "children");
  for (const target of objective.targets) {
    inner.append(element("div", "row small", element("span", `status ${target.status || "unknown"}`, `${target.kpi} ${target.text}`),
      element("span", "quiet", `over ${target.window} per ${target.per}`)));
  }
  for (const child of objective.children) inner.append(objectiveView(child, currency));
  view.append(inner);
  return view;
}

function clientView(client) {
  const view = element("article", "card", element("h3", "", client.client));
  for (const objective of client.objectives) view.append(objectiveView(objective, client.currency));
  if (client.unalignedCount > 0) {
    view.append(element("p", "quiet small", `${client.unalignedCount === 1 ? "1 campaign serves" : `${client.unalignedCount} campaigns serve`} no objective and spent ` +
      `${money(client.unalignedSpend, client.currency)} in 7 days`));
  }
  return view;
}

function sourceView(source) {
  const state = source.lastError ? element("span", "wrong small", source.lastError)
    : element("span", "quiet small", source.stale ? "stale" : `newest figures ${age(source.dataAgeSeconds)} old`);
  return element("div", "row", element("span", `status ${source.lastError ? "off_target" : source.stale ? "watch" : "on_target"}`,
    source.name), state);
}

function show(id, views, nothing) {
  byId(id).replaceChildren(...(views.length ? views : [element("p", "quiet", nothing)]));
}

async function refresh() {
  try {
    const [alerts, objectives, sources] = await Promise.all(
      ["alerts", "objectives", "sources"].map((name) => ask(`/api/v1/${name}`)));
    const firing = alerts.alerts.filter((alert) => alert.state === "firing").length;
    byId("summary").textContent = `${firing} firing, ${alerts.alerts.length - firing} pending` +
      (alerts.next || objectives.next || sources.next ? " (only the first are shown)" : "");
    show("alerts", alerts.alerts.map(alertView), "Nothing is off target.");
    show("objectives", objectives.clients.map(clientView), "No objectives are configured.");
    show("sources", sources.sources.length ? [element("div", "card", ...sources.sources.map(sourceView))] : [],
      "No sources are configured.");
  } catch (error) {
    byId("summary").textContent = `Cannot read the figures: ${error.message}`;
  }
}

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, kRefreshSeconds * 1000);
