// A request that nobody sent.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "api/http/http.hpp"

namespace stepwell::test {

class FakeRequest final : public api::Request {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;
    FakeRequest(std::string method, std::string target, std::string body = "", Headers headers = {})
        : method_(std::move(method)),
          target_(std::move(target)),
          body_(std::move(body)),
          headers_(std::move(headers)) {}

    [[nodiscard]] std::string_view method() const override { return method_; }
    [[nodiscard]] std::string_view target() const override { return target_; }
    /// Names are compared as they are written.
    [[nodiscard]] std::string_view header(std::string_view name) const override {
        const auto found = std::find_if(headers_.begin(), headers_.end(),
                                        [&](const auto& header) { return header.first == name; });
        return found == headers_.end() ? std::string_view{} : found->second;
    }
    [[nodiscard]] const std::string& body() const override { return body_; }
    [[nodiscard]] const std::string& peer() const override { return peer_; }
    [[nodiscard]] const api::Principal& principal() const override { return principal_; }

    void set_principal(api::Principal principal) { principal_ = std::move(principal); }

private:
    const std::string method_;
    const std::string target_;
    const std::string body_;
    const Headers headers_;
    const std::string peer_ = "127.0.0.1";
    api::Principal principal_{api::Principal::Kind::user, "test", "test", api::Role::admin,
                              "token"};
};

}  // namespace stepwell::test
