#include "engine/base/link_reference.hpp"

namespace stepwell {
namespace {

constexpr std::string_view kOpen = "${link:";

}  // namespace

bool names_link(std::string_view text) {
    return text.find(kOpen) != text.npos;
}

Result<std::string> expand_links(std::string_view text, const LinkMaker& make) {
    std::string expanded;
    std::size_t from = 0;
    while (true) {
        const std::size_t begin = text.find(kOpen, from);
        if (begin == text.npos) break;
        const std::size_t inside = begin + kOpen.size();
        const std::size_t end = text.find('}', inside);
        if (end == text.npos) {
            return fail(ErrorCode::invalid, "expected a link as ${link:decide}, but got '" +
                                                std::string(text.substr(begin, 40)) + "'");
        }
        expanded += text.substr(from, begin - from);
        expanded += SW_TRY(make(text.substr(inside, end - inside)));
        from = end + 1;
    }
    expanded += text.substr(from);
    return expanded;
}

}  // namespace stepwell
