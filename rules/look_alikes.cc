#include "rules/look_alikes.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "rules/name_characters.h"

namespace tightrope::rules {
namespace {

constexpr std::size_t kLeastWord = 5;   // letters of a word that a letter may differ in
constexpr std::size_t kLeastLeft = 6;   // letters of what is left beside a word
constexpr std::size_t kMostAlike = 32;  // names that one spelling mistake is looked for in

using Number = std::uint32_t;  // of a name
using Text = std::u32string;   // a letter is one element

struct Words {
  std::vector<Text> words;
  std::vector<bool> has_digits;  // by word
  Text joined;                   // with spaces
  Text together;                 // without
  Text numbers;                  // runs of digits
};

Text join(const std::vector<Text>& words, std::size_t begin, std::size_t end) {
  Text text;
  for (std::size_t i = begin; i < end; ++i) {
    if (i > begin) text += U' ';
    text += words[i];
  }
  return text;
}

Words words_of(std::string_view name, const NameFolding* folding) {
  const std::string text =
      unaccented_name(folding != nullptr ? folding->stripped(folding->folded(name)) : std::string(name));
  Words result;
  bool in_word = false;
  bool in_number = false;
  for (std::string_view left = text; !left.empty();) {
    const NameCharacter next = first_character(left);
    left.remove_prefix(next.length);
    const bool digit = next.kind == NameCharacter::Kind::digit;
    if (!digit && next.kind != NameCharacter::Kind::letter) {
      in_word = in_number = false;
      continue;
    }
    if (!in_word) {
      result.words.emplace_back();
      result.has_digits.push_back(false);
    }
    in_word = true;
    result.words.back() += next.code;
    if (digit) {
      result.has_digits.back() = true;
      if (!in_number) result.numbers += U' ';
      result.numbers += next.code;
    }
    in_number = digit;
  }
  result.joined = join(result.words, 0, result.words.size());
  for (const Text& word : result.words) result.together += word;
  return result;
}

// Whether one step makes one of the other: a letter more, less, changed, or swapped with the next.
bool one_step(std::u32string_view a, std::u32string_view b) noexcept {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > 1) return false;
  std::size_t same = 0;
  while (same < a.size() && a[same] == b[same]) ++same;
  const std::u32string_view rest_a = a.substr(same);
  const std::u32string_view rest_b = b.substr(same);
  if (a.size() < b.size()) return rest_a == rest_b.substr(1);
  if (rest_a.empty()) return false;
  if (rest_a.substr(1) == rest_b.substr(1)) return true;
  return rest_a.size() > 1 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0] &&
         rest_a.substr(2) == rest_b.substr(2);
}

class Search {
 public:
  Search(std::span<const std::string> names, const NameFolding* folding) : names_(names), folding_(folding) {
    for (const std::string& name : names) {
      const Words& words = words_.emplace_back(words_of(name, folding));
      for (const Text& word : std::set<Text>(words.words.begin(), words.words.end())) ++names_with_[word];
    }
  }

