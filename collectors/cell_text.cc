#include "collectors/cell_text.h"

#include <algorithm>
#include <array>

namespace tightrope::collectors {

std::string folded(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\xc2' || c == '\xa0') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_not_computed_yet(std::string_view cell) {
  constexpr std::array<std::string_view, 9> kWaiting{"loading",     "#getting_data", "#busy!",
                                                     "wirdgeladen", "chargement",    "cargando",
                                                     "caricamento", "carregando",    "laden"};
  std::string text = folded(cell);
  while (text.ends_with('.')) text.pop_back();
  if (text.ends_with("\xe2\x80\xa6")) text.resize(text.size() - 3);  // an ellipsis
  if (text.size() == folded(cell).size() && !text.starts_with('#')) return false;
  return std::find(kWaiting.begin(), kWaiting.end(), text) != kWaiting.end();
}

bool is_formula_error(std::string_view cell) {
  constexpr std::array<std::string_view, 8> kErrors{"#N/A",    "#DIV/0!", "#NULL!",  "#REF!",
                                                    "#VALUE!", "#NAME?",  "#ERROR!", "#NUM!"};
  return std::find(kErrors.begin(), kErrors.end(), cell) != kErrors.end();
}

std::string date_shape(std::string_view text) {
  std::size_t longest = 0;
  for (std::size_t i = 0, run = 0; i < text.size(); ++i) {
    run = text[i] >= '0' && text[i] <= '9' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  std::string shape;
  bool in_digits = false;
  for (const char c : text) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (digit && !in_digits) shape += '#' + std::to_string(longest);
    if (!digit) shape += letter ? 'a' : c;
    in_digits = digit;
  }
  return shape;
}

// "Total", "total:", "Totals", "Grand total", "Total: account", "Gesamtsumme", "Sum", "Suma". Dates have
// digits, and none of these words.
bool is_total(std::string_view text) noexcept {
  constexpr std::string_view kGrand = "grand ";
  constexpr std::array<std::string_view, 8> kTotals{"total",     "totaal", "sum",   "gesamt",
                                                    "insgesamt", "somme",  "somma", "soma"};
  const auto starts_with = [&text](std::string_view word) {
    return text.size() >= word.size() &&
           std::equal(word.begin(), word.end(), text.begin(), [](char a, char b) {
             return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
           });
  };
  if (starts_with(kGrand)) text.remove_prefix(kGrand.size());
  return std::any_of(kTotals.begin(), kTotals.end(), starts_with);
}

bool is_named_total(std::string_view name) {
  constexpr std::array<std::string_view, 14> kTotals{
      "total",       "totals",         "grandtotal", "totaal", "totale", "sum",   "suma",
      "gesamtsumme", "gesamtergebnis", "gesamt",     "summe",  "somme",  "somma", "insgesamt"};
  std::string word = folded(name);
  if (word.ends_with(':')) word.pop_back();
  return std::find(kTotals.begin(), kTotals.end(), word) != kTotals.end();
}

}  // namespace tightrope::collectors
