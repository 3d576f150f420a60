// The daemon killed at random points under load, again and again: nothing that it acknowledged is lost, every
// alert is told, and no transition is told twice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../daemon/raw_http_client.h"
#include "daemon/journal.h"
#include "daemon/recovery.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr int kCycles = 200;
constexpr int kPushers = 2;
constexpr int kMostPushes = 40;  // of one pusher in one cycle, so that restarts stay quick
constexpr auto kPatience = 150s;

rules::Day today() {
  return {static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()).time_since_epoch().count())};
}

std::string configuration(const std::string& sink) {
  return R"(
sources:
  - {name: shop, client: acme, connector: push}
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - name: trials
        why: Trials are most of the pipeline.
        owner: kim
        targets:
          - {name: trial_cpa, kpi: cpa, at_most: 40, over: 30d, per: campaign, severity: page}
journal: {snapshot_every: 1s}
receivers:
  - {name: oncall, webhook: {url: ")" +
         sink + R"("}}
route: {receiver: oncall, group_by: ["..."], group_wait: 0s, group_interval: 1s, repeat_interval: 24h}
)";
}

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

class Daemon {
 public:
  explicit Daemon(const std::string& directory) : log_(directory + "/daemon.log") {
    const std::string config = "--config.file=" + directory + "/tightrope.yaml";
    const std::string storage = "--storage.path=" + directory + "/data";
    // What the daemon before it wrote must not be taken for its own.
    std::ofstream(log_, std::ios::trunc).close();
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ == 0) {
      if (!freopen(log_.c_str(), "w", stderr)) _exit(126);
      execl(TIGHTROPE_BINARY, "tightrope", "run", config.c_str(), storage.c_str(),
            "--web.listen-address=127.0.0.1:0", "--log.level=info", static_cast<char*>(nullptr));
      _exit(127);
    }
  }
  ~Daemon() {
    if (pid_ > 0) end(SIGKILL);
  }
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // The port it answers on, as its log says once it is ready; 0 when it ended, or was not ready in time: see
  // problem().
  std::uint16_t wait_until_ready() {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < until) {
      int status = 0;
      if (waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        problem_ = WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status))
                                       : "ended with exit code " + std::to_string(WEXITSTATUS(status));
        return 0;
      }
      const std::string log = text_of(log_);
      const auto ready = log.find("ready after");
      const auto port = log.find(" port=", ready);
      // The whole line has been written.
      if (ready != std::string::npos && port != std::string::npos &&
          log.find('\n', port) != std::string::npos)
        return static_cast<std::uint16_t>(std::stoi(log.substr(port + 6)));
      std::this_thread::sleep_for(2ms);
    }
    problem_ = "not ready in time";
    return 0;
  }
  std::string problem() const { return problem_ + "; its log:\n" + text_of(log_); }
  int end(int signal) {
    kill(pid_, signal);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return status;
  }

 private:
  const std::string log_;
  std::string problem_;
  pid_t pid_ = -1;
};

// Pushes one campaign after the other until the daemon is gone, and remembers those that were acknowledged.
class Load {
 public:
  void push(std::uint16_t port, int cycle, int pusher, const std::atomic<bool>& enough) {
    try {
      RawHttpClient client(port);
      for (int i = 0; i < kMostPushes && !enough; ++i) {
        const std::string campaign =
            "c" + std::to_string(cycle) + "_" + std::to_string(pusher) + "_" + std::to_string(i);
        const std::string body = R"({"source":"shop","observations":[{"bucket":")" + to_string(day_) +
                                 R"(","channel":"search","campaign":")" + campaign +
                                 R"(","metrics":{"spend":100,"conversions":1}}]})";
        const auto answer = client.post("/api/v1/observations", body);
        if (!answer) return;
        if (answer->status != 202) continue;
        const std::lock_guard lock(mutex_);
        acknowledged_.insert(campaign);
      }
    } catch (const std::exception&) {
      // It was killed before the connection stood.
    }
  }
  std::set<std::string> acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  rules::Day day() const { return day_; }

 private:
  const rules::Day day_ = today();
  mutable std::mutex mutex_;
  std::set<std::string> acknowledged_;
};

