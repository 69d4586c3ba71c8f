// The dashboard's files, as they were built into the program, and which paths of a browser get
// them.
//
// They are the same for everybody and hold nothing of a data folder: nobody is asked for a
// credential. Paths are compared as they came, never decoded and never looked up on a disk.
//
// Thread safety: immutable.
#pragma once

#include <span>
#include <string_view>

#include "api/http/http.hpp"

namespace stepwell::api::web {

/// One file. The views live as long as the program.
struct Asset {
    std::string_view path;  // "/assets/index-C0PsKI-g.js"; that of the page itself is "/index.html"
    std::string_view content_type;
    std::string_view digest;    // of `plain`
    bool is_immutable = false;  // its path names its content
    std::string_view plain;
    std::string_view gzip = {};    // empty: it would save nothing
    std::string_view brotli = {};  // the same
};

/// What was built in; empty where the program was built without a dashboard.
std::span<const Asset> built_in_assets();

class Site {
public:
    /// REQUIRES: the assets outlive it.
    explicit Site(std::span<const Asset> assets) : assets_(assets) {}

    /// Whether a path (without its query) is one of the dashboard's: a page, a file, or a file that
    /// there might have been. False for all of them where there is no dashboard.
    [[nodiscard]] bool has(std::string_view path) const;
    /// The file, 304 for who has it, 404 where there is none.
    /// REQUIRES: GET or HEAD of a path that it has.
    [[nodiscard]] Response answer(const Request& request) const;

private:
    [[nodiscard]] const Asset* find(std::string_view path) const;
    const std::span<const Asset> assets_;
};

}  // namespace stepwell::api::web
