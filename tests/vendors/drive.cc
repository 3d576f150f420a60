#include "tests/vendors/drive.h"

#include <gtest/gtest.h>

#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>

#include "tests/support/join_within.h"
#include "tests/vendors/json_text.h"

namespace tightrope::vendors {

namespace asio = boost::asio;

namespace {

// A real answer takes a millisecond; this is for machines under load.
constexpr auto kLongestRealWait = std::chrono::seconds(20);

// The rest of the world, which the source belongs to.
constexpr std::string_view kClient = R"(
clients:
  - name: acme
    timezone: ZONE
    currency: CURRENCY
    objectives:
      - name: growth
        why: The simulator needs a client.
        owner: kim
        match: {}
        targets:
          - {name: cost, kpi: cpc, at_most: 100000, over: 7d, per: campaign}
)";

std::string replaced(std::string text, std::string_view what, const std::string& by) {
  const std::size_t at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

}  // namespace

// Carries requests to the simulator by curl, and holds answers back for as long as it asks to, in virtual
// time.
class Drive::VirtualTransfer final : public collectors::Transfer {
 public:
  VirtualTransfer(asio::any_io_executor executor, collectors::Clock& clock)
      : curl_(collectors::make_curl_transfer(std::move(executor), {})), clock_(clock) {}

  asio::awaitable<collectors::TransferResult> fetch(collectors::TransferRequest request) override {
    const rules::Timestamp deadline = clock_.now() + request.timeout;
    auto carried = under_way(std::move(request));
    collectors::TransferResult result = co_await std::move(carried);
    const std::string* text = result ? result->header(kDelayHeader) : nullptr;
    if (!text) co_return std::move(result);
    std::int64_t milliseconds = 0;
    std::from_chars(text->data(), text->data() + text->size(), milliseconds);
    const rules::Timestamp until = clock_.now() + rules::Duration(milliseconds);
    const rules::Timestamp wake = std::min(until, deadline);
    co_await clock_.sleep_until(wake);
    if (until > deadline)
      co_return collectors::TransferError{collectors::TransferFailure::timeout, "no answer in time"};
    co_return std::move(result);
  }

  int waiting() const noexcept { return waiting_; }

 private:
  struct Count {
    explicit Count(int& of) : of_(of) { ++of_; }
    ~Count() { --of_; }
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    int& of_;
  };

  asio::awaitable<collectors::TransferResult> under_way(collectors::TransferRequest request) {
    const Count count(waiting_);
    auto fetched = curl_->fetch(std::move(request));
    collectors::TransferResult result = co_await std::move(fetched);
    co_return std::move(result);
  }

