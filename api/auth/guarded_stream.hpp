// A stream that ends with the credential it was asked with: a revoked token, a removed user or a
// session that was signed out hears nothing more.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "api/http/http.hpp"

namespace stepwell::api {

/// Threads: as Stream says.
class GuardedStream final : public Stream {
public:
    /// `is_still_in`: called from the stream's thread before anything is sent, so it has to be
    /// quick. `otherwise`: how the stream goes on then.
    GuardedStream(std::shared_ptr<Stream> inner, std::function<bool()> is_still_in, Next otherwise)
        : inner_(std::move(inner)), is_still_in_(std::move(is_still_in)), otherwise_(otherwise) {}

    [[nodiscard]] bool is_behind() const override { return inner_->is_behind(); }
    Next next(std::string& out) override { return is_still_in_() ? inner_->next(out) : otherwise_; }
    std::string idle() override { return inner_->idle(); }
    void on_ready(std::function<void()> waker) override { inner_->on_ready(std::move(waker)); }

private:
    const std::shared_ptr<Stream> inner_;
    const std::function<bool()> is_still_in_;
    const Next otherwise_;
};

}  // namespace stepwell::api