  LookAlikes take(std::size_t most) {
    by_signs();
    by_order();
    by_letter();
    by_word();
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      return a.likely != b.likely ? a.likely > b.likely : a.pair < b.pair;
    });
    LookAlikes result;
    result.left_out = left_out_ + (found_.size() - std::min(most, found_.size()));
    found_.resize(std::min(most, found_.size()));
    for (const Found& found : found_)
      result.pairs.push_back({names_[found.pair.first], names_[found.pair.second], found.likeness});
    return result;
  }

 private:
  using Pair = std::pair<Number, Number>;  // ascending
  struct Found {
    Pair pair;
    Likeness likeness;
    double likely;
  };

  // The first way in which a pair is alike is the one that is told.
  void add(Number a, Number b, Likeness likeness, double likely) {
    const Pair pair = std::minmax(a, b);
    if (a == b || words_[a].numbers != words_[b].numbers || !seen_.insert(pair).second) return;
    if (folding_ != nullptr && folding_->same(names_[a], names_[b])) return;
    found_.push_back({pair, likeness, likely});
  }

  template <class KeyOf>
  void by_key(Likeness likeness, double likely, KeyOf key_of) {
    std::unordered_map<Text, Number> first;
    for (Number i = 0; i < words_.size(); ++i) {
      if (words_[i].words.empty()) continue;
      const auto [place, is_new] = first.try_emplace(key_of(words_[i]) + U"\n" + words_[i].numbers, i);
      if (!is_new) add(place->second, i, likeness, likely);
    }
  }

  void by_signs() {
    by_key(Likeness::signs, 1, [](const Words& words) { return words.together; });
  }

  void by_order() {
    by_key(Likeness::order, 0.9, [](const Words& words) {
      std::vector<Text> sorted = words.words;
      std::sort(sorted.begin(), sorted.end());
      return join(sorted, 0, sorted.size());
    });
  }

  bool may_differ(const Words& words, std::size_t word) const {
    return words.words[word].size() >= kLeastWord && !words.has_digits[word];
  }

  // Names that a step parts have a text in common: one of them, or both, without a letter.
  void by_letter() {
    std::vector<std::pair<std::size_t, Number>> texts;  // hashes
    const std::hash<Text> hash;
    for (Number i = 0; i < words_.size(); ++i) {
      const Words& of = words_[i];
      texts.emplace_back(hash(of.joined), i);
      std::size_t begin = 0;
      for (std::size_t word = 0; word < of.words.size(); ++word) {
        const std::size_t length = of.words[word].size();
        for (std::size_t at = 0; may_differ(of, word) && at < length; ++at) {
          Text without = of.joined;
          without.erase(begin + at, 1);
          texts.emplace_back(hash(without), i);
        }
        begin += length + 1;
      }
    }
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    for (std::size_t begin = 0; begin < texts.size();) {
      std::size_t end = begin;
      while (end < texts.size() && texts[end].first == texts[begin].first) ++end;
      const std::size_t looked = std::min(end, begin + kMostAlike);
      left_out_ += end - looked;
      for (std::size_t a = begin; a < looked; ++a) {
        for (std::size_t b = a + 1; b < looked; ++b) add_if_one_step(texts[a].second, texts[b].second);
      }
      begin = end;
    }
  }

  void add_if_one_step(Number a, Number b) {
    const Words& left = words_[a];
    const Words& right = words_[b];
    if (left.words.size() != right.words.size()) return;
    const auto [one, other] =
        std::mismatch(left.words.begin(), left.words.end(), right.words.begin(), right.words.end());
    if (one == left.words.end() || !std::equal(one + 1, left.words.end(), other + 1)) return;
    const auto word = static_cast<std::size_t>(one - left.words.begin());
    if (!may_differ(left, word) || !may_differ(right, word) || !one_step(*one, *other)) return;
    const auto rarer = static_cast<double>(std::min(names_with_[*one], names_with_[*other]));
    add(a, b, Likeness::letter, 0.8 / rarer);
  }

  void by_word() {
    std::unordered_map<Text, Number> whole;
    for (Number i = 0; i < words_.size(); ++i) whole.try_emplace(words_[i].joined, i);
    struct Parted {
      Number with, without;
      Text word;  // with its side
    };
    std::vector<Parted> parted;
    std::map<Text, std::size_t> support;
    const auto look = [&](Number i, std::size_t word, std::size_t begin, std::size_t end) {
      const Words& of = words_[i];
      if (of.has_digits[word]) return;
      const Text left = join(of.words, begin, end);
      if (left.size() < kLeastLeft) return;
      const auto place = whole.find(left);
      if (place == whole.end()) return;
      Text side = (word == 0 ? U"<" : U">") + of.words[word];
      ++support[side];
      parted.push_back({i, place->second, std::move(side)});
    };
    for (Number i = 0; i < words_.size(); ++i) {
      const std::size_t count = words_[i].words.size();
      if (count < 2) continue;
      look(i, 0, 1, count);
      look(i, count - 1, 0, count - 1);
    }
    for (const Parted& one : parted) {
      const auto pairs = static_cast<double>(support[one.word]);
      add(one.with, one.without, Likeness::word, 0.7 - 0.5 / pairs);
    }
  }

  std::span<const std::string> names_;
  const NameFolding* folding_;
  std::vector<Words> words_;                          // by name
  std::unordered_map<Text, std::size_t> names_with_;  // by word
  std::set<Pair> seen_;
  std::vector<Found> found_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string_view to_string(Likeness likeness) noexcept {
  switch (likeness) {
    case Likeness::signs:
      return "signs";
    case Likeness::order:
      return "order";
    case Likeness::letter:
      return "letter";
    case Likeness::word:
      return "word";
  }
  return "";
}

LookAlikes look_alikes(std::span<const std::string> names, const NameFolding* folding, std::size_t most) {
  return Search(names, folding).take(most);
}

}  // namespace tightrope::rules
