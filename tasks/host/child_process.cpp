#include "tasks/host/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "tasks/host/strays.hpp"

namespace stepwell::tasks {

namespace {

/// The live children. A group is signalled only under the lock and while it is listed: once its
/// leader is reaped, the number may belong to somebody else.
struct ChildTable {
    std::shared_mutex spawning;  // shared by who spawns, alone for who closes the table
    bool is_closed = false;      // the host ends: nothing may be spawned any more
    std::mutex mutex;
    std::set<pid_t> groups;
};

ChildTable& table() {
    static auto* const instance = new ChildTable;  // outlives all threads
    return *instance;
}

/// A mark that no other child of any host has.
std::string next_mark() {
    static const std::string kOfHost =
        mark_of_host({::getpid(), facts_of(::getpid()).value_or(ProcessFacts{}).started});
    static std::atomic<std::uint64_t> number{0};
    return kOfHost + std::to_string(++number);
}

struct Pipe {
    Descriptor read;
    Descriptor write;
};

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(ErrorCode::unavailable,
                    std::string("expected a pipe, but: ") + std::strerror(errno));
    }
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

bool is_executable_file(const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
}

std::string path_variable(const std::vector<std::string>& environment) {
    for (const std::string& entry : environment) {
        if (entry.rfind("PATH=", 0) == 0) return entry.substr(5);
    }
    return "/usr/local/bin:/usr/bin:/bin";
}

/// The program's path. A name without a slash is looked up in the child's own PATH.
Result<std::string> resolve_program(const ChildSpec& spec) {
    const std::string& name = spec.arguments.front();
    if (name.find('/') != std::string::npos) {
        const std::filesystem::path path =
            spec.working_folder.empty() ? std::filesystem::path(name) : spec.working_folder / name;
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored)) {
            return fail(ErrorCode::not_found,
                        "expected a program at '" + path.string() + "', but there is nothing");
        }
        if (!is_executable_file(path)) {
            return fail(ErrorCode::invalid,
                        "expected '" + path.string() + "' to be an executable file; try chmod +x");
        }
        return std::filesystem::absolute(path).string();
    }
    const std::string folders = path_variable(spec.environment);
    for (std::size_t begin = 0; begin <= folders.size();) {
        const std::size_t end = std::min(folders.find(':', begin), folders.size());
        const auto path = std::filesystem::path(folders.substr(begin, end - begin)) / name;
        if (!name.empty() && is_executable_file(path)) return path.string();
        begin = end + 1;
    }
    return fail(ErrorCode::not_found,
                "expected a program '" + name + "', but PATH has none (" + folders + ")");
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> result;
    result.reserve(texts.size() + 1);
    for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

/// posix_spawn's file actions and attributes, freed in any case.
class SpawnPlan {
public:
    SpawnPlan() {
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawnattr_init(&attributes_);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes_, &none);
        ::posix_spawnattr_setsigdefault(&attributes_, &all);
        ::posix_spawnattr_setpgroup(&attributes_, 0);
        ::posix_spawnattr_setflags(
            &attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnPlan() {
        ::posix_spawn_file_actions_destroy(&actions_);
        ::posix_spawnattr_destroy(&attributes_);
    }
    SpawnPlan(const SpawnPlan&) = delete;
    SpawnPlan& operator=(const SpawnPlan&) = delete;

    void connect(int from, int to) {
        ::posix_spawn_file_actions_adddup2(&actions_, from, to);
        next_ = std::max(next_, to + 1);
    }
    void open_null_input() {
        ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    }
    void enter(const std::filesystem::path& folder) {
        ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    }
    int run(const std::string& program, const ChildSpec& spec, const std::string& mark,
            pid_t& pid) {
        ::posix_spawn_file_actions_addclosefrom_np(&actions_, next_);
        std::vector<std::string> environment = spec.environment;
        environment.push_back(std::string(kMarkVariable) + "=" + mark);
        return ::posix_spawn(&pid, program.c_str(), &actions_, &attributes_,
                             pointers(spec.arguments).data(), pointers(environment).data());
    }

private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
    int next_ = 3;
};

void limit_memory(pid_t pid, std::uint64_t bytes) {
    if (bytes == 0) return;
    const rlimit limit{bytes, bytes};
    ::prlimit(pid, RLIMIT_DATA, &limit, nullptr);
}

Failure<Error> spawn_failure(int code, const std::string& program) {
    if (code == ENOEXEC) {
        return fail(ErrorCode::invalid, "expected '" + program +
                                            "' to be a program, but it has no #! line and is no "
                                            "binary of this machine");
    }
    if (code == ENOENT) {
        return fail(ErrorCode::not_found,
                    "expected to execute '" + program + "', but its interpreter is not there");
    }
    const auto kind = code == EACCES || code == E2BIG ? ErrorCode::invalid : ErrorCode::unavailable;
    return fail(kind, "expected to start '" + program + "', but: " + std::strerror(code));
}

/// dup2() in the child must not run over a descriptor that a later dup2() still needs: the given
/// ones are first moved above all targets.
Result<std::vector<Descriptor>> moved_up(const std::vector<int>& descriptors) {
    std::vector<Descriptor> moved;
    for (const int fd : descriptors) {
        const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 3 + static_cast<int>(descriptors.size()));
        if (high < 0) {
            return fail(ErrorCode::unavailable,
                        std::string("expected a descriptor, but: ") + std::strerror(errno));
        }
        moved.emplace_back(high);
    }
    return moved;
}

}  // namespace

