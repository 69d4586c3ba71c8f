// A host's end of the socket to the daemon.
//
// Threads: complete. Whoever sends first writes, for all who append meanwhile: under load many
// frames go in one write, with no thread of its own and no wake-up.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "tasks/host/protocol.hpp"

namespace stepwell::tasks {

class HostConnection {
public:
    explicit HostConnection(int socket) : socket_(socket) {}

    /// Sends whole frames. Once the daemon is gone they are dropped.
    void send(std::string_view frames);

    /// Waits for bytes; false: the daemon is gone.
    bool receive(FrameReader& reader);

private:
    bool write_all(std::string_view bytes) const;

    int socket_;
    std::mutex mutex_;
    std::string outgoing_;
    bool is_writing_ = false;
    bool is_broken_ = false;
};

}  // namespace stepwell::tasks