  const std::unique_ptr<collectors::Transfer> curl_;
  collectors::Clock& clock_;
  int waiting_ = 0;
};

Drive::Drive(std::unique_ptr<Vendor> vendor) : simulator_(std::move(vendor), clock_) {}

Drive::~Drive() {
  if (poller_) stop_polling();
}

std::string Drive::configuration_text() const {
  static const std::set<std::string> kSecrets{"access_token", "developer_token", "key", "token"};
  const VendorFacts facts = simulator_.facts();
  const std::string api = simulator_.addresses().api;
  std::string with = "    with:\n      allow_private_addresses: true\n", secrets = "    secrets:\n";
  const bool connector = facts.connector != "http_json";
  if (connector) with += "      base_url: " + json_text(api) + "\n      constants: {channel: simulated}\n";
  if (facts.oauth) {
    with += "      token_url: " + json_text(simulator_.token_url()) + '\n';
    secrets += std::string("      client_id: ") + TokenDesk::kClientId +
               "\n      client_secret: " + TokenDesk::kClientSecret +
               "\n      refresh_token: refresh-secret-0\n";
  }
  for (const auto& [name, value] : facts.with) {
    // JSON is YAML, and stands for itself.
    const bool nested = value.starts_with("{\"") || value == "true";
    std::string& section = kSecrets.contains(name) ? secrets : with;
    section += "      " + name + ": " + (nested ? value : json_text(replaced(value, "{api}", api))) + '\n';
  }
  return "sources:\n  - name: vendor\n    client: acme\n    connector: " + facts.connector +
         "\n    every: 15m\n    jitter: 0\n    lookback: " + std::to_string(facts.lookback) +
         "d\n    timezone: " + facts.timezone + "\n    currency: " + facts.currency + '\n' + with + secrets +
         replaced(replaced(std::string(kClient), "ZONE", facts.timezone), "CURRENCY", facts.currency);
}

std::string Drive::start() {
  const std::string file = folder_.write("tightrope.yaml", configuration_text());
  config::Loaded loaded = config::load(file);
  if (!loaded.configuration) {
    std::string text = configuration_text();
    for (const config::Error& error : loaded.errors)
      text += '\n' + std::to_string(error.where.line) + ": " + error.path + ": " + error.problem;
    return text;
  }
  configuration_ = std::move(loaded.configuration);
  begin_polling();
  return {};
}

void Drive::begin_polling() {
  const config::Source& source = configuration_->sources.at(0);
  translation_ = collectors::Translation::between(source, configuration_->clients.at(0).strategy);
  transfer_ = std::make_unique<VirtualTransfer>(io_.get_executor(), clock_);
  tokens_ = collectors::make_tokens(*transfer_, clock_, token_store_);
  gates_.emplace(clock_);
  auto collector = collectors::make_collector(source, {.transfer = *transfer_,
                                                       .calendar = translation_->source_calendar(),
                                                       .dimensions = configuration_->dimensions,
                                                       .clock = &clock_,
                                                       .tokens = tokens_.get(),
                                                       .gates = &*gates_});
  daemon::PollerContext context{
      .clock = clock_,
      .slots = slots_,
      .metrics = metrics_,
      .hand_over = [this](rules::ObservationBatch batch, std::optional<rules::Coverage> coverage) {
        return take(std::move(batch), coverage);
      }};
  poller_ = std::make_unique<daemon::Poller>(source, std::move(collector), *translation_, std::move(context),
                                             daemon::first_status(source));
  task_ = std::make_unique<daemon::TaskGroup>(
      io_.get_executor(),
      [](const std::string& name, std::exception_ptr) { ADD_FAILURE() << name << " ended"; });
  task_->spawn("poller", poller_->run());
}

void Drive::stop_polling() {
  task_->cancel();
  EXPECT_TRUE(testing::join_within(io_, *task_));
  task_.reset();
  poller_.reset();
  gates_.reset();
  tokens_.reset();
  transfer_.reset();
}

void Drive::restart() {
  stop_polling();
  begin_polling();
}

rules::DayRange Drive::days_read() const {
  const rules::Day today = translation_->source_calendar().day_of(clock_.now());
  return {today - (simulator_.facts().lookback - 1), today};
}

asio::awaitable<daemon::Taken<daemon::Accepted>> Drive::take(rules::ObservationBatch batch,
                                                             std::optional<rules::Coverage> coverage) {
  figures_.take(batch, coverage);
  HandedOver handed{
      .at = clock_.now(), .days = days_read(), .differences = {}, .fault_had_fired = simulator_.fired()};
  const Truth truth =
      simulator_.with_vendor([this](Vendor& vendor, TokenDesk&) { return vendor.truth(clock_.now()); });
  handed.differences = figures_.differences(truth, handed.days);
  handed_over_.push_back(std::move(handed));
  daemon::Taken<daemon::Accepted> taken = daemon::Accepted{};
  co_return taken;
}

bool Drive::run_until(const std::function<bool()>& condition, rules::Duration at_most) {
  const rules::Timestamp limit = clock_.now() + at_most;
  for (;;) {
    io_.restart();
    io_.poll();
    if (condition()) return true;
    if (transfer_->waiting() > 0) {
      if (io_.run_one_for(kLongestRealWait) == 0) {
        ADD_FAILURE() << "an answer never came";
        return false;
      }
      continue;
    }
    const auto next = clock_.next_deadline();
    if (!next || *next > limit) return false;
    clock_.set(std::max(*next, clock_.now()));
  }
}

bool Drive::next_batch(rules::Duration at_most) {
  const std::size_t before = handed_over_.size();
  return run_until([&] { return handed_over_.size() > before; }, at_most);
}

}  // namespace tightrope::vendors
