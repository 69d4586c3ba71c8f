// JSON pointers (RFC 6901): "/orders/0/items".
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell {

/// The names and indices that it goes through, without their escapes; none: the whole document.
/// REQUIRES: it is empty, or begins with a slash.
inline std::vector<std::string> pointer_steps(std::string_view pointer) {
    std::vector<std::string> steps;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);  // '/'
        const std::size_t end = std::min(pointer.find('/'), pointer.size());
        std::string step;
        for (std::size_t i = 0; i < end; ++i) {
            const bool is_escape = pointer[i] == '~' && i + 1 < end;
            if (is_escape && pointer[i + 1] == '1') step += '/';
            if (is_escape && pointer[i + 1] == '0') step += '~';
            const bool is_known = is_escape && (pointer[i + 1] == '0' || pointer[i + 1] == '1');
            if (is_known) ++i;
            if (!is_known) step += pointer[i];
        }
        steps.push_back(std::move(step));
        pointer.remove_prefix(end);
    }
    return steps;
}

}  // namespace stepwell
