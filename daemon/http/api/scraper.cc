#include "daemon/http/api/scraper.h"

#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "daemon/exposition.h"
#include "daemon/http/gzip.h"
#include "daemon/http/negotiation.h"
#include "daemon/metrics.h"

namespace tightrope::daemon::http {
namespace {

// One answer's bytes.
class MetricsPage final : public Pieces {
 public:
  const std::vector<std::string_view>& parts() const noexcept override { return parts_; }

  void clear() {
    parts_.clear();
    packed_.clear();
    kpi.clear();
    own.clear();
  }

  void assemble(MetricsFormat format) {
    kpi.collect(format, headers_, parts_);
    own.parts(parts_);
    if (format == MetricsFormat::openmetrics) parts_.push_back("# EOF\n");
  }

  void pack() { packed_ = gzip(parts_); }
  // The parts are the compressed bytes from now on.
  void use_packed() { parts_.assign(1, packed_); }

  KpiSamples kpi;
  SampleText own;

 private:
  std::vector<std::string> headers_;
  std::string packed_;
  std::vector<std::string_view> parts_;
};

struct Kind {
  MetricsFormat format = MetricsFormat::text;
  bool gzip = false;
  friend bool operator==(const Kind&, const Kind&) = default;
};

Response response_of(Kind kind, bool packed, std::shared_ptr<const MetricsPage> page) {
  Response response;
  response.content_type = content_type(kind.format);
  response.headers.emplace_back("Vary", "Accept, Accept-Encoding");
  if (packed) response.headers.emplace_back("Content-Encoding", "gzip");
  response.pieces = std::move(page);
  return response;
}

}  // namespace

struct Scraper::State {
  State(asio::any_io_executor io, Services& with, Background& jobs)
      : services(with), background(jobs), changed(io, asio::steady_timer::time_point::max()) {}

  // The page to write to: that of last time when nobody reads it any more. Null when too many are being read.
  std::shared_ptr<MetricsPage> take_page() {
    std::erase_if(pages, [](const auto& page) { return page.expired(); });
    if (last_page && last_page.use_count() == 1) {
      last_page->clear();
      return last_page;
    }
    if (pages.size() >= kMostPages) return nullptr;
    auto page = std::make_shared<MetricsPage>();
    pages.push_back(page);
    return page;
  }

  // Ends the rendering however it ends, and wakes who waits for it.
  class Turn {
   public:
    explicit Turn(State& state) : state_(state) { state_.busy = true; }
    ~Turn() {
      state_.busy = false;
      state_.changed.cancel();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    State& state_;
  };

  asio::awaitable<void> write_clients(MetricsPage& page) {
    if (!services.ready()) co_return;  // engines that are still recovering have nothing to show
    exposition.configure(services.configuration().exports);
    std::vector<std::string> names;
    for (const config::Client& client : services.configuration().clients)
      names.push_back(client.strategy.client);
    exposition.keep_only(names);
    for (const std::string& name : names) {
      ClientRuntime* const client = services.find_client(name);
      if (!client) continue;
      rules::EngineStats stats;
      std::function<void(const rules::Engine&)> read = [&](const rules::Engine& engine) {
        exposition.write(engine, page.kpi);
        stats = engine.stats();
      };
      co_await client->view(std::move(read));
      services.metrics().engine_state(name, stats);
    }
  }

  void write_own(MetricsPage& page, MetricsFormat format) {
    Metrics& metrics = services.metrics();
    const rules::Timestamp now = services.clock().now();
    for (const SourceStatus& source : services.sources()) metrics.source_state(source, now);
    metrics.outbox_state(services.backlog());
    metrics.journal_state(services.journal().stats());
    metrics.process_state();
    write_families(page.own, metrics.registry().Collect(), format);
  }

  asio::awaitable<Response> render(Kind kind) {
    const Turn turn(*this);
    rendering = kind;
    ++number;
    const std::shared_ptr<MetricsPage> page = take_page();
    if (!page) co_return unavailable("too many answers of this kind are still being read", 1);
    co_await write_clients(*page);
    write_own(*page, kind.format);
    page->assemble(kind.format);
    bool packed = false;
    if (kind.gzip) {
      std::function<void()> job = [&page] { page->pack(); };
      packed = co_await background.run(std::move(job));
      if (packed) page->use_packed();
    }
    last_page = page;
    last_number = number;
    last_packed = packed;
    co_return response_of(kind, packed, page);
  }

  Services& services;
  Background& background;
  asio::steady_timer changed;  // never expires; cancelled when a rendering ends
  KpiExposition exposition;
  bool busy = false;
  Kind rendering;                 // what is, or was last, rendered
  std::uint64_t number = 0;       // of that rendering
  std::uint64_t last_number = 0;  // of the rendering that last went well
  bool last_packed = false;
  std::shared_ptr<MetricsPage> last_page;
  std::vector<std::weak_ptr<MetricsPage>> pages;
};

Scraper::Scraper(asio::any_io_executor io, Services& services, Background& background)
    : state_(std::make_unique<State>(std::move(io), services, background)) {}

Scraper::~Scraper() = default;

asio::awaitable<Response> Scraper::scrape(MetricsFormat format, bool gzip) {
  State& state = *state_;
  const Kind kind{.format = format, .gzip = gzip};
  while (state.busy) {
    const bool same = state.rendering == kind;
    const std::uint64_t number = state.number;
    co_await state.changed.async_wait(asio::as_tuple(asio::use_awaitable));
    const asio::cancellation_state cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (same && state.last_number == number) co_return response_of(kind, state.last_packed, state.last_page);
  }
  Response response = co_await state.render(kind);
  co_return response;
}

}  // namespace tightrope::daemon::http
