// The KPI families of /metrics, written from the engines' columns with label texts that are kept between
// scrapes.
//
// They can be hundreds of thousands of series, so they do not pass through a metrics library. A figure that
// is unknown has no sample: missing is not zero. tightrope_kpi_target shows one bound for each check; of
// `between`, the one that is missed, else the one that is nearer to the figure, else the upper one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"
#include "daemon/sample_text.h"
#include "rules/engine.h"

namespace tightrope::daemon {

enum class KpiFamily : std::uint8_t {
  value,
  target,
  gap_ratio,
  evidence_log10,
  sure_ratio,
  maturity_ratio,
  verdicts,
  stake_per_hour,
  room_used_ratio,
  alerts,
  recommendations,
  spend_aligned_ratio,
  anomaly_score,
  source_maturity_ratio,
};
constexpr std::size_t kKpiFamilies = 14;

// The samples of all clients, by family.
class KpiSamples {
 public:
  SampleText& of(KpiFamily family) noexcept { return texts_[static_cast<std::size_t>(family)]; }
  void clear() noexcept;
  std::size_t size() const noexcept;  // bytes
  // Each family that has samples: its header, then its samples. `headers` owns the headers and must outlive
  // `parts`.
  void collect(MetricsFormat format, std::vector<std::string>& headers,
               std::vector<std::string_view>& parts) const;

 private:
  std::array<SampleText, kKpiFamilies> texts_;
};

// Writes one client after the other. Not on several threads at once.
class KpiExposition {
 public:
  KpiExposition();
  ~KpiExposition();

  // Which levels become series: the first rule that names the KPI decides, and a KPI that none names has no
  // series. No rules: every target at its own level.
  void configure(std::vector<config::ExportRule> exports);
  // Forgets the label texts of all other clients.
  void keep_only(std::span<const std::string> clients);

  // Everything of one client.
  void write(const rules::Engine& engine, KpiSamples& out);
  // The tightrope_kpi_* families alone. `shape` changes whenever the targets or their entities do.
  struct Shape {
    const void* engine = nullptr;
    std::uint64_t version = 0;
    friend bool operator==(const Shape&, const Shape&) = default;
  };
  void write_targets(const rules::Strategy& strategy, Shape shape, std::span<const rules::TargetView> targets,
                     KpiSamples& out);

  std::size_t label_bytes() const noexcept;  // kept between scrapes

 private:
  struct ClientLabels;
  bool exported(const rules::Target& target) const noexcept;

  std::vector<config::ExportRule> exports_;
  std::map<std::string, std::unique_ptr<ClientLabels>, std::less<>> clients_;
};

// The bound that tightrope_kpi_target shows.
double shown_bound(rules::BoundKind kind, const rules::Verdict& verdict) noexcept;

// A dimension's name as a label: other characters become `_`, and names that Tightrope or Prometheus use
// themselves get "dimension_" in front.
std::string dimension_label(std::string_view dimension);
// Labels of the first `depth` dimensions, each once.
std::vector<std::string> dimension_labels(const rules::Dimensions& dimensions, std::size_t depth);

}  // namespace tightrope::daemon
