#include "collectors/socket_watch.h"

namespace tightrope::collectors {

SocketWatch::SocketWatch(boost::asio::any_io_executor executor, Listener listener)
    : executor_(std::move(executor)), listener_(std::move(listener)) {}

SocketWatch::~SocketWatch() {
  for (auto& [socket, watched] : watched_) watched.descriptor.release();
}

void SocketWatch::watch(int socket, bool read, bool write) {
  auto found = watched_.find(socket);
  if (found == watched_.end()) {
    found = watched_.emplace(socket, Watched{Descriptor(executor_, socket), ++last_generation_}).first;
  }
  found->second.wants_read = read;
  found->second.wants_write = write;
  take_up_waits(socket, found->second);
}

void SocketWatch::forget(int socket) {
  const auto found = watched_.find(socket);
  if (found == watched_.end()) return;
  found->second.descriptor.release();
  watched_.erase(found);
}

void SocketWatch::take_up_waits(int socket, Watched& watched) {
  if (watched.wants_read && !watched.waits_read) {
    watched.waits_read = true;
    wait(socket, watched, Descriptor::wait_read);
  }
  if (watched.wants_write && !watched.waits_write) {
    watched.waits_write = true;
    wait(socket, watched, Descriptor::wait_write);
  }
}

void SocketWatch::wait(int socket, Watched& watched, Descriptor::wait_type what) {
  watched.descriptor.async_wait(what, [weak = weak_from_this(), socket, generation = watched.generation,
                                       what](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (self) self->ready(socket, generation, what, static_cast<bool>(error));
  });
}

void SocketWatch::ready(int socket, std::uint64_t generation, Descriptor::wait_type what, bool failed) {
  auto found = watched_.find(socket);
  if (found == watched_.end() || found->second.generation != generation) return;
  const bool read = what == Descriptor::wait_read;
  (read ? found->second.waits_read : found->second.waits_write) = false;
  if (read ? found->second.wants_read : found->second.wants_write) {
    listener_(socket, failed ? SocketEvent::failed : read ? SocketEvent::readable : SocketEvent::writable);
  }
  // An Asio wait is for one event only. The listener may have forgotten the socket, or may watch another of
  // its number.
  found = watched_.find(socket);
  if (found != watched_.end()) take_up_waits(socket, found->second);
}

}  // namespace tightrope::collectors
