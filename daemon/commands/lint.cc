#include "daemon/commands/lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace tightrope::daemon::commands {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 3> kSubjects{"objective", "target", "playbook"};
constexpr std::array<std::string_view, 3> kLevels{"error", "warning", "note"};

config::Declared declared(rules::Subject::Kind kind) {
  switch (kind) {
    case rules::Subject::Kind::objective:
      return config::Declared::objective;
    case rules::Subject::Kind::target:
      return config::Declared::target;
    case rules::Subject::Kind::playbook:
      break;
  }
  return config::Declared::playbook;
}

Remark remark_of(rules::Finding finding, const config::SourcePlaces& places) {
  Remark remark;
  const rules::Subject& subject = finding.about.front();
  if (const auto* place = places.find(declared(subject.kind), finding.client, subject.name, subject.key))
    remark.error = *place;
  remark.kind = std::string(to_string(finding.kind));
  remark.error.problem = fmt::format("{} [{}]", finding.problem, remark.kind);
  remark.error.hint = std::move(finding.remedy);
  remark.error.level = finding.is_note ? config::ErrorLevel::note : config::ErrorLevel::warning;
  remark.likely = finding.likely;
  remark.client = std::move(finding.client);
  remark.about = std::move(finding.about);
  return remark;
}

bool same_place(const config::Location& a, const config::Location& b) {
  return a.file == b.file && a.line == b.line && a.column == b.column;
}

bool was_said(const Remark& remark, const config::Errors& by_readers) {
  return remark.kind == to_string(rules::FindingKind::never_applies) &&
         std::any_of(by_readers.begin(), by_readers.end(),
                     [&](const config::Error& error) { return same_place(error.where, remark.error.where); });
}

}  // namespace

std::vector<Remark> remarks_on(const config::Loaded& loaded) {
  std::vector<Remark> remarks;
  for (const config::Error& error : loaded.errors) {
    Remark& remark = remarks.emplace_back();
    remark.error = error;
  }
  if (!loaded.configuration) return remarks;
  std::vector<const rules::Strategy*> strategies;
  for (const config::Client& client : loaded.configuration->clients) strategies.push_back(&client.strategy);
  for (rules::Finding& finding : rules::lint(strategies)) {
    Remark remark = remark_of(std::move(finding), loaded.places);
    if (!was_said(remark, loaded.errors)) remarks.push_back(std::move(remark));
  }
  std::unordered_map<std::string, std::size_t> files;
  for (const std::string& file : loaded.configuration->files) files.try_emplace(file, files.size());
  const auto order = [&files](const Remark& remark) {
    const config::Location& where = remark.error.where;
    const auto file = files.find(where.file);
    return std::tuple(file == files.end() ? files.size() : file->second, where.line, where.column);
  };
  std::stable_sort(remarks.begin(), remarks.end(),
                   [&order](const Remark& a, const Remark& b) { return order(a) < order(b); });
  return remarks;
}

json::value to_json(const Remark& remark) {
  const config::Error& error = remark.error;
  json::object result{
      {"file", error.where.file},     {"line", error.where.line},
      {"column", error.where.column}, {"level", kLevels[static_cast<std::size_t>(error.level)]},
      {"kind", remark.kind},          {"path", error.path},
      {"problem", error.problem},     {"remedy", error.hint},
      {"likely", remark.likely}};
  if (!remark.client.empty()) result["client"] = remark.client;
  json::array about;
  for (const rules::Subject& subject : remark.about) {
    about.push_back(json::object{{"kind", kSubjects[static_cast<std::size_t>(subject.kind)]},
                                 {"name", subject.name},
                                 {"key", subject.key}});
  }
  if (!about.empty()) result["about"] = std::move(about);
  return result;
}

}  // namespace tightrope::daemon::commands
