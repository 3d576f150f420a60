#include "tests/bench/report_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <unordered_map>

namespace tightrope::bench {

struct ReportServer::Shared {
  std::atomic<std::uint64_t> reports{0};
  std::atomic<std::uint64_t> scrapes{0};
};

namespace {

std::string answer(const char* type, const std::string& body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", type, body.size(),
                     body);
}

void send_all(int connection, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = ::send(connection, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += static_cast<std::size_t>(count);
  }
}

template <class OnRequest>
[[noreturn]] void serve(int listener, OnRequest on_request) {
  const int poll = epoll_create1(0);
  const auto watch = [poll](int file) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = file;
    epoll_ctl(poll, EPOLL_CTL_ADD, file, &event);
  };
  watch(listener);
  std::unordered_map<int, std::string> read;  // what came of the next request
  std::string buffer(16 << 10, '\0');
  epoll_event events[64];
  for (;;) {
    const int ready = epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < ready; ++i) {
      const int file = events[i].data.fd;
      if (file == listener) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        const int on = 1;
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        watch(connection);
        continue;
      }
      const ssize_t count = recv(file, buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        read.erase(file);
        close(file);
        continue;
      }
      std::string& text = read[file];
      text.append(buffer.data(), static_cast<std::size_t>(count));
      for (std::size_t end = text.find("\r\n\r\n"); end != std::string::npos; end = text.find("\r\n\r\n")) {
        on_request(file, text);
        text.erase(0, end + 4);
      }
    }
  }
}

}  // namespace

ReportServer::ReportServer(std::string report, std::string metrics) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  shared_ = new (memory) Shared();
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener, 4096) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the benchmark's server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  process_ = fork();
  if (process_ < 0) throw std::runtime_error("the benchmark's server cannot start");
  if (process_ > 0) {
    close(listener);
    return;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string json = answer("application/json", report);
  const std::string text = answer("text/plain; version=0.0.4", metrics);
  serve(listener, [&](int connection, const std::string& request) {
    const bool scrape = request.starts_with("GET /metrics");
    ++(scrape ? shared_->scrapes : shared_->reports);
    send_all(connection, scrape ? text : json);
  });
}

ReportServer::~ReportServer() {
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
}

std::uint64_t ReportServer::reports() const noexcept {
  return shared_->reports;
}
std::uint64_t ReportServer::scrapes() const noexcept {
  return shared_->scrapes;
}

}  // namespace tightrope::bench
