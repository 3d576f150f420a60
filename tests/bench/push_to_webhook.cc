// How long it takes from a figure that is pushed to the message that a receiver holds, through the real daemon: HTTP, durable
// journal, engine, routing, durable outbox, HTTP. One push after the other, each of a campaign of its own that is off target.
//
//   push_to_webhook TIGHTROPE [ALERTS]      (1000 alerts unless told)
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <mutex>
#include <condition_variable>
#include <map>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;

// Head and body of one HTTP message with a Content-Length.
bool read_message(tcp::socket& socket, asio::streambuf& buffer, std::string& head, std::string& body) {
  boost::system::error_code error;
  const std::size_t length = asio::read_until(socket, buffer, "\r\n\r\n", error);
  if (error) return false;
  head.assign(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + static_cast<std::ptrdiff_t>(length));
  buffer.consume(length);
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const std::size_t place = lower.find("content-length:");
  const std::size_t size = place == std::string::npos ? 0 : std::stoul(lower.substr(place + 15));
  if (buffer.size() < size) asio::read(socket, buffer, asio::transfer_exactly(size - buffer.size()), error);
  body.assign(asio::buffers_begin(buffer.data()), asio::buffers_begin(buffer.data()) + static_cast<std::ptrdiff_t>(size));
  buffer.consume(size);
  return !error;
}

// A receiver that notes when the message of each campaign came.
class Sink {
 public:
  Sink() : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    thread_ = std::thread([this] { accept(); });
  }
  ~Sink() {
    boost::system::error_code ignored;  // wakes accept()
    tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
    for (auto& session : sessions_) session.join();
  }
  int port() const { return acceptor_.local_endpoint().port(); }

  Clock::time_point wait_for(const std::string& campaign) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return times_.contains(campaign); })) {
      throw std::runtime_error("no message about " + campaign + " within 10 s");
    }
    return times_.at(campaign);
  }
  void stop() { stopping_ = true; }

 private:
  void accept() {
    while (!stopping_) {
      auto socket = std::make_shared<tcp::socket>(acceptor_.accept());
      if (stopping_) return;
      sessions_.emplace_back([this, socket] { serve(*socket); });
    }
  }
  void serve(tcp::socket& socket) {
    asio::streambuf buffer;
    std::string head;
    std::string body;
    while (read_message(socket, buffer, head, body)) {
      const auto now = Clock::now();
      const std::size_t place = body.find("\"campaign\":\"");
      if (place != std::string::npos) {
        const std::size_t from = place + 12;
        const std::lock_guard lock(mutex_);
        times_.emplace(body.substr(from, body.find('"', from) - from), now);
        arrived_.notify_all();
      }
      asio::write(socket, asio::buffer(std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
    }
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
  std::vector<std::thread> sessions_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::map<std::string, Clock::time_point> times_;
};

std::string configuration(int sink_port) {
  return fmt::format(R"(
sources: [{{name: shop, client: acme, connector: push}}]
clients:
  - name: acme
    timezone: UTC
    currency: EUR
    objectives:
      - name: growth
        why: To measure.
        owner: nobody
        targets: [{{name: cpa, kpi: cpa, at_most: 40, over: 7d, per: campaign}}]
receivers: [{{name: sink, webhook: {{url: "http://127.0.0.1:{}/"}}}}]
route: {{receiver: sink, group_by: [campaign], group_wait: 0s, group_interval: 1m, repeat_interval: 4h}}
)",
                     sink_port);
}

int free_port() {
  asio::io_context io;
  return tcp::acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

int run(const char* binary, int alerts) {
  const std::filesystem::path directory = std::filesystem::temp_directory_path() / fmt::format("push-to-webhook-{}", getpid());
  std::filesystem::create_directories(directory);
  Sink sink;
  const int port = free_port();
  std::ofstream(directory / "tightrope.yaml") << configuration(sink.port());
  const pid_t daemon = fork();
  if (daemon == 0) {
    const std::string config = "--config.file=" + (directory / "tightrope.yaml").string();
    const std::string storage = "--storage.path=" + (directory / "storage").string();
    const std::string listen = fmt::format("--web.listen-address=127.0.0.1:{}", port);
    execl(binary, binary, "run", config.c_str(), storage.c_str(), listen.c_str(), "--log.level=error", nullptr);
    _exit(127);
  }
  asio::io_context io;
  tcp::socket socket(io);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port));
  boost::system::error_code error;
  for (int i = 0; i < 200; ++i) {
    socket.close();
    if (!socket.connect(endpoint, error)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (error) throw boost::system::system_error(error);
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  const std::chrono::year_month_day ymd(today);
  const std::string day = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
                                      static_cast<unsigned>(ymd.day()));
  asio::streambuf buffer;
  std::string head;
  std::string body;
  std::vector<double> milliseconds;
  for (int i = 0; i < alerts; ++i) {
    const std::string campaign = fmt::format("campaign-{}", i);
    const std::string push = fmt::format(
        R"({{"source":"shop","observations":[{{"bucket":"{}","channel":"search","campaign":"{}","metrics":{{"spend":500,"conversions":5}}}}]}})",
        day, campaign);
    const auto begin = Clock::now();
    asio::write(socket, asio::buffer(fmt::format("POST /api/v1/observations HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Type: "
                                                 "application/json\r\nContent-Length: {}\r\n\r\n{}",
                                                 port, push.size(), push)));
    if (!read_message(socket, buffer, head, body) || head.find(" 202 ") == std::string::npos) {
      throw std::runtime_error("the push was not taken: " + head + body);
    }
    milliseconds.push_back(std::chrono::duration<double, std::milli>(sink.wait_for(campaign) - begin).count());
  }
  socket.close();
  kill(daemon, SIGTERM);
  waitpid(daemon, nullptr, 0);
  sink.stop();
  std::filesystem::remove_all(directory);
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double share) { return milliseconds[static_cast<std::size_t>(share * static_cast<double>(alerts - 1))]; };
  fmt::print("push to webhook, {} alerts: p50 {:.2f} ms, p90 {:.2f} ms, p99 {:.2f} ms, longest {:.2f} ms\n", alerts, at(0.5),
             at(0.9), at(0.99), milliseconds.back());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: push_to_webhook TIGHTROPE [ALERTS]\n";
    return 2;
  }
  try {
    return run(argv[1], argc > 2 ? std::max(1, std::atoi(argv[2])) : 1000);
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
