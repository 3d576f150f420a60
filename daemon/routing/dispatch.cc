#include "daemon/routing/dispatch.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "daemon/routing/route_tree.h"

namespace tightrope::daemon {
namespace {

using rules::Alert;
using rules::AlertPhase;
using rules::Duration;
using rules::Timestamp;

// FNV-1a over the parts and their ends, so that ("ab", "c") and ("a", "bc") differ.
class Digest {
 public:
  void add(std::string_view part) {
    for (const char c : part) mix(static_cast<unsigned char>(c));
    mix(0xff);
  }
  std::string hex() const { return fmt::format("{:016x}", hash_); }

 private:
  void mix(unsigned char byte) { hash_ = (hash_ ^ byte) * 1099511628211ull; }
  std::uint64_t hash_ = 14695981039346656037ull;
};

// Equal content made at the same instant has the same id.
std::string id_of(const Notification& notification) {
  Digest digest;
  digest.add(notification.receiver);
  digest.add(notification.group_key);
  digest.add(std::to_string(notification.made_at.time_since_epoch().count()));
  for (const auto* alerts : {&notification.firing, &notification.resolved}) {
    digest.add(std::to_string(alerts->size()));
    for (const Alert& alert : *alerts) {
      digest.add(alert.id);
      digest.add(std::to_string(alert.revision));
    }
  }
  return digest.hex();
}

void keep_common(Labels& common, const Labels& labels) {
  std::erase_if(common, [&labels](const auto& label) {
    const auto found = labels.find(label.first);
    return found == labels.end() || found->second != label.second;
  });
}

// The newest thing that happened to an alert and that people should hear of.
Timestamp changed_at(const Alert& alert, Timestamp fired_at) {
  Timestamp newest = fired_at;
  const auto consider = [&newest](std::optional<Timestamp> at) {
    if (at && *at > newest) newest = *at;
  };
  consider(alert.resolved_at);
  consider(alert.acknowledged_at);
  if (alert.amendment) consider(alert.amendment->at);
  for (const rules::Recommendation& recommendation : alert.recommendations) {
    consider(recommendation.made_at);
    consider(recommendation.decided_at);
  }
  return newest;
}

// The first of anchor + interval, anchor + 2 * interval, ... that is not before `at`.
Timestamp next_tick(Timestamp anchor, Duration interval, Timestamp at) {
  if (interval <= Duration(0)) return std::max(anchor, at);
  if (at <= anchor + interval) return anchor + interval;
  const auto ticks = (at - anchor + interval - Duration(1)) / interval;
  return anchor + ticks * interval;
}

struct Group;

// An alert and the groups that have to hear of it.
struct Known {
  Alert alert;
  std::vector<Group*> groups;
};

// An alert's place in its group: by when it fired, so that a group's first is its eldest.
using MemberKey = std::pair<Timestamp, std::string>;

struct Member {
  const Known* known = nullptr;
  std::optional<Timestamp> changed;  // set while the receiver has not heard of its state
};

struct Group {
  std::string key;                       // record_key
  const CompiledRoute* route = nullptr;  // null while no alert has joined it
  Labels labels;
  NotifiedGroup told;
  bool told_before = false;
  std::map<MemberKey, Member> members;
  std::unordered_map<std::string, MemberKey> places;  // by alert id
  // By id: alerts that have other groups now, as they were, resolved. Members until that is told.
  std::map<std::string, Known> departed;
  std::multiset<Timestamp> changes;  // of the members
  std::optional<Timestamp> due;
  std::optional<Timestamp> forget_at;
};

using Agenda = std::set<std::tuple<Timestamp, std::string_view, Group*>>;

void reschedule(Agenda& agenda, Group& group, std::optional<Timestamp>& slot, std::optional<Timestamp> at) {
  if (slot == at) return;
  if (slot) agenda.erase({*slot, group.key, &group});
  slot = at;
  if (slot) agenda.insert({*slot, group.key, &group});
}

}  // namespace

struct Dispatcher::State {
  explicit State(const config::Route& root) : tree(root) {}

  RouteTree tree;
  std::map<std::string, Known> known;  // ordered, so that a reload treats them in the same order everywhere
  std::unordered_map<std::string, std::unique_ptr<Group>> groups;
  Agenda agenda;                                         // by due
  Agenda forgetting;                                     // by forget_at
  std::set<std::pair<Timestamp, std::string>> expiring;  // resolved alerts that no group has to tell
  std::vector<std::string> forgotten;
  Timestamp latest = Timestamp::min();  // that was passed as now

