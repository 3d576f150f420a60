#include "daemon/exposition.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "daemon/exposition_families.h"

namespace tightrope::daemon {
namespace {

bool is_reserved(std::string_view label) {
  static constexpr std::string_view kReserved[] = {"client", "objective", "target",   "kpi",      "window",
                                                   "le",     "quantile",  "job",      "instance", "severity",
                                                   "state",  "currency",  "playbook", "bound"};
  return std::find(std::begin(kReserved), std::end(kReserved), label) != std::end(kReserved) ||
         label.starts_with("__");
}

}  // namespace

// One target's label texts, node after node.
struct TargetLabels {
  std::string target;
  bool exported = false;
  std::string texts;
  std::vector<std::size_t> ends;  // of each node's text

  std::string_view at(std::size_t node) const noexcept {
    const std::size_t begin = node == 0 ? 0 : ends[node - 1];
    return std::string_view(texts).substr(begin, ends[node] - begin);
  }
};

struct KpiExposition::ClientLabels {
  Shape shape;
  std::vector<TargetLabels> targets;
};

namespace {

TargetLabels make_labels(const rules::Strategy& strategy, const rules::TargetView& view, bool exported) {
  TargetLabels result;
  result.target = view.target->name;
  result.exported = exported;
  if (!exported) return result;
  std::string common = label_set({{"client", strategy.client},
                                  {"objective", view.objective->name},
                                  {"target", view.target->name},
                                  {"kpi", view.target->kpi},
                                  {"window", to_string(view.target->over)}});
  common.resize(common.size() - 2);  // the brace stays open for the dimensions
  // The first two dimensions stand in every series, so that series of several levels can be told apart by
  // them.
  const std::size_t depth = std::min(strategy.dimensions.names.size(),
                                     static_cast<std::size_t>(std::max(2, view.target->per.depth)));
  const std::vector<std::string> names = dimension_labels(strategy.dimensions, depth);
  result.ends.reserve(view.entities.size());
  for (const rules::Entity& entity : view.entities) {
    result.texts += common;
    for (std::size_t i = 0; i < depth; ++i) {
      result.texts += ',';
      append_label(result.texts, names[i], entity.at(i));
    }
    result.texts += "} ";
    result.ends.push_back(result.texts.size());
  }
  result.texts.shrink_to_fit();
  return result;
}

// One column of samples.
struct Column {
  Column(KpiSamples& out, KpiFamily family) : text(out.of(family)), name(info_of(family).name) {}
  void add(std::string_view labels, double value) {
    if (!std::isnan(value)) text.sample(name, labels, value);
  }
  SampleText& text;
  std::string_view name;
};

void write_target(const rules::TargetView& view, const TargetLabels& cached, KpiSamples& out) {
  Column values(out, KpiFamily::value);
  Column targets(out, KpiFamily::target);
  Column gaps(out, KpiFamily::gap_ratio);
  Column evidence(out, KpiFamily::evidence_log10);
  Column sure(out, KpiFamily::sure_ratio);
  Column maturity(out, KpiFamily::maturity_ratio);
  for (std::size_t node = 0; node < view.verdicts.size(); ++node) {
    const rules::Verdict verdict = view.verdicts[node];
    const std::string_view labels = cached.at(node);
    values.add(labels, verdict.value);
    targets.add(labels, shown_bound(view.target->kind, verdict));
    gaps.add(labels, verdict.gap_ratio);
    evidence.add(labels, verdict.evidence_log10);
    sure.add(labels, verdict.sure);
    maturity.add(labels, verdict.maturity);
  }
}

}  // namespace

void KpiSamples::clear() noexcept {
  for (SampleText& text : texts_) text.clear();
}

std::size_t KpiSamples::size() const noexcept {
  std::size_t total = 0;
  for (const SampleText& text : texts_) total += text.size();
  return total;
}

void KpiSamples::collect(MetricsFormat format, std::vector<std::string>& headers,
                         std::vector<std::string_view>& parts) const {
  headers.clear();
  headers.reserve(kKpiFamilies);  // so that none moves: parts point into them
  for (std::size_t i = 0; i < kKpiFamilies; ++i) {
    if (texts_[i].empty()) continue;
    const FamilyInfo& info = info_of(static_cast<KpiFamily>(i));
    headers.push_back(family_header(info.name, info.help, "gauge", format));
    parts.push_back(headers.back());
    texts_[i].parts(parts);
  }
}

KpiExposition::KpiExposition() = default;
KpiExposition::~KpiExposition() = default;

void KpiExposition::configure(std::vector<config::ExportRule> exports) {
  const bool same = std::equal(exports.begin(), exports.end(), exports_.begin(), exports_.end(),
                               [](const config::ExportRule& a, const config::ExportRule& b) {
                                 return a.kpi == b.kpi && a.levels == b.levels;
                               });
  if (same) return;
  exports_ = std::move(exports);
  clients_.clear();
}

void KpiExposition::keep_only(std::span<const std::string> clients) {
  std::erase_if(clients_, [&](const auto& entry) {
    return std::find(clients.begin(), clients.end(), entry.first) == clients.end();
  });
}

bool KpiExposition::exported(const rules::Target& target) const noexcept {
  if (exports_.empty()) return true;
  for (const config::ExportRule& rule : exports_) {
    if (!rules::glob_match(rule.kpi, target.kpi)) continue;
    return std::find(rule.levels.begin(), rule.levels.end(), target.per) != rule.levels.end();
  }
  return false;
}

void KpiExposition::write(const rules::Engine& engine, KpiSamples& out) {
  std::vector<rules::TargetView> targets;
  targets.reserve(engine.target_count());
  for (std::size_t i = 0; i < engine.target_count(); ++i) targets.push_back(engine.target(i));
  const Shape shape{.engine = &engine, .version = engine.shape_version()};
  write_targets(engine.strategy(), shape, targets, out);
  write_counts(engine, out);
}

void KpiExposition::write_targets(const rules::Strategy& strategy, Shape shape,
                                  std::span<const rules::TargetView> targets, KpiSamples& out) {
  std::unique_ptr<ClientLabels>& cached = clients_[strategy.client];
  // Another engine may stand at the address of one that is gone, so names and sizes are compared too.
  const auto fits = [](const TargetLabels& texts, const rules::TargetView& view) {
    return texts.target == view.target->name &&
           (!texts.exported || texts.ends.size() == view.entities.size());
  };
  const bool fresh =
      cached && cached->shape == shape &&
      std::equal(cached->targets.begin(), cached->targets.end(), targets.begin(), targets.end(), fits);
  if (!fresh) {
    cached = std::make_unique<ClientLabels>();
    cached->shape = shape;
    cached->targets.reserve(targets.size());
    for (const rules::TargetView& view : targets) {
      cached->targets.push_back(make_labels(strategy, view, exported(*view.target)));
    }
  }
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (cached->targets[i].exported) write_target(targets[i], cached->targets[i], out);
  }
}

