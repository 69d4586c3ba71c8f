#include "tasks/host/host_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "tasks/host/strays.hpp"

namespace stepwell::tasks {

namespace {

constexpr int kSocketBufferBytes = 1 << 20;

/// How many processes the kernel has killed for want of memory since boot.
std::uint64_t oom_kills() {
    std::ifstream file("/proc/vmstat");
    std::string name;
    std::uint64_t value = 0;
    while (file >> name >> value) {
        if (name == "oom_kill") return value;
    }
    return 0;
}

/// As exec wants them: ended by null. Good as long as `texts`.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

int spawn_host(const HostCommand& command, int socket, pid_t& pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, socket, kHostSocket);
    ::posix_spawn_file_actions_addclosefrom_np(&actions, kHostSocket + 1);
    const int code = ::posix_spawn(&pid, command.program.c_str(), &actions, &attributes,
                                   pointers_to(command.arguments).data(),
                                   pointers_to(command.environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    return code;
}

Failure<Error> start_failure(int code) {
    return fail(ErrorCode::unavailable,
                std::string("expected to start a task host, but: ") + std::strerror(code));
}

}  // namespace

Result<std::unique_ptr<HostProcess>> HostProcess::spawn(const HostCommand& command) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return start_failure(errno);
    }
    std::unique_ptr<HostProcess> host(new HostProcess);
    host->socket_.reset(ends[0]);
    const Descriptor theirs(ends[1]);
    for (const int end : ends) {
        ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kSocketBufferBytes, sizeof kSocketBufferBytes);
    }
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    host->oom_kills_before_ = oom_kills();
    pid_t pid = 0;
    if (const int code = spawn_host(command, theirs.get(), pid); code != 0) {
        return start_failure(code);
    }
    host->record_ = {pid, process_start(pid)};
    host->pidfd_.reset(open_pidfd(pid));
    if (!host->pidfd_) return start_failure(errno);
    return host;
}

HostProcess::~HostProcess() {
    if (record_.pid <= 0 || is_finished_) return;
    kill();
    finish();
}

bool HostProcess::stage() {
    if (sent_ < sending_.size()) return true;
    sending_.clear();
    sent_ = 0;
    sending_.swap(outgoing_);
    return !sending_.empty();
}

bool HostProcess::flush() {
    while (sent_ < sending_.size()) {
        const ssize_t sent =
            ::send(socket_.get(), sending_.data() + sent_, sending_.size() - sent_, MSG_NOSIGNAL);
        if (sent >= 0) {
            sent_ += static_cast<std::size_t>(sent);
        } else if (errno == EAGAIN) {
            return false;
        } else if (errno != EINTR) {
            sent_ = sending_.size();  // it is gone, which its pidfd tells
        }
    }
    return true;
}

HostProcess::Received HostProcess::receive() {
    // On the heap: an array would be part of every thread of the program.
    thread_local std::vector<char> buffer(256u << 10);
    ssize_t got = 0;
    do {
        got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        frames_.feed({buffer.data(), static_cast<std::size_t>(got)});
        return Received::data;
    }
    return got < 0 && errno == EAGAIN ? Received::nothing : Received::closed;
}

bool HostProcess::await_end(SteadyTime deadline) const {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd end{pidfd_.get(), POLLIN, 0};
    return ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(0, left.count()))) == 1;
}

void HostProcess::kill() {
    if (record_.pid > 0 && !is_finished_) ::kill(record_.pid, SIGKILL);
}

HostProcess::End HostProcess::finish() {
    SW_ASSERT(!is_finished_);
    is_finished_ = true;
    siginfo_t ignored{};
    while (::waitid(P_PID, static_cast<id_t>(record_.pid), &ignored, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    // Before it is reaped: until then the session's number cannot be anybody else's.
    kill_session(record_.pid);
    kill_marked(mark_of_host({record_.pid, record_.started}));
    int status = 0;
    rusage usage{};
    while (::wait4(record_.pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    End end;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    end.is_out_of_memory = end.signal == SIGKILL && oom_kills() > oom_kills_before_;
    return end;
}

}  // namespace stepwell::tasks
