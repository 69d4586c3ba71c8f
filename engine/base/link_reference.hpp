// How a text asks for a signed link: `${link:SCOPE}`, in the parameters of a task that waits for
// somebody to say how it ends. Who makes the link, and what scopes there are, is the caller's
// affair.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell {

/// Whether a reference, or the beginning of one, stands in `text`.
bool names_link(std::string_view text);

using LinkMaker = std::function<Result<std::string>(std::string_view scope)>;

/// `text` with links in the place of the references. Fails as the maker does, and with `invalid`
/// where a reference has no end.
Result<std::string> expand_links(std::string_view text, const LinkMaker& make);

}  // namespace stepwell
