// HTTPS against a server with a certificate that nobody vouches for.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "tests/collectors/collecting.h"

namespace tightrope::collectors {
namespace {

// A certificate for localhost that signs itself. The caller owns it.
X509* self_signed(EVP_PKEY* key) {
  X509* certificate = X509_new();
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const unsigned char host[] = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  return certificate;
}

// Takes one connection and shakes hands; says whether the client would have gone on to talk.
class TlsServer {
 public:
  TlsServer() {
    ::setenv("no_proxy", "127.0.0.1,localhost", 1);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = self_signed(key);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 4) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
      throw std::runtime_error("the test server cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string url() const { return "https://localhost:" + std::to_string(port_) + "/"; }
  // Bytes of a request that arrived; waits for the connection's end.
  int request_bytes() {
    thread_.join();
    return request_bytes_;
  }

 private:
  void serve() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    SSL* tls = SSL_new(context_);
    SSL_set_fd(tls, connection);
    char bytes[64];
    if (SSL_accept(tls) == 1) request_bytes_ = SSL_read(tls, bytes, sizeof bytes);
    SSL_free(tls);
    ::close(connection);
  }

  SSL_CTX* context_ = nullptr;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  int request_bytes_ = 0;
  std::thread thread_;
};

TEST(TransferTlsTest, ACertificateThatNobodyVouchesForIsRefused) {
  TlsServer server;
  asio::io_context io;
  const auto transfer = make_curl_transfer(io.get_executor(), {});
  TransferRequest request;
  request.url = server.url();
  request.allow_private_addresses = true;
  request.secret_headers = {{"Authorization", config::Secret("Bearer hush")}};
  const auto result = run(io, transfer->fetch(request));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, TransferFailure::tls) << result.error().text;
  EXPECT_THAT(result.error().text, ::testing::HasSubstr("certificate"));
  EXPECT_LE(server.request_bytes(), 0) << "nothing of the request was sent";
}

}  // namespace
}  // namespace tightrope::collectors
