// A web server of the test's own, on a port that the system picks: answers as it is told, and
// remembers what it was asked.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace stepwell::test {

struct SeenRequest {
    std::string line;                            // "GET /path HTTP/1.1"
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

class LocalServer {
public:
    LocalServer();
    ~LocalServer();
    LocalServer(const LocalServer&) = delete;
    LocalServer& operator=(const LocalServer&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const;
    /// The next answer, whole; each serves one request, and the last one all that follow. An empty
    /// one: it never answers.
    void answer(std::string response);
    void answer(int status, const std::string& type, const std::string& body);
    /// Waits until so many requests were seen.
    std::vector<SeenRequest> requests(std::size_t count);

private:
    void serve();
    void serve_one(int connection);

    int listener_ = -1;
    int port_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> answers_;
    std::vector<SeenRequest> requests_;
    std::vector<int> unanswered_;
    bool is_closing_ = false;
    std::thread thread_;
};

}  // namespace stepwell::test