int open_pidfd(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

Result<ChildProcess> ChildProcess::spawn(const ChildSpec& spec) {
    SW_ASSERT(!spec.arguments.empty());
    std::error_code ignored;
    if (!spec.working_folder.empty() &&
        !std::filesystem::is_directory(spec.working_folder, ignored)) {
        return fail(ErrorCode::not_found, "expected the working folder '" +
                                              spec.working_folder.string() +
                                              "' to exist, but it does not");
    }
    const std::string program = SW_TRY(resolve_program(spec));
    Pipe output = SW_TRY(make_pipe());
    Pipe error = SW_TRY(make_pipe());
    Pipe input;
    if (spec.has_input) input = SW_TRY(make_pipe());
    const std::vector<Descriptor> extra = SW_TRY(moved_up(spec.descriptors));

    SpawnPlan plan;
    if (spec.has_input) {
        plan.connect(input.read.get(), 0);
    } else {
        plan.open_null_input();
    }
    plan.connect(output.write.get(), 1);
    plan.connect(error.write.get(), 2);
    for (std::size_t i = 0; i < extra.size(); ++i) {
        plan.connect(extra[i].get(), static_cast<int>(3 + i));
    }
    if (!spec.working_folder.empty()) plan.enter(spec.working_folder);

    ChildProcess child;
    {
        const std::shared_lock spawning(table().spawning);
        if (table().is_closed) return fail(ErrorCode::unavailable, "the task host is stopping");
        child.mark_ = next_mark();
        if (const int code = plan.run(program, spec, child.mark_, child.pid_); code != 0) {
            child.pid_ = -1;
            return spawn_failure(code, program);
        }
        const std::lock_guard lock(table().mutex);
        table().groups.insert(child.pid_);
    }
    limit_memory(child.pid_, spec.memory_bytes);
    child.pidfd_.reset(open_pidfd(child.pid_));
    if (!child.pidfd_) {
        return fail(
            ErrorCode::unavailable,
            std::string("expected a descriptor of the process, but: ") + std::strerror(errno));
    }
    child.input_ = std::move(input.write);
    child.output_ = std::move(output.read);
    child.error_ = std::move(error.read);
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      is_reaped_(other.is_reaped_),
      mark_(std::move(other.mark_)),
      pidfd_(std::move(other.pidfd_)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

ChildProcess::~ChildProcess() {
    if (pid_ <= 0 || is_reaped_) return;
    signal_group(SIGKILL);
    finish();
}

bool ChildProcess::has_ended() const {
    pollfd end{pidfd_.get(), POLLIN, 0};
    return is_reaped_ || (pidfd_ && ::poll(&end, 1, 0) == 1);
}

void ChildProcess::signal_group(int signal) const {
    const std::lock_guard lock(table().mutex);
    if (table().groups.count(pid_) != 0) ::killpg(pid_, signal);
}

ChildEnd ChildProcess::finish() {
    SW_ASSERT(!is_reaped_);
    is_reaped_ = true;
    siginfo_t ignored{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &ignored, WEXITED | WNOWAIT) != 0 &&
           errno == EINTR) {
    }
    int status = 0;
    rusage usage{};
    {
        // What stays of the group goes before its leader is reaped: until then its number is ours.
        const std::lock_guard lock(table().mutex);
        ::killpg(pid_, SIGKILL);
        table().groups.erase(pid_);
        while (::wait4(pid_, &status, 0, &usage) < 0 && errno == EINTR) {
        }
    }
    end_strays();
    ChildEnd end;
    if (WIFEXITED(status)) end.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    end.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
    return end;
}

/// What left the group: the host has adopted it by now. Without a mark it can only be ours where
/// there is no other child.
void ChildProcess::end_strays() const {
    // Its group is killed and it is reaped, so what it has left behind has nobody but us.
    if (!may_have_orphans()) return;
    const std::unique_lock spawning(table().spawning);
    std::set<pid_t> leaders;
    {
        const std::lock_guard lock(table().mutex);
        leaders = table().groups;
    }
    end_strays_of(mark_, leaders, leaders.empty());
}

void kill_all_children() {
    const std::unique_lock spawning(table().spawning);
    table().is_closed = true;
    {
        const std::lock_guard lock(table().mutex);
        for (const pid_t group : table().groups) ::killpg(group, SIGKILL);
    }
    kill_marked(mark_of_host({::getpid(), facts_of(::getpid()).value_or(ProcessFacts{}).started}));
}

std::string signal_name(int signal) {
    const char* name = ::sigabbrev_np(signal);
    return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

}  // namespace stepwell::tasks
