// Listens, and deals the connections out to workers, a thread each. Only this file and
// http_connection.cpp include Boost.
#include "api/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/post.hpp>
#include <optional>
#include <vector>

#include "api/http/connection.hpp"

namespace stepwell::api {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;

constexpr Duration kDrainTime{2'000};

}  // namespace

class HttpServer::Impl {
public:
    Impl(ServerSettings settings, Gate gate, Handler handler, Admission admission)
        : settings_(std::move(settings)),
          gate_(std::move(gate)),
          handler_(std::move(handler)),
          admission_(std::move(admission)),
          budget_(settings_.name),
          readers_(settings_.readers) {
        for (unsigned i = 0; i < std::max(1u, settings_.threads); ++i) {
            workers_.push_back(std::make_unique<HttpWorker>(settings_, gate_, handler_, admission_,
                                                            readers_, budget_));
        }
        acceptor_.emplace(workers_[0]->context);
        retry_.emplace(workers_[0]->context);
    }

    Result<void> listen() {
        error_code error;
        tcp::resolver resolver(workers_[0]->context);
        const auto found =
            resolver.resolve(settings_.address.host, std::to_string(settings_.address.port),
                             tcp::resolver::passive, error);
        const std::string place =
            settings_.address.host + ":" + std::to_string(settings_.address.port);
        if (error || found.empty()) {
            return fail(ErrorCode::invalid, "expected a listen address of this machine, but '" +
                                                place + "' is none: " + error.message());
        }
        const tcp::endpoint endpoint = found.begin()->endpoint();
        acceptor_->open(endpoint.protocol(), error);
        if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
        if (!error) acceptor_->bind(endpoint, error);
        if (!error) acceptor_->listen(1024, error);
        if (error == asio::error::address_in_use) {
            return fail(ErrorCode::conflict,
                        "expected " + place + " to be free, but another program listens there; " +
                            "choose another port with --listen HOST:PORT");
        }
        if (error) return fail(ErrorCode::io, "cannot listen on " + place + ": " + error.message());
        port_ = acceptor_->local_endpoint(error).port();
        return {};
    }

    void run() {
        accept();
        for (const auto& worker : workers_) {
            watch_deadlines(*worker);
            worker->thread = std::thread([&w = *worker] { w.context.run(); });
        }
    }

    void stop() {
        if (is_stopped_.exchange(true)) return;
        asio::post(workers_[0]->context, [this] {
            error_code ignored;
            acceptor_->close(ignored);
            retry_->cancel();
        });
        const auto deadline = Steady::now() + kDrainTime;
        for (const auto& worker : workers_) {
            asio::post(worker->context, [this, &w = *worker, deadline] {
                w.is_draining = true;
                drain(w, deadline);
            });
        }
        for (const auto& worker : workers_) {
            if (worker->thread.joinable()) worker->thread.join();
        }
        readers_.stop();
    }

    std::uint16_t port_ = 0;

private:
    /// Closes what is idle, now and every few milliseconds, until nothing is in hand or the time
    /// is up; then ends the thread.
    void drain(HttpWorker& worker, Steady::time_point deadline) {
        drain_connections(worker);
        const bool is_over = worker.connections.empty() || Steady::now() >= deadline;
        if (is_over) return worker.context.stop();
        worker.timer.expires_after(std::chrono::milliseconds(5));
        worker.timer.async_wait([this, &worker, deadline](const error_code& error) {
            if (!error) drain(worker, deadline);
        });
    }

    void accept() {
        HttpWorker& worker = *workers_[next_++ % workers_.size()];
        acceptor_->async_accept(worker.context,
                                [this, &worker](const error_code& error, tcp::socket socket) {
                                    on_accept(worker, error, std::move(socket));
                                });
    }

    void on_accept(HttpWorker& worker, const error_code& error, tcp::socket socket) {
        if (is_stopped_ || error == asio::error::operation_aborted) return;
        if (error) {
            // Out of file descriptors, most likely: trying again at once would spin.
            retry_->expires_after(std::chrono::milliseconds(50));
            return retry_->async_wait([this](const error_code& cancelled) {
                if (!cancelled) accept();
            });
        }
        error_code ignored;
        std::string peer = socket.remote_endpoint(ignored).address().to_string();
        if (budget_.take_connection(peer, settings_.peer_connections_max)) {
            asio::post(worker.context,
                       [&worker, moved = std::move(socket), peer = std::move(peer)]() mutable {
                           const std::size_t share = worker.settings.connections_max /
                                                     std::max(1u, worker.settings.threads);
                           if (worker.is_draining || worker.connections.size() >= share) {
                               return worker.budget.give_connection(peer);
                           }
                           serve_connection(worker, std::move(moved), std::move(peer));
                       });
        }
        accept();
    }

    const ServerSettings settings_;
    const Gate gate_;
    const Handler handler_;
    const Admission admission_;
    HttpBudget budget_;
    ReaderPool readers_;  // before the workers: what waits there holds connections
    std::vector<std::unique_ptr<HttpWorker>> workers_;
    std::optional<tcp::acceptor> acceptor_;
    std::optional<asio::steady_timer> retry_;
    std::size_t next_ = 0;
    std::atomic<bool> is_stopped_{false};
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
    stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ServerSettings& settings, Gate gate,
                                                      Handler handler, Admission admission) {
    auto impl =
        std::make_unique<Impl>(settings, std::move(gate), std::move(handler), std::move(admission));
    SW_TRY(impl->listen());
    impl->run();
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

std::uint16_t HttpServer::port() const {
    return impl_->port_;
}

void HttpServer::stop() {
    impl_->stop();
}

}  // namespace stepwell::api
