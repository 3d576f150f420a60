#include "daemon/receivers/alertmanager_queue.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/receivers/alert_json.h"

namespace tightrope::daemon {

using rules::AlertPhase;
using rules::Timestamp;

AlertmanagerQueue::AlertmanagerQueue(rules::Duration resend_every)
    : resend_every_(std::max<rules::Duration>(resend_every, std::chrono::seconds(1))) {}

void AlertmanagerQueue::schedule(const std::string& id, Entry& entry, Timestamp due) {
  turns_.erase({entry.due, id});
  entry.due = due;
  turns_.insert({due, id});
}

void AlertmanagerQueue::update(SharedAlert alert, Timestamp now) {
  const bool firing = alert->phase == AlertPhase::firing;
  const bool resolved = alert->phase == AlertPhase::resolved && alert->fired_at.has_value();
  const bool old = resolved && alert->resolved_at.value_or(now) + kResolvedResent <= now;
  if ((!firing && !resolved) || old) {
    remove(alert->id);
    return;
  }
  const std::string& id = alert->id;
  const auto found = entries_.find(id);
  if (found == entries_.end()) {
    Entry& entry = entries_.emplace(id, Entry{alert, now, true}).first->second;
    schedule(id, entry, now);
    return;
  }
  Entry& entry = found->second;
  const bool same = entry.alert->phase == alert->phase && entry.alert->revision == alert->revision;
  entry.alert = std::move(alert);
  if (same) return;
  if (!entry.news) schedule(found->first, entry, now);
  entry.news = true;
}

void AlertmanagerQueue::remove(const std::string& id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  turns_.erase({found->second.due, found->first});
  entries_.erase(found);
}

AlertmanagerQueue::Batch AlertmanagerQueue::due(Timestamp now, std::size_t most) const {
  Batch batch;
  for (const auto& [due, id] : turns_) {
    if (due > now || batch.alerts.size() == most) break;
    const Entry& entry = entries_.at(id);
    batch.alerts.push_back(entry.alert);
    if (entry.news && !batch.oldest_news) batch.oldest_news = due;
  }
  return batch;
}

void AlertmanagerQueue::taken(const Batch& batch, Timestamp now) {
  for (const SharedAlert& alert : batch.alerts) {
    const auto found = entries_.find(alert->id);
    if (found == entries_.end()) continue;
    Entry& entry = found->second;
    if (entry.alert->phase != alert->phase || entry.alert->revision != alert->revision) continue;
    entry.news = false;
    const bool resolved = alert->phase == AlertPhase::resolved;
    if (resolved && alert->resolved_at.value_or(now) + kResolvedResent <= now + resend_every_) {
      remove(alert->id);
    } else {
      schedule(found->first, entry, now + resend_every_);
    }
  }
}

std::optional<Timestamp> AlertmanagerQueue::next_due() const {
  if (turns_.empty()) return std::nullopt;
  return turns_.begin()->first;
}

std::string alertmanager_body(const std::vector<AlertmanagerQueue::SharedAlert>& alerts,
                              rules::Duration resend_every, Timestamp now, const MessageLinks& links) {
  boost::json::array body;
  for (const AlertmanagerQueue::SharedAlert& alert : alerts) {
    const bool firing = alert->phase == AlertPhase::firing;
    boost::json::object object;
    object["labels"] = json_object(labels_of(*alert));
    object["annotations"] = json_object(annotations_of(*alert));
    object["startsAt"] = rules::to_rfc3339(alert->fired_at.value_or(alert->pending_at));
    object["endsAt"] =
        rules::to_rfc3339(firing ? now + kResendsUntilEnd * resend_every : alert->resolved_at.value_or(now));
    if (const std::string link = link_to(*alert, links); !link.empty()) object["generatorURL"] = link;
    body.push_back(std::move(object));
  }
  return boost::json::serialize(body);
}

}  // namespace tightrope::daemon
