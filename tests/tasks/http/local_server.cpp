#include "tests/tasks/http/local_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <functional>

#include "engine/base/assert.hpp"

namespace stepwell::test {

/// The contexts that connections of an https server are made with.
class LocalServer::Tls {
public:
    explicit Tls(const LocalCertificate& certificate)
        : context_(::SSL_CTX_new(TLS_server_method())) {
        BIO* const key = ::BIO_new_mem_buf(certificate.key_pem.data(), -1);
        BIO* const cert = ::BIO_new_mem_buf(certificate.certificate_pem.data(), -1);
        EVP_PKEY* const private_key = ::PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
        X509* const x509 = ::PEM_read_bio_X509(cert, nullptr, nullptr, nullptr);
        SW_ASSERT(::SSL_CTX_use_certificate(context_, x509) == 1);
        SW_ASSERT(::SSL_CTX_use_PrivateKey(context_, private_key) == 1);
        ::EVP_PKEY_free(private_key);
        ::X509_free(x509);
        ::BIO_free(key);
        ::BIO_free(cert);
    }
    ~Tls() { ::SSL_CTX_free(context_); }
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;
    [[nodiscard]] SSL* accept(int socket) const {
        SSL* const ssl = ::SSL_new(context_);
        ::SSL_set_fd(ssl, socket);
        ::SSL_accept(ssl);  // one that fails shows at the first read
        return ssl;
    }

private:
    SSL_CTX* context_;
};

class LocalServer::Connection {
public:
    Connection(int socket, const Tls* tls)
        : socket_(socket), ssl_(tls ? tls->accept(socket) : nullptr) {}
    ~Connection() {
        if (ssl_) ::SSL_free(ssl_);
        ::close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Appends what comes; false: nothing more does.
    bool read(std::string& to) {
        std::array<char, 4096> buffer{};
        const auto got = ssl_ ? ::SSL_read(ssl_, buffer.data(), buffer.size())
                              : ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got <= 0) return false;
        to.append(buffer.data(), static_cast<std::size_t>(got));
        return true;
    }
    void write(const std::string& bytes) {
        if (ssl_) {
            ::SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        } else {
            ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        }
    }

private:
    int socket_;
    SSL* ssl_;
};

namespace {

template <class Connection>
std::string read_until_blank(Connection& connection, std::string& rest) {
    while (rest.find("\r\n\r\n") == std::string::npos) {
        if (!connection.read(rest)) return "";
    }
    const std::size_t end = rest.find("\r\n\r\n");
    std::string head = rest.substr(0, end + 2);
    rest.erase(0, end + 4);
    return head;
}

SeenRequest parse_head(const std::string& head) {
    SeenRequest request;
    std::size_t begin = head.find("\r\n");
    request.line = head.substr(0, begin);
    for (begin += 2; begin < head.size();) {
        const std::size_t end = head.find("\r\n", begin);
        const std::string line = head.substr(begin, end - begin);
        const std::size_t colon = line.find(':');
        std::string name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        request.headers[name] = line.substr(std::min(line.size(), colon + 2));
        begin = end + 2;
    }
    return request;
}

std::string pem_of(const std::function<int(BIO*)>& write) {
    BIO* const memory = ::BIO_new(::BIO_s_mem());
    SW_ASSERT(write(memory) == 1);
    char* data = nullptr;
    const long size = ::BIO_get_mem_data(memory, &data);
    std::string text(data, static_cast<std::size_t>(size));
    ::BIO_free(memory);
    return text;
}

}  // namespace

std::string SeenRequest::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "(none)" : found->second;
}

LocalCertificate LocalCertificate::make() {
    EVP_PKEY* const key = ::EVP_EC_gen("P-256");
    X509* const x509 = ::X509_new();
    ::ASN1_INTEGER_set(::X509_get_serialNumber(x509), 1);
    ::X509_set_version(x509, 2);
    ::X509_gmtime_adj(::X509_getm_notBefore(x509), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(x509), 24L * 3600);
    ::X509_set_pubkey(x509, key);
    X509_NAME* const name = ::X509_get_subject_name(x509);
    const auto* const common_name = reinterpret_cast<const unsigned char*>("127.0.0.1");
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    ::X509_set_issuer_name(x509, name);
    X509_EXTENSION* const names =
        ::X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1");
    ::X509_add_ext(x509, names, -1);
    ::X509_EXTENSION_free(names);
    SW_ASSERT(::X509_sign(x509, key, ::EVP_sha256()) > 0);
    LocalCertificate made;
    made.key_pem = pem_of([&](BIO* bio) {
        return ::PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    made.certificate_pem = pem_of([&](BIO* bio) { return ::PEM_write_bio_X509(bio, x509); });
    ::X509_free(x509);
    ::EVP_PKEY_free(key);
    return made;
}

LocalServer::LocalServer(const LocalCertificate* certificate) {
    if (certificate) tls_ = std::make_unique<Tls>(*certificate);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    SW_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    SW_ASSERT(::listen(listener_, 16) == 0);
    SW_ASSERT(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

LocalServer::~LocalServer() {
    {
        const std::lock_guard lock(mutex_);
        is_closing_ = true;
    }
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
}

std::string LocalServer::url(const std::string& path) const {
    return (tls_ ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port_) + path;
}

void LocalServer::answer(std::string response) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({std::move(response), false});
}

void LocalServer::answer_and_hang(std::string response) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({std::move(response), true});
}

void LocalServer::redirect(int status, const std::string& location) {
    answer("HTTP/1.1 " + std::to_string(status) + " X\r\nLocation: " + location +
           "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

void LocalServer::answer(int status, const std::string& type, const std::string& body) {
    answer("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type +
           "\r\nX-Twice: a\r\nX-Twice: b\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<SeenRequest> LocalServer::requests(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(60), [&] { return requests_.size() >= count; });
    return requests_;
}

void LocalServer::serve() {
    while (true) {
        const int socket = ::accept(listener_, nullptr, nullptr);
        if (socket < 0) return;
        serve_one(std::make_unique<Connection>(socket, tls_.get()));
    }
}

void LocalServer::serve_one(std::unique_ptr<Connection> connection) {
    std::string rest;
    const std::string head = read_until_blank(*connection, rest);
    if (head.empty()) return;
    SeenRequest request = parse_head(head);
    const auto length = request.headers.find("content-length");
    const std::size_t wanted = length == request.headers.end() ? 0 : std::stoul(length->second);
    while (rest.size() < wanted && connection->read(rest)) {
    }
    request.body = rest;
    Answer answer;
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        if (!answers_.empty()) answer = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        changed_.notify_all();
    }
    if (!answer.response.empty()) connection->write(answer.response);
    if (!answer.response.empty() && !answer.hangs) return;
    const std::lock_guard lock(mutex_);
    unanswered_.push_back(std::move(connection));
}

}  // namespace stepwell::test
