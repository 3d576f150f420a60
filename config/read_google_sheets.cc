// `with:` and `secrets:` of connector google_sheets.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "config/readers.h"
#include "config/scalars.h"

namespace tightrope::config {
namespace {

// NA() says that there is no figure, and so does a division by zero. Other errors of formulas are mistakes of
// the sheet, and are told.
constexpr std::array<std::string_view, 3> kNoFigure{"#N/A", "#DIV/0!", "#NULL!"};

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
  });
}

void read_key(MappingReader& in, GoogleSheetsSource& sheet) {
  const auto at = in.get("key", Shape::text);
  const auto key = at ? at->text() : std::nullopt;
  if (!key) return;
  sheet.key = *key;
  if (!is_key(*key)) {
    at->error("is not the key of a spreadsheet", sheet.published
                                                     ? "what stands between /d/e/ and /pub in its address"
                                                     : "what stands between /d/ and /edit in its address");
  } else if (!sheet.published && key->starts_with("2PACX-")) {
    at->error("is the key of a published sheet", "write published: true beside it");
  }
}

}  // namespace

GoogleSheetsSource read_google_sheets(const Cursor& with, const std::optional<Cursor>& secrets,
                                      const Scope& scope, Source& source) {
  MappingReader in(with, kGoogleSheetsKeys);
  GoogleSheetsSource sheet;
  sheet.published = in.boolean("published").value_or(false);
  read_key(in, sheet);
  sheet.gid = in.integer("gid", {0, std::numeric_limits<std::int64_t>::max()}).value_or(0);
  sheet.base_url = read_base_url(in).value_or(sheet.base_url);
  sheet.table.spreadsheet = true;
  read_table(in, scope, source, sheet.table);
  if (!in.has("missing")) {
    for (const auto text : kNoFigure) sheet.table.mapping.missing.emplace_back(text);
  }
  if (secrets) {
    MappingReader hidden(*secrets, kGoogleSheetsSecretKeys);
    sheet.token = hidden.secret("token").value_or(Secret());
  }
  if (in.boolean("allow_private_addresses").value_or(false)) source.allow_private_addresses = true;
  return sheet;
}

}  // namespace tightrope::config
