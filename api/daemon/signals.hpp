// SIGINT and SIGTERM as something to wait for: no handler runs anywhere.
#pragma once

#include <optional>

namespace stepwell::api {

/// REQUIRES: made before the first thread; threads inherit that the signals are blocked.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    /// Waits for a signal; nothing: somebody called wake().
    std::optional<int> wait();
    /// From any thread.
    void wake();

private:
    int signals_ = -1;
    int wake_ = -1;
};

}  // namespace stepwell::api
