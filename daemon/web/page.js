"use strict";
// Shows what the API says. Everything from outside becomes text, never markup.

const kRefreshSeconds = 15;
// The alert that a message's link names.
const linkedId = new URLSearchParams(location.search).get("alert") || "";
let linkedShown = false;

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  for (const child of children) if (child !== null && child !== "") made.append(child);
  return made;
}

const kThin = "\u202f", kFixed = "\u00a0";  // a figure does not break over lines
const digits = (value, most) => value.toLocaleString("en", { maximumFractionDigits: most }).replaceAll(",", kThin);
const money = (value, currency) => (value === null ? "n/a" : `${digits(value, value < 10 ? 2 : 0)}${kFixed}${currency}`);
const percent = (value) => (value === null ? "n/a" : `${(value * 100).toFixed(0)}${kFixed}%`);
const path = (entity) => Object.values(entity).join(" / ");
const shortTime = (text) => new Date(text).toLocaleString("en-GB",
  { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function age(seconds) {
  if (seconds === null) return "no figures yet";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return seconds < 129600 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

// A state in a sign and a word, so that it does not hang on colour.
const kSigns = { on_target: "✓", watch: "◐", off_target: "✕", unknown: "?" };
function stateMark(state, word) {
  const sign = element("span", "", kSigns[state] || "?");
  sign.setAttribute("aria-hidden", "true");
  return element("span", `status ${state}`, sign, ` ${word || state.replace("_", " ")}`);
}

// "cpa" as people write it, and "3d" as they say it.
const kpiText = (kpi) => (kpi.length <= 4 ? kpi.toUpperCase() : kpi.replaceAll("_", " "));
// How near its worst check is to the bound; 100 % is at it.
function roomText(target) {
  return typeof target.roomUsed === "number" ? `, ${percent(target.roomUsed)} of the room used` : "";
}

function windowText(window) {
  const counted = /^(\d+)([dh])$/.exec(window);
  if (!counted) return ["week", "month", "quarter"].includes(window) ? `this ${window}` : window;
  return `over ${counted[1]}${kFixed}${counted[2] === "d" ? "day" : "hour"}${counted[1] === "1" ? "" : "s"}`;
}

// As the messages write a figure.
function format(value, unit, currency) {
  if (unit === "money") {
    const cents = Math.abs(value) < 10000 ? 2 : 0;
    return `${value.toLocaleString("en", { minimumFractionDigits: cents, maximumFractionDigits: cents }).replaceAll(",", kThin)}${kFixed}${currency}`;
  }
  if (unit === "ratio") return value < 1.5 ? `${digits(value * 100, 1)}${kFixed}%` : digits(value, 2);
  return digits(value, value < 10 ? 2 : 0);
}
const kMonths = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const shortDay = (day) => `${Number(day.slice(8))}${kFixed}${kMonths[Number(day.slice(5, 7)) - 1]}`;
const floorPercent = (share) => `${Math.floor(share * 100 + 1e-9)}${kFixed}%`;

function sureText(sure) {
  if (sure === null || sure < 0.5) return null;
  if (sure > 0.999) return `over 99.9${kFixed}% sure`;
  return sure >= 0.99 ? `${(Math.floor(sure * 1000) / 10).toFixed(1)}${kFixed}% sure` : `${floorPercent(sure)} sure`;
}

function rangeText(verdict, unit, currency) {
  const { valueLow: low, valueHigh: high } = verdict;
  // An estimate: cents would pretend to a precision that it has not.
  const rough = (value) => (unit === "money" ? money(value, currency) : format(value, unit, currency));
  const bare = (value) => (unit === "money" ? digits(value, value < 10 ? 2 : 0) : rough(value));
  if (low !== null && high !== null) return `${bare(low)} to ${rough(high)}`;
  if (low !== null) return `at least ${rough(low)}`;
  return high === null ? null : `at most ${rough(high)}`;
}

// How sure, since when, and the range; then what has not arrived. Of a target that is met nothing is said.
function verdictFacts(verdict, unit, currency) {
  const views = [];
  const missed = verdict.state === "off_target" || verdict.state === "watch";
  const facts = !missed ? [] : [sureText(verdict.sure), verdict.since && `since ${shortDay(verdict.since)}`,
    rangeText(verdict, unit, currency)].filter(Boolean);
  if (facts.length) views.push(element("p", "quiet small", facts.join(" · ")));
  if (verdict.maturity !== null && verdict.maturity < 0.995) {
    const complete = verdict.completeValue === null ? "" : `; about ${unit === "money" ? money(verdict.completeValue, currency) : format(verdict.completeValue, unit, currency)} once all have`;
    views.push(element("p", "quiet small",
      `${floorPercent(verdict.maturity)} of the results have arrived${complete}`));
  }
  return views;
}

function minutes(seconds) {
  return seconds < 5400 ? `${Math.round(seconds / 60)}${kFixed}min of work` : `${digits(seconds / 3600, 1)}${kFixed}h of work`;
}

function decisionText(recommendation) {
  const words = { did: "Done", declined: "Declined", later: "Put off", expired: "No longer open" };
  let text = words[recommendation.state] || recommendation.state;
  if (recommendation.decidedBy) text += ` by ${recommendation.decidedBy}`;
  if (recommendation.state === "later" && recommendation.until) text += ` until ${shortTime(recommendation.until)}`;
  else if (recommendation.decidedAt) text += `, ${shortTime(recommendation.decidedAt)}`;
  return recommendation.reason ? `${text}: ${recommendation.reason}` : text;
}

function recommendationView(recommendation, currency) {
  const facts = [];
  if (recommendation.worthPerDay > 0) facts.push(`may save ${money(recommendation.worthPerDay, currency)} a day`);
  if (recommendation.effortSeconds > 0) facts.push(minutes(recommendation.effortSeconds));
  if (recommendation.owner) facts.push(`for ${recommendation.owner.replaceAll("_", " ")}`);
  const view = element("div", "advice", element("p", "", recommendation.text), element("p", "quiet small", facts.join(" · ")));
  const open = recommendation.state === "open" || recommendation.state === "later";
  if (recommendation.state !== "open") {
    const line = element("p", "decided", decisionText(recommendation));
    if (!open && mayChange(recommendation) && !changing.has(recommendation.id)) line.append(" ", changeButton(recommendation));
    view.append(line);
  }
  if (!open && !(changing.has(recommendation.id) && mayChange(recommendation))) return view;
  const note = answerNote(recommendation.id);
  view.append(decisionButtons(recommendation, note), note);
  return view;
}

// Which alerts have all their advice unfolded; a refresh must not fold it again.
const unfolded = new Set();

function furtherAdvice(alert) {
  const further = alert.recommendations.slice(1);
  if (further.length === 0) return null;
  const details = element("details", "", element("summary", "small", `${further.length} more ${further.length === 1 ? "idea" : "ideas"}`),
    ...further.map((one) => recommendationView(one, alert.currency)));
  details.open = unfolded.has(alert.id) || alert.id === linkedId;
  details.addEventListener("toggle", () => { if (details.open) unfolded.add(alert.id); else unfolded.delete(alert.id); });
  return details;
}

function alertView(alert) {
  const linked = alert.id === linkedId;
  const view = element("article", `card alert ${alert.severity} ${alert.state}${linked ? " linked" : ""}`);
  view.id = `alert-${alert.id}`;
  view.tabIndex = -1;
  view.append(element("p", "quiet small", element("span", "tag", alert.state === "firing" ? alert.severity : alert.state), " ",
    [alert.client, alert.objective].filter(Boolean).join(" · ")));
  view.append(element("h3", "", alert.text.what));
  // How sure and since when, and what has not arrived, its lines say already.
  const range = alert.state !== "resolved" && alert.verdict.state === "off_target" && rangeText(alert.verdict, alert.unit, alert.currency);
  if (range) view.append(element("p", "quiet small", `its figures speak for ${range} (95${kFixed}%)`));
  for (const line of [alert.text.costs, alert.text.why]) if (line) view.append(element("p", "", line));
  if (alert.state !== "resolved") {
    if (alert.acknowledgedBy) {
      view.append(element("p", "decided", `${alert.acknowledgedBy} is on it, since ${shortTime(alert.acknowledgedAt)}`));
    } else {
      const note = answerNote(alert.id);
      view.append(element("div", "buttons", acknowledgeButton(alert, note)), note);
    }
  }
  if (alert.recommendations.length === 0) {
    if (alert.text.advice) view.append(element("p", "", alert.text.advice));
    return view;
  }
  view.append(recommendationView(alert.recommendations[0], alert.currency));
  const further = furtherAdvice(alert);
  if (further) view.append(further);
  return view;
}

function objectiveView(objective, currency) {
  const facts = [];
  if (objective.stakePerHour > 0) facts.push(`${money(objective.stakePerHour, currency)} an hour at risk`);
  if (objective.budget) {
    facts.push(`${percent(objective.budget.used)} of the budget used, ${percent(objective.budget.periodElapsed)} of its time`);
  }
  const view = element("div", "objective", element("div", "row", element("strong", "", objective.name), stateMark(objective.status || "unknown")),
    facts.length ? element("p", "quiet small", facts.join(" · ")) : null);
  const inner = element("div", "children");
  for (const target of objective.targets) {
    inner.append(element("div", "row small", element("span", "", `${kpiText(target.kpi)} ${target.text} `,
      element("span", "quiet", `${windowText(target.window)}, per ${target.per}${roomText(target)}`)), stateMark(target.status || "unknown")));
  }
  for (const child of objective.children) inner.append(objectiveView(child, currency));
  view.append(inner);
  return view;
}

// One check in a list: what against what, then how sure.
function checkView(check, client, boundText) {
  const name = path(check.entity) || check.objective;
  const value = check.valueText || check.value === null ? check.valueText || "n/a" : format(check.value, check.unit, check.currency);
  return element("div", "source", element("div", "row", element("span", "", `${name}: ${kpiText(check.kpi)} ${value}, ${boundText} `,
    element("span", "quiet small", `${windowText(check.window)} · ${client}`)), stateMark(check.state)),
    ...verdictFacts(check, check.unit, check.currency));
}

function boundText(check) {
  const shown = (value) => format(value, check.unit, check.currency);
  if (check.low !== null && check.high !== null) return `between ${shown(check.low)} and ${shown(check.high)}`;
  return check.high !== null ? `at most ${shown(check.high)}` : `at least ${shown(check.low)}`;
}

// The list is of what all campaigns together make sure; an alert may fire on its bound alone.
function digestView(clients, firing) {
  const entries = clients.flatMap((client) => client.entries.map((entry) => checkView(entry, client.client, entry.boundText)));
  const share = clients.length ? clients[0].falseShare : 0.1;
  const promise = element("p", "quiet small", entries.length
    ? `Of a client's list, on average at most ${percent(share)} are here by luck.`
    : firing > 0
      ? "What fires above misses its target as it is written; all campaigns taken together, luck may still explain it."
      : "Nothing misses its target by more than luck explains, all campaigns taken together.");
  return entries.length ? [element("div", "card", promise, ...entries)] : [promise];
}

function showWatched(answer) {
  const missed = answer.verdicts.filter((verdict) => verdict.reason !== "near_bound");
  byId("watched-details").hidden = missed.length === 0;
  byId("watched-title").textContent = `${missed.length}${answer.next ? " or more" : ""} watched: not sure enough for an alert, or too little to matter`;
  byId("watched").replaceChildren(element("div", "card", ...missed.map((verdict) => checkView(verdict, verdict.client, boundText(verdict)))));
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

function anomalyView(anomaly) {
  return element("div", "source", element("p", "", anomaly.text),
    element("p", "quiet small", `${anomaly.client} · ${anomaly.objective} · seen ${shortTime(anomaly.foundAt)}`));
}

// Absent while nothing is worth a look: most strategies name nothing to be looked at.
function showAnomalies(anomalies) {
  byId("anomalies-section").hidden = anomalies.length === 0;
  byId("anomalies").replaceChildren(element("div", "card", ...anomalies.map(anomalyView)));
}

function sourceView(source) {
  const mark = source.lastError ? stateMark("off_target", "failing") : source.stale ? stateMark("watch", "stale")
    : source.findings.length ? stateMark("watch", "in doubt") : stateMark("on_target", "good");
  const fact = source.lastError ? element("p", "wrong small", source.lastError)
    : element("p", "quiet small", source.dataAgeSeconds === null ? "no figures yet" : `newest figures ${age(source.dataAgeSeconds)} old`);
  const findings = source.findings.map((finding) => element("p", "doubt small", finding.text));
  return element("div", "source", element("div", "row", element("span", "", source.name), mark), fact, ...findings);
}

function show(id, views, nothing) {
  byId(id).replaceChildren(...(views.length ? views : [element("p", "quiet", nothing)]));
}

// The alert that is linked to comes first, whatever became of it.
async function withLinked(alerts) {
  byId("linked").hidden = true;
  if (!linkedId) return alerts;
  const own = alerts.find((alert) => alert.id === linkedId);
  if (own) return [own, ...alerts.filter((alert) => alert !== own)];
  const past = (await ask("/api/v1/alerts?state=resolved")).alerts.find((alert) => alert.id === linkedId);
  if (past) return [past, ...alerts];
  byId("linked").hidden = false;
  byId("linked").textContent = "The alert of this link is not known here any more: it is over, or it is from another Tightrope.";
  return alerts;
}

function goToLinked() {
  const view = linkedId && byId(`alert-${linkedId}`);
  if (!view || linkedShown) return;
  linkedShown = true;
  view.scrollIntoView({ block: "start" });
  view.focus({ preventScroll: true });
}

function needToken(needed) {
  byId("token-form").hidden = !needed;
  for (const section of document.querySelectorAll(".figures")) section.hidden = needed;
  if (needed) showAnomalies([]);
}

async function refresh() {
  try {
    const [alerts, objectives, sources, anomalies, digest, watched] = await Promise.all(
      ["alerts", "objectives", "sources", "anomalies?limit=20", "digest", "verdicts?state=watch"]
        .map((one) => ask(`/api/v1/${one}`)));
    needToken(false);
    const firing = alerts.alerts.filter((alert) => alert.state === "firing").length;
    byId("summary").textContent = `${firing} firing, ${alerts.alerts.length - firing} pending` +
      (alerts.next || objectives.next || sources.next ? " (only the first are shown)" : "");
    show("alerts", (await withLinked(alerts.alerts)).map(alertView), "Nothing is off target.");
    showAnomalies(anomalies.anomalies);
    byId("digest").replaceChildren(...digestView(digest.clients, firing));
    showWatched(watched);
    show("objectives", objectives.clients.map(clientView), "No objectives are configured.");
    show("sources", sources.sources.length ? [element("div", "card", ...sources.sources.map(sourceView))] : [],
      "No sources are configured.");
    goToLinked();
  } catch (error) {
    byId("summary").textContent = `Cannot read the figures: ${error.message}`;
    if (error instanceof TokenNeeded) needToken(true);
  }
}

refresh();
// Not under somebody's finger: while an answer is being given the page stands still.
setInterval(() => { if (!document.hidden && !byId("answer").open) refresh(); }, kRefreshSeconds * 1000);