// What the webhook was told, and was told to have taken.
class Sink {
 public:
  HttpReply take(const HttpRequest& request) {
    const json::value body = json::parse(request.body);
    const std::string id = request.header("x-tightrope-notification");
    const std::lock_guard lock(mutex_);
    for (const json::value& alert : body.at("alerts").as_array()) {
      const std::string campaign(alert.at("labels").at("campaign").as_string());
      const std::string status(alert.at("status").as_string());
      const std::string began(alert.at("startsAt").as_string());
      told_[{campaign, status + " " + began}].insert(id);
      if (status == "firing") firing_.insert(campaign);
    }
    return HttpReply{.status = 200};
  }
  std::set<std::string> firing() const {
    const std::lock_guard lock(mutex_);
    return firing_;
  }
  // Transitions that more than one notification told of. A notification that is sent again keeps its id.
  std::vector<std::string> told_twice() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> twice;
    for (const auto& [transition, ids] : told_) {
      if (ids.size() > 1) twice.push_back(transition.first + " " + transition.second);
    }
    return twice;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> told_;
  std::set<std::string> firing_;
};

// The campaigns whose figures the journal holds, each as it was pushed.
std::set<std::string> campaigns_in(const std::string& storage, rules::Day day) {
  auto opened = daemon::open_sqlite_journal({.directory = storage, .read_only = true});
  if (opened.error) throw std::runtime_error(opened.error->text);
  auto outcome = daemon::recover_engine(*opened.journal, "acme");
  if (const auto* error = std::get_if<daemon::JournalError>(&outcome)) throw std::runtime_error(error->text);
  const rules::Engine& engine = *std::get<daemon::Recovered>(outcome).engine;
  const rules::TargetView view = engine.target(0);
  std::set<std::string> campaigns;
  for (std::size_t node = 0; node < view.entities.size(); ++node) {
    if (view.verdicts[node].value != 100) continue;
    const auto points = engine.series("spend", view.entities[node], "", "", {.first = day, .last = day});
    if (points.size() == 1 && points[0].value == 100) campaigns.emplace(view.entities[node].at(1));
  }
  return campaigns;
}

std::vector<std::string> missing(const std::set<std::string>& wanted, const std::set<std::string>& found) {
  std::vector<std::string> lost;
  for (const std::string& one : wanted) {
    if (!found.contains(one)) lost.push_back(one);
  }
  return lost;
}

TEST(KillTest, NothingAcknowledgedIsLostNoAlertIsLostAndNoTransitionIsToldTwice) {
  const char* given = std::getenv("TIGHTROPE_SEED");
  const unsigned seed =
      given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  SCOPED_TRACE("TIGHTROPE_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  const TemporaryDirectory directory;
  Sink sink;
  const HttpServer webhook([&](const HttpRequest& request) { return sink.take(request); });
  write_file(directory / "tightrope.yaml", configuration(webhook.url("/alerts")));

  Load load;
  for (int cycle = 0; cycle < kCycles; ++cycle) {
    Daemon daemon(directory.path());
    if (std::uniform_int_distribution<int>(0, 9)(random) == 0) {
      // Now and then before it is ready: while it recovers.
      std::this_thread::sleep_for(
          std::chrono::milliseconds(std::uniform_int_distribution<int>(1, 60)(random)));
      daemon.end(SIGKILL);
      continue;
    }
    const std::uint16_t port = daemon.wait_until_ready();
    ASSERT_NE(port, 0) << "cycle " << cycle << ": " << daemon.problem();
    std::atomic<bool> enough = false;
    std::vector<std::thread> pushers;
    for (int i = 0; i < kPushers; ++i) pushers.emplace_back([&, i] { load.push(port, cycle, i, enough); });
    std::this_thread::sleep_for(
        std::chrono::microseconds(std::uniform_int_distribution<int>(1'000, 40'000)(random)));
    daemon.end(SIGKILL);
    enough = true;
    for (std::thread& pusher : pushers) pusher.join();
  }

  const std::set<std::string> acknowledged = load.acknowledged();
  ASSERT_GT(acknowledged.size(), static_cast<std::size_t>(kCycles)) << "too little load to tell anything";
  Daemon daemon(directory.path());
  ASSERT_NE(daemon.wait_until_ready(), 0) << daemon.problem();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!missing(acknowledged, sink.firing()).empty() && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(50ms);
  }
  const int status = daemon.end(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << daemon.problem();

  EXPECT_EQ(missing(acknowledged, campaigns_in(directory / "data", load.day())), std::vector<std::string>())
      << "lost figures";
  EXPECT_EQ(missing(acknowledged, sink.firing()), std::vector<std::string>()) << "lost alerts";
  EXPECT_EQ(sink.told_twice(), std::vector<std::string>());
  RecordProperty("acknowledged", static_cast<int>(acknowledged.size()));
}

}  // namespace
}  // namespace tightrope::testing