  Group& group(const std::string& key) {
    std::unique_ptr<Group>& slot = groups[key];
    if (!slot) {
      slot = std::make_unique<Group>();
      slot->key = key;
    }
    return *slot;
  }

  static Timestamp repeat_at(const Group& group, Timestamp now) {
    return std::min(group.told.news_at, now) + group.route->repeat_interval;
  }

  // When an integration is told what it missed. Not at once, even if that were a multiple of the interval:
  // one that refuses everything is tried once in each.
  static Timestamp again_at(const Group& group, const Missed& missed, Timestamp now) {
    return next_tick(std::min(group.told.at, now), group.route->group_interval,
                     std::min(missed.at, now) + Duration(1));
  }

  std::optional<Timestamp> due_of(const Group& group, Timestamp now) const {
    std::optional<Timestamp> due = news_due(group, now);
    if (group.route == nullptr) return due;
    for (const auto& [integration, missed] : group.told.missed) {
      const Timestamp again = again_at(group, missed, now);
      if (!due || again < *due) due = again;
    }
    return due;
  }

  std::optional<Timestamp> news_due(const Group& group, Timestamp now) const {
    if (group.members.empty()) return std::nullopt;
    const CompiledRoute& route = *group.route;
    if (group.told.firing.empty()) {
      // A clock that was set back must not hold a message up, so no alert counts as fired in the future.
      return std::min(group.members.begin()->first.first, now) + route.group_wait;
    }
    const Timestamp anchor = std::min(group.told.at, now);
    const Timestamp wanted =
        group.changes.empty() ? repeat_at(group, now) : std::min(*group.changes.begin(), now);
    return next_tick(anchor, route.group_interval, wanted);
  }

  std::optional<Timestamp> forget_time(const Group& group) const {
    if (!group.told_before || !group.members.empty()) return std::nullopt;
    return group.told.at + (group.told.firing.empty() ? kResolvedRemembered : kGoneForgotten);
  }

  // Drops the group when nothing is in it and nothing is remembered of it.
  void settle(Group& group, Timestamp now) {
    reschedule(agenda, group, group.due, due_of(group, now));
    reschedule(forgetting, group, group.forget_at, forget_time(group));
    if (group.members.empty() && !group.told_before) groups.erase(std::string(group.key));
  }

  // Times were reckoned against a clock that has been set back since: reckon again.
  void note_time(Timestamp now) {
    const bool back = latest != Timestamp::min() && now + std::chrono::minutes(1) < latest;
    latest = back ? now : std::max(latest, now);
    if (!back) return;
    for (const auto& [key, group] : groups) reschedule(agenda, *group, group->due, due_of(*group, now));
  }

  void remove(Group& group, const std::string& id) {
    const auto place = group.places.find(id);
    if (place == group.places.end()) return;
    const auto member = group.members.find(place->second);
    if (member->second.changed) group.changes.erase(group.changes.find(*member->second.changed));
    group.members.erase(member);
    group.places.erase(place);
  }

  // Whether and since when the group's receiver has something to hear of the alert. First: is it a member at
  // all?
  std::pair<bool, std::optional<Timestamp>> standing(const Group& group, const Alert& alert,
                                                     Timestamp fired_at, Timestamp now) const {
    const auto told = group.told.firing.find(alert.id);
    const bool was_told = told != group.told.firing.end();
    const Timestamp changed = changed_at(alert, fired_at);
    if (alert.phase == AlertPhase::firing) {
      if (was_told && told->second == alert.revision) return {true, std::nullopt};
      return {true, changed};
    }
    if (was_told) return {true, changed};
    const Timestamp resolved_at = alert.resolved_at.value_or(now);
    const bool worth_telling = alert.fired_at && resolved_at >= fired_at + group.route->group_wait &&
                               resolved_at + kResolvedRemembered > now &&
                               group.told.resolved.count(alert.id) == 0;
    if (worth_telling) return {true, changed};
    return {false, std::nullopt};
  }

  void place(Group& group, const Known& holder, Timestamp now) {
    const Alert& alert = holder.alert;
    remove(group, alert.id);
    const Timestamp fired_at = alert.fired_at.value_or(alert.pending_at);
    const auto [member, changed] = standing(group, alert, fired_at, now);
    if (!member) return;
    const MemberKey key(fired_at, alert.id);
    group.places[alert.id] = key;
    group.members[key] = Member{&holder, changed};
    if (changed) group.changes.insert(*changed);
  }

