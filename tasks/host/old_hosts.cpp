#include "tasks/host/old_hosts.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/base/json.hpp"
#include "tasks/host/strays.hpp"

namespace stepwell::tasks {

namespace {

constexpr int kPollIntervalMs = 5;
constexpr std::chrono::milliseconds kKillPatience{5'000};

/// Kills once; how many there were.
int kill_members(pid_t session) {
    int killed = 0;
    for (const pid_t pid : all_processes()) {
        const auto facts = facts_of(pid);
        if (!facts || facts->session != session || facts->is_zombie) continue;
        ::kill(pid, SIGKILL);
        ++killed;
    }
    return killed;
}

std::vector<HostRecord> read_records(const std::filesystem::path& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    const Json json = Json::parse(text.str(), nullptr, false);
    std::vector<HostRecord> records;
    if (!json.is_array()) return records;
    for (const Json& entry : json) {
        const Json* pid = find(entry, "pid");
        const Json* started = find(entry, "started");
        if (!pid || !started || !pid->is_number_integer() || !started->is_number_integer())
            continue;
        records.push_back({pid->get<pid_t>(), started->get<std::uint64_t>()});
    }
    return records;
}

bool wait_for_lock(int fd, std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        // flock() has no time-out; this happens only after a daemon was killed.
        ::poll(nullptr, 0, kPollIntervalMs);
    }
    return true;
}

/// A number that somebody else has now cannot lead our session any more.
bool may_lead_old_session(const HostRecord& record) {
    const std::uint64_t started = process_start(record.pid);
    return started == 0 || started == record.started;
}

}  // namespace

std::uint64_t process_start(pid_t pid) {
    const auto facts = facts_of(pid);
    return facts ? facts->started : 0;
}

void kill_session(pid_t leader) {
    // A member may start another while we look: until a look finds none.
    for (int round = 0; round < 50 && kill_members(leader) > 0; ++round) {
        ::poll(nullptr, 0, kPollIntervalMs);
    }
}

Descriptor hold_hosts_lock(const std::filesystem::path& data_folder) {
    if (data_folder.empty()) return {};
    const auto path = data_folder / "hosts.lock";
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file) ::flock(file.get(), LOCK_SH);
    return file;
}

Result<void> end_old_hosts(const std::filesystem::path& data_folder,
                           std::chrono::milliseconds grace) {
    const auto path = data_folder / "hosts.lock";
    const Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) {
        return fail(ErrorCode::io,
                    "expected to open '" + path.string() + "', but: " + std::strerror(errno));
    }
    const std::vector<HostRecord> records = read_records(data_folder / "hosts.json");
    if (!wait_for_lock(file.get(), grace)) {
        for (const HostRecord& record : records) {
            if (process_start(record.pid) == record.started) ::kill(record.pid, SIGKILL);
        }
        if (!wait_for_lock(file.get(), kKillPatience)) {
            return fail(ErrorCode::unavailable,
                        "expected the task hosts of an earlier daemon to be gone, but one still "
                        "holds '" +
                            path.string() + "'; look for processes named stepwell task-host");
        }
    }
    for (const HostRecord& record : records) {
        if (may_lead_old_session(record)) kill_session(record.pid);
        kill_marked(mark_of_host({record.pid, record.started}));
    }
    record_hosts(data_folder, {});
    return {};
}

void record_hosts(const std::filesystem::path& data_folder, const std::vector<HostRecord>& hosts) {
    Json list = Json::array();
    for (const HostRecord& host : hosts) {
        list.push_back({{"pid", host.pid}, {"started", host.started}});
    }
    const auto path = data_folder / "hosts.json";
    const auto draft = data_folder / "hosts.json.new";
    {
        std::ofstream stream(draft);
        stream << to_text(list) << '\n';
    }
    std::error_code ignored;
    std::filesystem::rename(draft, path, ignored);
}

}  // namespace stepwell::tasks
