// The dispatcher against a naive version that looks at everything each time, and against itself restarted in
// the middle.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/routing/dispatch.h"
#include "daemon/routing/route_tree.h"
#include "tests/daemon/example_alerts.h"

namespace tightrope::daemon {
namespace {

using namespace std::chrono_literals;
using rules::Alert;
using rules::AlertPhase;
using rules::Duration;
using rules::Timestamp;

std::string text_of(const Dispatched& dispatched) {
  std::string text =
      dispatched.notification.receiver + " " + dispatched.notification.group_key + " " + dispatched.reason;
  for (const Alert& alert : dispatched.notification.firing)
    text += " +" + alert.id + "." + std::to_string(alert.revision);
  for (const Alert& alert : dispatched.notification.resolved) text += " -" + alert.id;
  return text;
}

// Obviously right: keeps every alert and what was told, and works everything out anew whenever it is asked.
class NaiveDispatcher {
 public:
  explicit NaiveDispatcher(const config::Route& root) : tree_(root) {}

  void update(const Alert& alert) { alerts_[alert.id] = alert; }

  std::vector<std::string> take_due(Timestamp now) {
    std::map<std::pair<std::string, std::string>, Found> groups;
    for (const auto& [id, alert] : alerts_) {
      const Labels labels = labels_of(alert);
      std::set<std::pair<std::string, std::string>> seen;
      for (const CompiledRoute* route : tree_.match(labels)) {
        const std::pair key(route->receiver, group_key(*route, group_labels(*route, labels)));
        if (!seen.insert(key).second || !belongs(alert, *route, told_[key], now)) continue;
        groups.try_emplace(key, Found{route, {}}).first->second.members.push_back(&alert);
      }
    }
    std::vector<std::string> texts;
    for (auto& [key, group] : groups) {
      std::sort(group.members.begin(), group.members.end(), [](const Alert* a, const Alert* b) {
        return std::pair(*a->fired_at, a->id) < std::pair(*b->fired_at, b->id);
      });
      if (due(group.members, *group.route, told_[key]) <= now) texts.push_back(tell(key, group, now));
    }
    // A group whose alerts are gone and were told long ago is forgotten.
    std::erase_if(told_, [&](const auto& each) {
      const NotifiedGroup& told = each.second;
      return told.firing.empty() && told.at + kResolvedRemembered <= now &&
             (groups.count(each.first) == 0 || told.at == Timestamp{});
    });
    std::sort(texts.begin(), texts.end());
    return texts;
  }

 private:
  struct Found {
    const CompiledRoute* route;
    std::vector<const Alert*> members;
  };

  static bool belongs(const Alert& alert, const CompiledRoute& route, const NotifiedGroup& told,
                      Timestamp now) {
    if (alert.phase == AlertPhase::firing || told.firing.count(alert.id) != 0) return true;
    return *alert.resolved_at - *alert.fired_at >= route.group_wait && told.resolved.count(alert.id) == 0 &&
           now - *alert.resolved_at < kResolvedRemembered;
  }

  static bool is_news(const Alert& alert, const NotifiedGroup& told) {
    const auto known = told.firing.find(alert.id);
    return alert.phase != AlertPhase::firing || known == told.firing.end() || known->second != alert.revision;
  }

  static Timestamp due(const std::vector<const Alert*>& members, const CompiledRoute& route,
                       const NotifiedGroup& told) {
    if (told.firing.empty()) return *members.front()->fired_at + route.group_wait;
    std::optional<Timestamp> earliest;
    for (const Alert* alert : members) {
      if (!is_news(*alert, told)) continue;
      Timestamp changed = *alert->fired_at;
      if (alert->resolved_at) changed = std::max(changed, *alert->resolved_at);
      if (alert->amendment) changed = std::max(changed, alert->amendment->at);
      if (!earliest || changed < *earliest) earliest = changed;
    }
    const Timestamp wanted = earliest.value_or(told.news_at + route.repeat_interval);
    if (route.group_interval == Duration(0)) return std::max(told.at, wanted);
    Timestamp tick = told.at + route.group_interval;
    while (tick < wanted) tick += route.group_interval;
    return tick;
  }

  std::string tell(const std::pair<std::string, std::string>& key, const Found& group, Timestamp now) {
    NotifiedGroup& told = told_[key];
    bool fresh = false;
    bool amended = false;
    std::string firing;
    std::string ended;
    std::map<std::string, std::uint32_t> now_firing;
    for (const Alert* alert : group.members) {
      if (alert->phase == AlertPhase::firing) {
        const bool known = told.firing.count(alert->id) != 0;
        fresh = fresh || !known;
        amended = amended || (known && is_news(*alert, told));
        firing += " +" + alert->id + "." + std::to_string(alert->revision);
        now_firing[alert->id] = alert->revision;
      } else {
        ended += " -" + alert->id;
        told.resolved[alert->id] = *alert->resolved_at;
      }
    }
    std::string reason = "repeat";
    if (amended) reason = "amended";
    if (!ended.empty()) reason = "resolved";
    if (fresh) reason = "new alerts";
    if (told.at == Timestamp{}) reason = "first";
    const bool repeats = told.news_at + group.route->repeat_interval <= now;
    if (!now_firing.empty() && (reason != "resolved" || repeats)) told.news_at = now;
    told.firing = now_firing;
    told.at = now;
    return key.first + " " + key.second + " " + reason + firing + ended;
  }

