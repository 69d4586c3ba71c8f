#include "api/cli/local_daemon.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

#include "api/auth/admin_token.hpp"
#include "api/http/gate.hpp"

namespace stepwell::api::cli {
namespace {

namespace fs = std::filesystem;

/// A daemon holds it open; its number stands in it (engine/journal/owner_lock.hpp).
constexpr const char* kLockName = "stepwell.lock";

struct Listener {
    std::uint16_t port = 0;
    std::string inode;
};

/// Of /proc/net/tcp: the fields are place, local address, remote address, state, ..., inode.
void add_listeners(const char* table, std::vector<Listener>& out) {
    constexpr const char* kListening = "0A";
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::vector<std::string> fields;
        for (std::string word; words >> word;) fields.push_back(word);
        if (fields.size() < 10 || fields[3] != kListening) continue;
        const std::string port = fields[1].substr(fields[1].rfind(':') + 1);
        Listener listener;
        std::from_chars(port.data(), port.data() + port.size(), listener.port, 16);
        listener.inode = fields[9];
        out.push_back(std::move(listener));
    }
}

std::vector<Listener> listeners() {
    std::vector<Listener> all;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) add_listeners(table, all);
    return all;
}

/// Where the open descriptors of a process lead; empty where we may not look.
std::vector<std::string> open_files_of(const std::string& pid) {
    std::vector<std::string> links;
    std::error_code error;
    for (fs::directory_iterator at("/proc/" + pid + "/fd", error), end; !error && at != end;
         at.increment(error)) {
        std::error_code ignored;
        links.push_back(fs::read_symlink(at->path(), ignored).string());
    }
    return links;
}

std::string socket_link(const std::string& inode) {
    return "socket:[" + inode + "]";
}

/// The data folder that a process works in, where it has one of these sockets.
std::optional<fs::path> data_folder_of(const std::string& pid,
                                       const std::set<std::string>& sockets) {
    bool has_socket = false;
    std::optional<fs::path> folder;
    for (const std::string& link : open_files_of(pid)) {
        has_socket |= sockets.contains(link);
        const fs::path path(link);
        if (path.filename() == kLockName) folder = path.parent_path();
    }
    return has_socket ? folder : std::nullopt;
}

std::optional<uid_t> owner_of(const std::string& pid) {
    struct stat facts {};
    if (::stat(("/proc/" + pid).c_str(), &facts) != 0) return std::nullopt;
    return facts.st_uid;
}

std::optional<std::string> token_of_listener(const std::set<std::string>& sockets) {
    std::error_code error;
    for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
        const std::string pid = at->path().filename().string();
        if (pid.find_first_not_of("0123456789") != pid.npos) continue;
        const auto folder = data_folder_of(pid, sockets);
        const auto owner = owner_of(pid);
        // Its owner's file: nobody makes us show what is somebody else's.
        if (folder && owner) return read_admin_token(*folder, *owner);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> local_admin_token(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) return std::nullopt;
    std::string_view rest = std::string_view(url).substr(kScheme.size());
    rest = rest.substr(0, rest.find('/'));
    auto address = parse_listen(rest);
    if (!address || !is_loopback(address->host)) return std::nullopt;
    // parse_listen() knows our own default, a URL knows that of HTTP.
    const bool has_port = rest.rfind(':') != rest.npos && rest.back() != ']';
    if (!has_port) address->port = 80;
    std::set<std::string> sockets;
    for (const Listener& one : listeners()) {
        if (one.port == address->port) sockets.insert(socket_link(one.inode));
    }
    return sockets.empty() ? std::nullopt : token_of_listener(sockets);
}

std::optional<std::string> url_of_daemon_in(const fs::path& data_folder) {
    std::ifstream file(data_folder / kLockName);
    std::string pid;
    if (!std::getline(file, pid) || pid.find_first_not_of("0123456789") != pid.npos) {
        return std::nullopt;
    }
    const std::vector<std::string> links = open_files_of(pid);
    const std::set<std::string> open(links.begin(), links.end());
    for (const Listener& one : listeners()) {
        if (open.contains(socket_link(one.inode))) {
            return "http://127.0.0.1:" + std::to_string(one.port);
        }
    }
    return std::nullopt;
}

}  // namespace stepwell::api::cli
