#include "tasks/host/strays.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "engine/base/descriptor.hpp"

namespace stepwell::tasks {
namespace {

/// What is killed may start others meanwhile, and takes a moment to end: so many looks.
constexpr int kRoundsMax = 400;
constexpr int kRoundMs = 5;

std::vector<pid_t> numbers_in(const std::string& folder) {
    std::vector<pid_t> found;
    DIR* open = ::opendir(folder.c_str());
    if (!open) return found;
    while (const dirent* entry = ::readdir(open)) {
        char* end = nullptr;
        const long number = std::strtol(entry->d_name, &end, 10);
        if (number > 0 && *end == '\0') found.push_back(static_cast<pid_t>(number));
    }
    ::closedir(open);
    return found;
}

/// Direct children, whichever of its threads they belong to.
std::vector<pid_t> children_of(pid_t pid) {
    const std::string tasks = "/proc/" + std::to_string(pid) + "/task";
    std::vector<pid_t> found;
    for (const pid_t thread : numbers_in(tasks)) {
        std::ifstream file(tasks + "/" + std::to_string(thread) + "/children");
        for (pid_t child = 0; file >> child;) found.push_back(child);
    }
    return found;
}

/// The mark in a process's environment; empty where there is none, or we may not look.
std::string mark_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/environ", std::ios::binary);
    const std::string environment(std::istreambuf_iterator<char>(file), {});
    const std::string label = std::string(kMarkVariable) + "=";
    std::size_t begin = 0;
    while (begin < environment.size()) {
        const std::size_t end = std::min(environment.find('\0', begin), environment.size());
        if (environment.compare(begin, label.size(), label) == 0) {
            return environment.substr(begin + label.size(), end - begin - label.size());
        }
        begin = end + 1;
    }
    return "";
}

/// Kills a process and all that is below it; how many lived.
int kill_tree(pid_t pid) {
    int killed = 0;
    for (const pid_t child : children_of(pid)) killed += kill_tree(child);
    const auto facts = facts_of(pid);
    if (!facts || facts->is_zombie) return killed;
    ::kill(pid, SIGKILL);
    return killed + 1;
}

void reap_if_ended(pid_t pid) {
    ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

std::optional<ProcessFacts> facts_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string text;
    if (!std::getline(file, text)) return std::nullopt;
    // The second field, the name, may hold anything: count from its last ')'.
    const std::size_t end = text.rfind(')');
    if (end == std::string::npos) return std::nullopt;
    std::istringstream fields(text.substr(end + 1));
    std::string word;
    ProcessFacts facts;
    for (int number = 3; number <= 22 && fields >> word; ++number) {
        if (number == 3) facts.is_zombie = word == "Z";
        if (number == 4) facts.parent = static_cast<pid_t>(std::strtol(word.c_str(), nullptr, 10));
        if (number == 6) facts.session = static_cast<pid_t>(std::strtol(word.c_str(), nullptr, 10));
        if (number == 22) facts.started = std::strtoull(word.c_str(), nullptr, 10);
    }
    return facts;
}

std::vector<pid_t> all_processes() {
    return numbers_in("/proc");
}

std::string mark_of_host(const ProcessId& host) {
    return std::to_string(host.pid) + "-" + std::to_string(host.started) + ".";
}

void adopt_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// The kernel gives an orphan to the first thread of its reaper. Here that one only reads frames:
/// all children of tasks are other threads', of which there may be many, with a file each.
bool may_have_orphans() {
    const std::string pid = std::to_string(::getpid());
    const Descriptor list(
        ::open(("/proc/self/task/" + pid + "/children").c_str(), O_RDONLY | O_CLOEXEC));
    char first = 0;
    return !list || ::read(list.get(), &first, 1) != 0;
}

void end_strays_of(const std::string& mark, const std::set<pid_t>& leaders, bool takes_unmarked) {
    for (int round = 0; round < kRoundsMax; ++round) {
        int alive = 0;
        for (const pid_t child : children_of(::getpid())) {
            if (leaders.contains(child)) continue;
            reap_if_ended(child);
            const std::string found = mark_of(child);
            const bool is_ours = found == mark || (found.empty() && takes_unmarked);
            if (is_ours) alive += kill_tree(child);
        }
        if (alive == 0) return;
        ::poll(nullptr, 0, kRoundMs);
    }
}

void kill_marked(const std::string& prefix) {
    for (int round = 0; round < kRoundsMax; ++round) {
        int alive = 0;
        for (const pid_t pid : all_processes()) {
            if (!mark_of(pid).starts_with(prefix)) continue;
            const auto facts = facts_of(pid);
            if (!facts || facts->is_zombie) continue;
            ::kill(pid, SIGKILL);
            ++alive;
        }
        if (alive == 0) return;
        ::poll(nullptr, 0, kRoundMs);
    }
}

}  // namespace stepwell::tasks