std::size_t KpiExposition::label_bytes() const noexcept {
  std::size_t total = 0;
  for (const auto& [client, cached] : clients_) {
    for (const TargetLabels& target : cached->targets) {
      total += target.texts.capacity() + target.ends.capacity() * sizeof(std::size_t);
    }
  }
  return total;
}

double shown_bound(rules::BoundKind kind, const rules::Verdict& verdict) noexcept {
  if (kind == rules::BoundKind::at_most) return verdict.high;
  if (kind == rules::BoundKind::at_least) return verdict.low;
  if (std::isnan(verdict.low) || std::isnan(verdict.high))
    return std::isnan(verdict.high) ? verdict.low : verdict.high;
  if (std::isnan(verdict.value)) return verdict.high;
  // Beyond a bound one is also nearer to it than to the other.
  return verdict.value - verdict.low < verdict.high - verdict.value ? verdict.low : verdict.high;
}

std::string dimension_label(std::string_view dimension) {
  std::string label;
  for (const char c : dimension) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    const bool digit = c >= '0' && c <= '9' && !label.empty();
    label += letter || digit ? c : '_';
  }
  if (label.empty() || is_reserved(label)) label.insert(0, "dimension_");
  return label;
}

std::vector<std::string> dimension_labels(const rules::Dimensions& dimensions, std::size_t depth) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < depth; ++i) {
    std::string name = dimension_label(dimensions.names[i]);
    if (std::find(names.begin(), names.end(), name) != names.end()) name += "_" + std::to_string(i);
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace tightrope::daemon
