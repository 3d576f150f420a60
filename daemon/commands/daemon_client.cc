#include "daemon/commands/daemon_client.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <exception>
#include <fstream>
#include <iterator>
#include <ostream>
#include <utility>

#include "collectors/transfer.h"
#include "daemon/commands/command.h"
#include "daemon/http/json.h"

namespace tightrope::daemon::commands {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using Reply = std::variant<DaemonReply, DaemonProblem>;

constexpr rules::Duration kPatience = std::chrono::seconds(30);
constexpr std::size_t kMostPages = 1000;

// The file's first line; nothing when it cannot be read.
std::optional<std::string> read_token(const std::string& file) {
  std::ifstream in(file);
  std::string token;
  if (!in || !std::getline(in, token)) return std::nullopt;
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  return token;
}

asio::awaitable<Reply> fetch(collectors::Transfer& transfer, collectors::TransferRequest request) {
  auto fetching = transfer.fetch(std::move(request));
  auto result = co_await std::move(fetching);
  Reply reply;
  if (result) {
    reply = DaemonReply{.status = result->status, .body = std::move(result->body)};
  } else {
    reply = DaemonProblem{"no answer from the daemon: " + result.error().text};
  }
  co_return reply;
}

}  // namespace

void add_daemon_address(Command& command, DaemonAddress& address) {
  command.option("--url", address.url, "Where the daemon answers HTTP").with_default();
  command.option("--bearer-token-file", address.bearer_token_file,
                 "File with the token that the daemon asks for");
}

Reply ask_daemon(const DaemonAddress& address, std::string_view method, std::string_view path,
                 std::string body) {
  std::string base = address.url;
  while (base.ends_with('/')) base.pop_back();
  if (base.find("://") == std::string::npos) base = "http://" + base;
  collectors::TransferRequest request;
  request.method = method;
  request.url = base + std::string(path);
  request.timeout = kPatience;
  request.allow_private_addresses = true;
  if (!address.bearer_token_file.empty()) {
    const auto token = read_token(address.bearer_token_file);
    if (!token) return DaemonProblem{"cannot read " + address.bearer_token_file};
    request.secret_headers.emplace_back("Authorization", config::Secret("Bearer " + *token));
  }
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);

  asio::io_context io(1);
  const auto transfer = collectors::make_curl_transfer(io.get_executor(), collectors::TransferLimits());
  Reply reply = DaemonProblem{"the request did not end"};
  asio::co_spawn(io, fetch(*transfer, std::move(request)), [&](std::exception_ptr failure, Reply given) {
    reply = std::move(given);
    if (failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        reply = DaemonProblem{error.what()};
      }
    }
    io.stop();
  });
  io.run();
  return reply;
}

std::variant<json::value, DaemonProblem> ask_for_data(const DaemonAddress& address, std::string_view method,
                                                      std::string_view path, std::string body) {
  auto answer = ask_daemon(address, method, path, std::move(body));
  if (auto* problem = std::get_if<DaemonProblem>(&answer)) return std::move(*problem);
  const auto& reply = std::get<DaemonReply>(answer);
  boost::system::error_code bad;
  json::value parsed = json::parse(reply.body, bad);
  const bool good = reply.status >= 200 && reply.status < 300;
  if (bad || !parsed.is_object()) {
    return DaemonProblem{"the daemon answered " + std::to_string(reply.status) +
                         ", and not with JSON: is it Tightrope?"};
  }
  if (reply.status == 401) {
    return DaemonProblem{
        address.bearer_token_file.empty()
            ? "the daemon asks for its bearer token; name the file that holds it with --bearer-token-file"
            : "the daemon does not accept the token in " + address.bearer_token_file};
  }
  if (!good) {
    const std::string said = text_at(parsed, "error");
    return DaemonProblem{said.empty() ? "the daemon answered " + std::to_string(reply.status) : said};
  }
  json::value* data = parsed.get_object().if_contains("data");
  return data ? std::move(*data) : json::value(nullptr);
}

std::variant<json::array, DaemonProblem> ask_for_list(const DaemonAddress& address, std::string_view path,
                                                      std::string_view list) {
  json::array all;
  std::string cursor;
  for (std::size_t page = 0; page < kMostPages; ++page) {
    std::string wanted(path);
    if (!cursor.empty())
      wanted += (wanted.find('?') == std::string::npos ? "?cursor=" : "&cursor=") + url_encoded(cursor);
    auto answer = ask_for_data(address, "GET", wanted, "");
    if (auto* problem = std::get_if<DaemonProblem>(&answer)) return std::move(*problem);
    const json::value& data = std::get<json::value>(answer);
    const json::value* items = data.is_object() ? data.get_object().if_contains(list) : nullptr;
    if (!items || !items->is_array())
      return DaemonProblem{"the daemon's answer has no \"" + std::string(list) + "\""};
    all.insert(all.end(), items->get_array().begin(), items->get_array().end());
    cursor = text_at(data, "next");
    if (cursor.empty()) break;
  }
  return all;
}

std::variant<boost::json::array, int> list_to_print(const DaemonAddress& address, std::string_view path,
                                                    std::string_view list, std::string_view output,
                                                    std::ostream& out, std::ostream& err) {
  auto answer = ask_for_list(address, path, list);
  if (const auto* problem = std::get_if<DaemonProblem>(&answer)) {
    err << problem->text << "\n";
    return kFailure;
  }
  auto& found = std::get<json::array>(answer);
  if (output != "json") return std::move(found);
  out << http::print(json::value(std::move(found))) << "\n";
  return kGood;
}

std::string url_encoded(std::string_view text) {
  static constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char letter : text) {
    if (kPlain.find(letter) != std::string_view::npos) {
      encoded += letter;
      continue;
    }
    const auto byte = static_cast<unsigned char>(letter);
    encoded += '%';
    encoded += kHex[byte >> 4];
    encoded += kHex[byte & 15];
  }
  return encoded;
}

std::string entity_at(const json::value& object) {
  const json::value* entity = object.is_object() ? object.get_object().if_contains("entity") : nullptr;
  std::string text;
  if (entity && entity->is_object()) {
    for (const auto& dimension : entity->get_object()) {
      if (!dimension.value().is_string()) continue;
      text += (text.empty() ? "" : "/") + std::string(dimension.value().get_string());
    }
  }
  return text.empty() ? "(all)" : text;
}

std::string text_at(const json::value& object, std::string_view key) {
  if (!object.is_object()) return "";
  const json::value* found = object.get_object().if_contains(key);
  if (!found || !found->is_string()) return "";
  return std::string(found->get_string());
}

}  // namespace tightrope::daemon::commands
