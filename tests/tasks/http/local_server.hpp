// A web server of the test's own, on a port that the system picks: answers as it is told, and
// remembers what it was asked.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace stepwell::test {

struct SeenRequest {
    std::string line;                            // "GET /path HTTP/1.1"
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;

    /// The header, or "(none)".
    [[nodiscard]] std::string header(const std::string& name) const;
};

/// What a server shows of itself to be trusted, for 127.0.0.1, signed by itself.
struct LocalCertificate {
    std::string key_pem;
    std::string certificate_pem;
    static LocalCertificate make();
};

class LocalServer {
public:
    /// With a certificate it speaks https.
    explicit LocalServer(const LocalCertificate* certificate = nullptr);
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const;
    /// The next answer, whole; each serves one request, and the last one all that follow. An empty
    /// one: it never answers.
    void answer(std::string response);
    void answer(int status, const std::string& type, const std::string& body);
    /// As answer(), but then it says nothing more, and does not close the connection either.
    void answer_and_hang(std::string response);
    /// A redirect with an empty body.
    void redirect(int status, const std::string& location);
    /// Waits until so many requests were seen.
    std::vector<SeenRequest> requests(std::size_t count);

private:
    struct Answer {
        std::string response;
        bool hangs = false;
    };
    class Connection;
    class Tls;
    void serve();
    void serve_one(std::unique_ptr<Connection> connection);

    std::unique_ptr<Tls> tls_;
    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Answer> answers_;
    std::vector<SeenRequest> requests_;
    std::vector<std::unique_ptr<Connection>> unanswered_;
    bool is_closing_ = false;
    std::thread thread_;
};

}  // namespace stepwell::test
