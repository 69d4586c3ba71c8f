#include "tasks/host/host_connection.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <vector>

namespace stepwell::tasks {

void HostConnection::send(std::string_view frames) {
    std::unique_lock lock(mutex_);
    if (is_broken_) return;
    outgoing_ += frames;
    if (is_writing_) return;
    is_writing_ = true;
    std::string batch;
    while (!outgoing_.empty() && !is_broken_) {
        batch.clear();
        batch.swap(outgoing_);
        lock.unlock();
        const bool is_sent = write_all(batch);
        lock.lock();
        if (!is_sent) is_broken_ = true;
    }
    is_writing_ = false;
}

bool HostConnection::write_all(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool HostConnection::receive(FrameReader& reader) {
    // On the heap: an array would be part of every thread of the program.
    thread_local std::vector<char> buffer(256u << 10);
    while (true) {
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        reader.feed({buffer.data(), static_cast<std::size_t>(got)});
        return true;
    }
}

}  // namespace stepwell::tasks
