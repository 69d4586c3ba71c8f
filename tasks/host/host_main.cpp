// The first thread reads frames; tasks run in a pool. The end of the socket is the end of the host:
// whether the daemon was killed, has ended or wants this host to go, its children must not go on.
#include "tasks/host/host_main.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string_view>
#include <unordered_map>

#include "tasks/host/child_process.hpp"
#include "tasks/host/host_attempt.hpp"
#include "tasks/host/host_connection.hpp"
#include "tasks/host/old_hosts.hpp"
#include "tasks/host/strays.hpp"
#include "tasks/host/thread_pool.hpp"

namespace stepwell::tasks {

namespace {

class Host {
public:
    Host(const TaskCatalog& catalog, HostConnection& connection, HostHello hello)
        : catalog_(catalog),
          connection_(connection),
          settings_(std::move(hello.settings)),
          pool_(hello.threads_max) {}

    /// What tasks of a kind do in a host besides running.
    void begin_background_work(std::string_view kind) {
        for (const TaskType& type : catalog_.types()) {
            if (type.on_host_start && name_of(type.host) == kind) type.on_host_start(settings_);
        }
    }

    /// Until the daemon is gone or says nonsense.
    void serve(FrameReader& reader) {
        do {
            if (!carry_out_all(reader)) return;
        } while (connection_.receive(reader));
    }

private:
    bool carry_out_all(FrameReader& reader) {
        std::deque<std::function<void()>> jobs;
        while (true) {
            auto frame = reader.next();
            if (!frame) return false;
            if (!*frame) break;
            carry_out(std::move(**frame), jobs);
        }
        if (!jobs.empty()) pool_.post(std::move(jobs));
        return true;
    }

    void carry_out(Frame frame, std::deque<std::function<void()>>& jobs) {
        if (frame.type == FrameType::start) {
            start(std::move(frame), jobs);
        } else if (frame.type == FrameType::cancel) {
            cancel(frame.token);
        } else if (frame.type == FrameType::ack) {
            forget(read_ack(frame).value_or(std::vector<TaskToken>()));
        } else if (frame.type == FrameType::ping) {
            std::string pong;
            append_frame(pong, FrameType::pong);
            connection_.send(pong);
        }
    }

    /// The ends that the daemon has.
    void forget(const std::vector<TaskToken>& tokens) {
        const std::lock_guard lock(mutex_);
        for (const TaskToken& token : tokens) ended_.erase(token);
    }

    void start(Frame frame, std::deque<std::function<void()>>& jobs) {
        const TaskToken token = frame.token;
        if (is_known(token)) return;
        auto start = read_start(std::move(frame));
        const TaskType* type = start ? catalog_.find(start->request.resource) : nullptr;
        if (!type) {
            std::string refusal;
            append_failed(
                refusal, token,
                {"States.Runtime", start ? catalog_.explain_missing(start->request.resource)
                                         : start.error().message});
            end(token, std::move(refusal));
            return;
        }
        auto attempt =
            std::make_shared<HostAttempt>(*type, std::move(start).value(), settings_, connection_);
        {
            const std::lock_guard lock(mutex_);
            attempts_[token] = attempt;
        }
        jobs.emplace_back([this, attempt = std::move(attempt)] {
            std::string frame_of_end = attempt->run();
            end(attempt->request().token, std::move(frame_of_end));
        });
    }

    /// Whether the attempt runs already, or has ended; then its end is told once more.
    bool is_known(const TaskToken& token) {
        std::string frame;
        {
            const std::lock_guard lock(mutex_);
            if (attempts_.count(token) != 0) return true;
            const auto found = ended_.find(token);
            if (found == ended_.end()) return false;
            frame = found->second;
        }
        connection_.send(frame);
        return true;
    }

    void end(const TaskToken& token, std::string frame) {
        {
            const std::lock_guard lock(mutex_);
            attempts_.erase(token);
            ended_[token] = frame;
        }
        connection_.send(frame);
    }

    void cancel(const TaskToken& token) {
        std::shared_ptr<HostAttempt> attempt;
        {
            const std::lock_guard lock(mutex_);
            const auto found = attempts_.find(token);
            if (found == attempts_.end()) return;
            attempt = found->second;
        }
        attempt->cancel();
    }

    const TaskCatalog& catalog_;
    HostConnection& connection_;
    const HostSettings settings_;
    ThreadPool pool_;
    std::mutex mutex_;
    std::unordered_map<TaskToken, std::shared_ptr<HostAttempt>> attempts_;
    std::unordered_map<TaskToken, std::string> ended_;  // frames that are not acknowledged yet
};

/// Skips destructors on purpose: tasks still run in their threads, and use what those would
/// destroy.
[[noreturn]] void end_host() {
    kill_all_children();
    ::_exit(0);
}

void on_terminate(int) {
    // The socket's end wakes the first thread, which does the rest.
    ::shutdown(kHostSocket, SHUT_RDWR);
}

/// Where the machine's memory ends, the kernel ends a host or what it started, and not the daemon.
void offer_to_die_first() {
    std::ofstream("/proc/self/oom_score_adj") << 500;
}

void prepare_process() {
    // First of all: the daemon may die at any time, and with it everything that it wanted.
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    offer_to_die_first();
    adopt_orphans();
    struct sigaction action {};
    action.sa_handler = on_terminate;
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    ::signal(SIGPIPE, SIG_IGN);
    ::fcntl(kHostSocket, F_SETFD, FD_CLOEXEC);
}

void limit_memory(std::uint64_t bytes) {
    if (bytes == 0) return;
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_DATA, &limit);
}

/// The last word of "task-host --kind KIND".
std::string_view kind_in(int argc, char** argv) {
    return argc > 2 ? argv[argc - 1] : "";
}

/// Whether we can work for this daemon; if not, it is told why.
bool accepts(const HostHello& hello, HostConnection& connection) {
    const auto why = mismatch(hello.speaker, "daemon");
    if (!why) return true;
    std::string refusal;
    append_refused(refusal, *why);
    connection.send(refusal);
    return false;
}

std::optional<HostHello> await_hello(HostConnection& connection, FrameReader& reader) {
    while (connection.receive(reader)) {
        auto frame = reader.next();
        if (!frame) return std::nullopt;
        if (!*frame) continue;
        if ((*frame)->type != FrameType::hello) return std::nullopt;
        auto hello = read_hello(**frame);
        if (!hello) return std::nullopt;
        return std::move(hello).value();
    }
    return std::nullopt;
}

}  // namespace

int host_main(int argc, char** argv, const TaskCatalog& catalog) {
    prepare_process();
    if (int type = 0, size = sizeof type; ::getsockopt(kHostSocket, SOL_SOCKET, SO_TYPE, &type,
                                                       reinterpret_cast<socklen_t*>(&size)) != 0) {
        std::fputs("task-host is started by the daemon, not by hand\n", stderr);
        return 2;
    }
    HostConnection connection(kHostSocket);
    FrameReader reader;
    auto hello = await_hello(connection, reader);
    if (!hello || !accepts(*hello, connection)) return 1;
    // Held until this process is gone, however it goes: the next daemon waits for it.
    const Descriptor lock = hold_hosts_lock(hello->settings.data_folder);
    limit_memory(hello->memory_bytes);

    std::string ready;
    append_ready(ready, Speaker{});
    connection.send(ready);
    auto* const host = new Host(catalog, connection, std::move(*hello));
    host->begin_background_work(kind_in(argc, argv));
    host->serve(reader);
    end_host();
}

}  // namespace stepwell::tasks
