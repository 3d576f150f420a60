#include "config/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace tightrope::config {
namespace {

struct Refusal {
  Place where;
  std::string problem;
  std::string hint;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::size_t file, Problems& problems) : file_(file), problems_(problems) {}

  Node take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw Refusal{place(mark), "a second document begins here; one file holds one document",
                    "remove the line ---"};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add({.kind = NodeKind::null, .where = place(mark), .text = {}, .items = {}, .entries = {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_anchor(mark, 1); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    const bool quoted = tag == "!";
    if (quoted && !is_closed(place(mark))) {
      throw Refusal{place(mark), "a quotation mark has no twin", "close the text where it ends"};
    }
    const bool null = !quoted && (value.empty() || value == "~" || value == "null");
    add({.kind = null ? NodeKind::null : NodeKind::scalar,
         .where = place(mark),
         .text = value,
         .quoted = quoted,
         .items = {},
         .entries = {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, NodeKind::sequence);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, NodeKind::mapping);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Frame {
    Node node;
    std::optional<std::pair<std::string, Place>> key;
    std::unordered_map<std::string, int> lines;  // of the keys so far
  };

  Place place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column}; }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor == YAML::NullAnchor) return;
    throw Refusal{place(mark), "anchors and aliases (& and *) are not accepted; write the value out",
                  "text that begins with & or * is quoted: \"*\""};
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Refusal{place(mark), "tags (a leading !) are not accepted; write the value alone",
                  "text that begins with ! is quoted: \"!\""};
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, NodeKind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (stack_.size() >= static_cast<std::size_t>(YamlLimits::kMostDepth)) {
      throw Refusal{place(mark), fmt::format("nested more than {} levels deep", YamlLimits::kMostDepth), ""};
    }
    if (!stack_.empty() && stack_.back().node.kind == NodeKind::mapping && !stack_.back().key) {
      throw Refusal{place(mark), "a key must be a word, and this is a list or a mapping",
                    "look for a missing } or ]; text that begins with { or [ is quoted"};
    }
    Frame frame;
    frame.node.kind = kind;
    frame.node.where = place(mark);
    stack_.push_back(std::move(frame));
  }

  void end() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    add(std::move(node));
  }

  void add(Node node) {
    if (++nodes_ > YamlLimits::kMostNodes) {
      throw Refusal{node.where, fmt::format("more than {} values in one file", YamlLimits::kMostNodes),
                    "spread them over several files with include"};
    }
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == NodeKind::sequence) {
      frame.node.items.push_back(std::move(node));
    } else if (!frame.key) {
      frame.key.emplace(std::move(node.text), node.where);
    } else {
      auto [key, where] = std::move(*frame.key);
      frame.key.reset();
      // The parser gives an absent value the place of whatever follows it.
      if (node.kind == NodeKind::null && node.text.empty()) node.where = where;
      const auto [known, is_new] = frame.lines.emplace(key, where.line);
      if (is_new) {
        frame.node.entries.push_back({std::move(key), where, std::move(node)});
      } else {
        problems_.error(where, "",
                        fmt::format("key {} stands twice in one mapping; first in line {}", in_quotes(key),
                                    known->second));
        hide_dropped({std::move(key), where, std::move(node)});
      }
    }
  }

  // The parser takes the end of the file for the end of a quoted text.
  bool is_closed(Place at) const {
    const auto first = problems_.line(at.file, at.line);
    auto column = static_cast<std::size_t>(std::max(at.column, 0));
    if (column >= first.size() || (first[column] != '"' && first[column] != '\'')) return true;  // | or >
    const char mark = first[column++];
    for (int number = at.line; number <= problems_.line_count(at.file); ++number, column = 0) {
      const auto line = problems_.line(at.file, number);
      for (; column < line.size(); ++column) {
        if (mark == '"' && line[column] == '\\') {
          ++column;
        } else if (line[column] == mark) {
          if (mark == '"' || line.substr(column + 1, 1) != "'") return true;
          ++column;  // '' is one quotation mark
        }
      }
    }
    return false;
  }

  // What is dropped is not in the tree, where secrets are looked for.
  void hide_dropped(Entry entry) {
    const bool secret_place = std::any_of(stack_.begin(), stack_.end(), [](const Frame& frame) {
      return frame.key && (frame.key->first == "secrets" || frame.key->first == "webhook");
    });
    if (secret_place) hide_value(entry, problems_);
    Node dropped;
    dropped.kind = NodeKind::mapping;
    dropped.entries.push_back(std::move(entry));
    hide_secrets(dropped, problems_);
  }

  std::size_t file_;
  Problems& problems_;
  Node root_;
  std::vector<Frame> stack_;
  std::size_t nodes_ = 0;
  int documents_ = 0;
};

// The parser's words for the mistakes that people make most, with what to do.
Refusal explain(const YAML::Exception& exception, Place where, std::string_view line) {
  const std::string& text = exception.msg;
  const auto says = [&text](std::string_view part) { return text.find(part) != std::string::npos; };
  std::string hint;
  const auto indentation = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
  if (indentation.find('\t') != std::string_view::npos) {
    hint = "indent with spaces, not with tabs";
  } else if (says("anchor") || says("alias")) {
    hint = "text that begins with & or * is quoted: \"*\"";
  } else if (says("illegal map value")) {
    hint = "text that contains \": \" is quoted; otherwise look at the indentation";
  } else if (says("end of map") || says("end of sequence")) {
    hint = "look for a missing } or ], and at the indentation; text that begins with { or [ is quoted";
  } else if (says("unknown token")) {
    hint = "text that begins with %, @ or ` is quoted";
  }
  return {where, "not valid YAML: " + text, std::move(hint)};
}

}  // namespace

const Entry* Node::find(std::string_view key) const noexcept {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [key](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}

std::optional<Node> parse_yaml(std::size_t file, const std::string& text, Problems& problems) {
  TreeBuilder builder(file, problems);
  Refusal refusal;
  try {
    std::istringstream in(text);
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    return std::move(builder).take();
  } catch (const Refusal& refused) {
    refusal = refused;
  } catch (const YAML::Exception& exception) {
    Place where{file, exception.mark.line + 1, exception.mark.column};
    // "Unexpected end" is told at the last line there is.
    const int last = std::max(1, problems.line_count(file));
    if (where.line > last) where = {file, last, static_cast<int>(problems.line(file, last).size())};
    refusal = explain(exception, where, problems.line(file, where.line));
  }
  hide_secrets_by_line(file, problems);
  problems.error(refusal.where, "", std::move(refusal.problem), std::move(refusal.hint));
  return std::nullopt;
}

}  // namespace tightrope::config