  // The receiver was told that it fires, and will hear no more of it here: its end is told, under the labels
  // that the receiver knows.
  void depart(Group& group, Alert before, Timestamp now) {
    if (before.phase == AlertPhase::firing) before.resolved_at = now;
    before.phase = AlertPhase::resolved;
    Known& kept = group.departed[before.id];
    kept.alert = std::move(before);
    place(group, kept, now);
  }

  // A reload makes groups anew. Where the routes have the group no more, nobody is told.
  void keep_departed(Group& group, const Alert& departed, Timestamp now) {
    const Labels labels = labels_of(departed);
    for (const CompiledRoute* route : tree.match(labels)) {
      const Labels shared = group_labels(*route, labels);
      if (route->receiver != group.told.receiver || group_key(*route, shared) != group.told.group_key)
        continue;
      if (group.route == nullptr) {
        group.route = route;
        group.labels = shared;
      }
      Known& kept = group.departed[departed.id];
      kept.alert = departed;
      place(group, kept, now);
      return;
    }
  }

  // `before` is what was known of it.
  void put(Known& holder, const std::optional<Alert>& before, Timestamp now) {
    const Labels labels = labels_of(holder.alert);
    std::vector<Group*> taken;
    for (const CompiledRoute* route : tree.match(labels)) {
      const Labels shared = group_labels(*route, labels);
      NotifiedGroup name;
      name.receiver = route->receiver;
      name.group_key = group_key(*route, shared);
      Group& joined = group(record_key(name));
      // Two routes with the same matchers and receiver share a group: the receiver is told once.
      if (std::find(taken.begin(), taken.end(), &joined) != taken.end()) continue;
      taken.push_back(&joined);
      if (joined.route == nullptr) {
        joined.route = route;
        joined.labels = shared;
        joined.told.receiver = name.receiver;
        joined.told.group_key = name.group_key;
      }
      place(joined, holder, now);
      joined.departed.erase(holder.alert.id);
    }
    // Its labels may have changed with the strategy, and its groups with them.
    for (Group* left : holder.groups) {
      if (std::find(taken.begin(), taken.end(), left) != taken.end()) continue;
      remove(*left, holder.alert.id);
      if (before && left->told.firing.count(holder.alert.id) != 0) depart(*left, *before, now);
      settle(*left, now);
    }
    holder.groups.clear();
    for (Group* joined : taken) {
      if (joined->places.count(holder.alert.id) != 0) holder.groups.push_back(joined);
      settle(*joined, now);
    }
  }

  // What resolved lately stays: its message may yet be lost, and is made again then.
  void drop_if_done(std::map<std::string, Known>::iterator holder) {
    const Alert& alert = holder->second.alert;
    if (alert.phase == AlertPhase::firing || !holder->second.groups.empty()) return;
    const std::optional<Timestamp> resolved_at = alert.fired_at ? alert.resolved_at : std::nullopt;
    if (resolved_at && *resolved_at + kResolvedRemembered > latest) {
      expiring.insert({*resolved_at + kResolvedRemembered, holder->first});
    } else {
      known.erase(holder);
    }
  }

  void drop_expired(Timestamp now) {
    while (!expiring.empty() && expiring.begin()->first <= now) {
      const auto holder = known.find(expiring.begin()->second);
      expiring.erase(expiring.begin());
      if (holder != known.end()) drop_if_done(holder);
    }
  }