  RouteTree tree_;
  std::map<std::string, Alert> alerts_;
  std::map<std::pair<std::string, std::string>, NotifiedGroup> told_;
};

// A dispatcher whose daemon stops and starts again: the store keeps what was told, the engine its alerts.
class RestartingDispatcher {
 public:
  explicit RestartingDispatcher(config::Route root) : root_(root), dispatcher_(std::move(root), {}) {}

  void update(const Alert& alert, Timestamp now) {
    alerts_[alert.id] = alert;
    dispatcher_.update(alert, now);
  }

  std::vector<std::string> take_due(Timestamp now) {
    std::vector<std::string> texts;
    for (const Dispatched& dispatched : dispatcher_.take_due(now)) {
      store_[record_key(dispatched.notified)] = encode(dispatched.notified);
      texts.push_back(text_of(dispatched));
    }
    for (const std::string& key : dispatcher_.take_forgotten()) store_.erase(key);
    std::sort(texts.begin(), texts.end());
    return texts;
  }

  void restart(Timestamp now) {
    std::vector<NotifiedGroup> remembered;
    for (const auto& [key, bytes] : store_) remembered.push_back(decode_notified_group(bytes).value());
    dispatcher_ = Dispatcher(root_, std::move(remembered));
    for (const auto& [id, alert] : alerts_) dispatcher_.update(alert, now);
  }

  std::optional<Timestamp> next_due() const { return dispatcher_.next_due(); }

 private:
  config::Route root_;
  Dispatcher dispatcher_;
  std::map<std::string, Alert> alerts_;
  std::map<std::string, std::string> store_;
};

config::Route random_route(std::mt19937& random) {
  const auto pick = [&random](std::vector<Duration> choices) { return choices[random() % choices.size()]; };
  const auto waits = [&](config::Route& route) {
    route.group_wait = pick({0s, 10s, 30s});
    route.group_interval = pick({0s, 1min, 5min});
    route.repeat_interval = pick({0s, 7min, 4h});
    // With neither, a group is due whenever it is asked for, which no configuration means.
    if (route.group_interval == 0s && route.repeat_interval == 0s) route.repeat_interval = 1h;
  };
  config::Route root;
  root.receiver = "all";
  root.group_by = random() % 2 == 0 ? std::vector<std::string>{"client"} : std::vector<std::string>{"..."};
  waits(root);
  config::Route pages;
  pages.receiver = "pages";
  pages.matchers = {{"severity", config::MatchKind::equal, "page"}};
  pages.continue_matching = random() % 2 == 0;
  waits(pages);
  config::Route acme;
  acme.matchers = {{"client", config::MatchKind::regex, "ac.*|beta"}};
  waits(acme);
  root.routes = {pages, acme};
  return root;
}

class DispatchPropertyTest : public ::testing::TestWithParam<unsigned> {};

TEST_P(DispatchPropertyTest, AgreesWithTheNaiveOneAndWithARestart) {
  const char* chosen = std::getenv("TIGHTROPE_TEST_SEED");
  const unsigned seed =
      chosen != nullptr ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)) : GetParam();
  SCOPED_TRACE("TIGHTROPE_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const config::Route root = random_route(random);
  Dispatcher plain(root, {});
  NaiveDispatcher naive(root);
  RestartingDispatcher restarting(root);

  Timestamp now = testing::kEvening;
  std::map<std::string, Alert> firing;
  std::vector<Alert> all;
  std::size_t messages = 0;
  const auto update = [&](const Alert& alert) {
    plain.update(alert, now);
    naive.update(alert);
    restarting.update(alert, now);
  };
  const auto any_firing = [&]() -> Alert& {
    return std::next(firing.begin(), static_cast<std::ptrdiff_t>(random() % firing.size()))->second;
  };
  for (int step = 0; step < 300; ++step) {
    const auto what = random() % 12;
    if (what < 3 && firing.size() < 12) {
      const std::string id = "a" + std::to_string(all.size());
      const char* clients[] = {"acme", "beta", "gamma"};
      const char* severities[] = {"page", "ticket"};
      all.push_back(testing::small_alert(id, clients[random() % 3], severities[random() % 2], now));
      firing[id] = all.back();
      update(all.back());
    } else if (what == 3 && !firing.empty()) {
      const Alert ended = testing::resolved(any_firing(), now);
      firing.erase(ended.id);
      update(ended);
    } else if (what == 4 && !firing.empty()) {
      Alert& alert = any_firing();
      ++alert.revision;
      alert.amendment = rules::Amendment{now, 40, 30, false};
      update(alert);
    } else if (what == 5 && !firing.empty()) {
      update(any_firing());
    } else if (what == 6) {
      restarting.restart(now);
    } else {
      const Duration steps[] = {1ms, 1s, 10s, 29s, 1min, 3min, 20min, 5h};
      now += steps[random() % 8];
    }
    std::vector<std::string> told;
    for (const Dispatched& dispatched : plain.take_due(now)) told.push_back(text_of(dispatched));
    std::sort(told.begin(), told.end());
    messages += told.size();
    ASSERT_EQ(told, naive.take_due(now)) << "step " << step;
    ASSERT_EQ(told, restarting.take_due(now)) << "step " << step;
    ASSERT_EQ(plain.next_due(), restarting.next_due()) << "step " << step;
  }
  EXPECT_GT(messages, 20u) << "the sequence told too little to prove anything";
}

INSTANTIATE_TEST_SUITE_P(Seeds, DispatchPropertyTest, ::testing::Range(1u, 17u));

}  // namespace
}  // namespace tightrope::daemon