  Notification message_of(const Group& group, const std::set<std::string>& missed, Timestamp now) const;
  Dispatched tell(Group& group, Timestamp now);
  void tell_due(Group& group, Timestamp now, std::vector<Dispatched>& due);
};

// What the group says as of now, with those of the missed alerts that have resolved and been told.
Notification Dispatcher::State::message_of(const Group& group, const std::set<std::string>& missed,
                                           Timestamp now) const {
  Notification notification;
  notification.receiver = group.told.receiver;
  notification.group_key = group.told.group_key;
  notification.group_labels = group.labels;
  notification.made_at = now;
  std::map<MemberKey, const Alert*> said;
  for (const auto& [key, member] : group.members) said[key] = &member.known->alert;
  for (const std::string& id : missed) {
    const auto holder = known.find(id);
    if (holder == known.end() || group.places.count(id) != 0) continue;
    const Alert& alert = holder->second.alert;
    if (alert.phase == AlertPhase::resolved) said[{alert.fired_at.value_or(alert.pending_at), id}] = &alert;
  }
  bool first_labels = true;
  for (const auto& [key, alert] : said) {
    const Labels labels = labels_of(*alert);
    if (std::exchange(first_labels, false)) {
      notification.common_labels = labels;
    } else {
      keep_common(notification.common_labels, labels);
    }
    (alert->phase == AlertPhase::firing ? notification.firing : notification.resolved).push_back(*alert);
  }
  return notification;
}

// Messages for those who missed one, then the one for everybody else, each where it is due.
void Dispatcher::State::tell_due(Group& group, Timestamp now, std::vector<Dispatched>& due) {
  std::vector<std::string> apart;
  for (auto each = group.told.missed.begin(); each != group.told.missed.end();) {
    if (group.route == nullptr || again_at(group, each->second, now) > now) {
      ++each;
      continue;
    }
    Dispatched again;
    again.notification = message_of(group, each->second.alerts, now);
    again.reason = "lost before";
    again.only = {each->first};
    each = group.told.missed.erase(each);
    Notification& notification = again.notification;
    if (notification.firing.empty() && notification.resolved.empty()) continue;
    notification.firing_news = !notification.firing.empty();
    notification.id = id_of(notification);
    again.notified = group.told;
    apart.push_back(again.only.front());
    due.push_back(std::move(again));
  }
  const std::optional<Timestamp> news = news_due(group, now);
  if (!news || *news > now) return settle(group, now);
  due.push_back(tell(group, now));
  due.back().but = std::move(apart);
}

// The group's message as of now; the group is marked as told.
Dispatched Dispatcher::State::tell(Group& group, Timestamp now) {
  Dispatched dispatched;
  Notification& notification = dispatched.notification;
  notification = message_of(group, {}, now);

  bool news = false;
  bool amended = false;
  std::map<std::string, std::uint32_t> firing;
  std::vector<std::string> ended;
  for (auto& [key, member] : group.members) {
    const Alert& alert = member.known->alert;
    if (alert.phase == AlertPhase::firing) {
      const bool was_told = group.told.firing.count(alert.id) != 0;
      news = news || !was_told;
      amended = amended || (was_told && member.changed);
      firing[alert.id] = alert.revision;
      member.changed.reset();
    } else {
      group.told.resolved[alert.id] = alert.resolved_at.value_or(now);
      ended.push_back(alert.id);
    }
  }
  if (!group.told_before) {
    dispatched.reason = "first";
  } else if (news) {
    dispatched.reason = "new alerts";
  } else if (!notification.resolved.empty()) {
    dispatched.reason = "resolved";
  } else {
    dispatched.reason = amended ? "amended" : "repeat";
  }
  // What resolves may come with a repeat that is due anyway.
  notification.firing_news =
      !notification.firing.empty() && (dispatched.reason != "resolved" || repeat_at(group, now) <= now);
  notification.id = id_of(notification);

  group.changes.clear();
  group.told.firing = std::move(firing);
  group.told.at = now;
  if (notification.firing_news) group.told.news_at = now;
  std::erase_if(group.told.resolved,
                [now](const auto& each) { return each.second + kResolvedRemembered <= now; });
  group.told_before = true;
  dispatched.notified = group.told;
  for (const std::string& id : ended) {
    group.members.erase(group.places.at(id));
    group.places.erase(id);
    if (group.departed.erase(id) != 0) continue;
    const auto holder = known.find(id);
    std::erase(holder->second.groups, &group);
    drop_if_done(holder);
  }
  settle(group, now);
  return dispatched;
}

Dispatcher::Dispatcher(config::Route root, std::vector<NotifiedGroup> remembered)
    : state_(std::make_unique<State>(root)) {
  for (NotifiedGroup& told : remembered) {
    Group& group = state_->group(record_key(told));
    group.told = std::move(told);
    group.told_before = true;
    reschedule(state_->forgetting, group, group.forget_at, state_->forget_time(group));
  }
}

Dispatcher::~Dispatcher() = default;
Dispatcher::Dispatcher(Dispatcher&&) noexcept = default;
Dispatcher& Dispatcher::operator=(Dispatcher&&) noexcept = default;

void Dispatcher::update(const Alert& alert, Timestamp now) {
  state_->note_time(now);
  if (alert.phase == AlertPhase::pending) return;
  auto found = state_->known.find(alert.id);
  if (alert.phase == AlertPhase::inactive &&
      (found == state_->known.end() || found->second.alert.phase != AlertPhase::firing))
    return;
  if (found == state_->known.end()) found = state_->known.emplace(alert.id, Known{}).first;
  Known& known = found->second;
  std::optional<Alert> before;
  if (!known.groups.empty()) before = std::move(known.alert);
  known.alert = alert;
  if (alert.phase == AlertPhase::inactive) {
    known.alert.phase = AlertPhase::resolved;
    if (!known.alert.resolved_at) known.alert.resolved_at = now;
  }
  state_->put(known, before, now);
  state_->drop_if_done(found);
}

std::optional<NotifiedGroup> Dispatcher::lost(const std::string& receiver, const std::string& group_key,
                                              const std::string& integration,
                                              const std::vector<std::string>& alerts, Timestamp now) {
  state_->note_time(now);
  NotifiedGroup name;
  name.receiver = receiver;
  name.group_key = group_key;
  const auto found = state_->groups.find(record_key(name));
  if (found == state_->groups.end() || !found->second->told_before || alerts.empty()) return std::nullopt;
  Group& group = *found->second;
  Missed& missed = group.told.missed[integration];
  missed.at = now;
  missed.alerts.insert(alerts.begin(), alerts.end());
  state_->settle(group, now);
  return group.told;
}

std::vector<Dispatched> Dispatcher::take_due(Timestamp now) {
  state_->note_time(now);
  std::vector<Dispatched> due;
  // Telling a group schedules its next message; with no interval that may be now again, and must wait for the
  // next call.
  std::vector<Group*> groups;
  for (const auto& [at, key, group] : state_->agenda) {
    if (at > now) break;
    groups.push_back(group);
  }
  due.reserve(groups.size());
  for (Group* group : groups) state_->tell_due(*group, now, due);
  state_->drop_expired(now);

  while (!state_->forgetting.empty() && std::get<0>(*state_->forgetting.begin()) <= now) {
    Group& group = *std::get<2>(*state_->forgetting.begin());
    state_->forgotten.push_back(group.key);
    state_->forgetting.erase(state_->forgetting.begin());
    state_->groups.erase(std::string(group.key));
  }
  return due;
}

std::optional<Timestamp> Dispatcher::next_due() const {
  if (state_->agenda.empty()) return std::nullopt;
  return std::get<0>(*state_->agenda.begin());
}

void Dispatcher::reload(config::Route root, Timestamp now) {
  auto fresh = std::make_unique<State>(root);
  fresh->latest = state_->latest;
  fresh->forgotten = std::move(state_->forgotten);
  for (auto& [key, group] : state_->groups) {
    if (!group->told_before) continue;
    Group& kept = fresh->group(key);
    kept.told = std::move(group->told);
    kept.told_before = true;
  }
  for (auto& [id, known] : state_->known) {
    const auto place = fresh->known.emplace(id, Known{std::move(known.alert), {}}).first;
    fresh->put(place->second, std::nullopt, now);
    fresh->drop_if_done(place);
  }
  for (const auto& [key, group] : state_->groups) {
    if (group->departed.empty()) continue;
    Group& kept = fresh->group(key);
    for (const auto& [id, departed] : group->departed) {
      if (kept.places.count(id) == 0) fresh->keep_departed(kept, departed.alert, now);
    }
    fresh->settle(kept, now);
  }
  for (const auto& [key, group] : fresh->groups) {
    reschedule(fresh->forgetting, *group, group->forget_at, fresh->forget_time(*group));
  }
  state_ = std::move(fresh);
}

std::vector<std::string> Dispatcher::receivers_of(const Alert& alert) const {
  std::vector<std::string> receivers;
  for (const CompiledRoute* route : state_->tree.match(labels_of(alert))) {
    if (std::find(receivers.begin(), receivers.end(), route->receiver) == receivers.end()) {
      receivers.push_back(route->receiver);
    }
  }
  return receivers;
}

std::set<std::string> Dispatcher::told_and_unknown() const {
  std::set<std::string> ids;
  for (const auto& [key, group] : state_->groups) {
    for (const auto& [id, revision] : group->told.firing) {
      if (state_->known.count(id) == 0) ids.insert(id);
    }
  }
  return ids;
}

std::vector<std::string> Dispatcher::take_forgotten() {
  return std::exchange(state_->forgotten, {});
}

}  // namespace tightrope::daemon
