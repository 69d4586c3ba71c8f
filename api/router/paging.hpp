// Lists that are there as a whole, and the part of them that was asked for.
#pragma once

#include "api/router/route.hpp"

namespace stepwell::api {

/// `others`, then `limit` and `after` as every list takes them.
std::vector<Parameter> page_parameters(std::vector<Parameter> others = {});

/// `item` as the items of a list: {"items", "next"}. `more`: further members, and a comma behind;
/// `required`: those of them that are always there, each behind a comma.
std::string list_schema(std::string_view item, std::string_view more = "",
                        std::string_view required = "");

/// The same of a snapshot (snapshot_of()), which has "as_of", too.
std::string snapshot_schema(std::string_view item, std::string_view more = "",
                            std::string_view required = "");

/// Cuts "items" of `whole` to the page that `call` asks for, and adds "next" where there is more
/// behind it. `key`: the member that tells the items apart, so that a page goes on behind the last
/// one that was seen, although others have come or gone since; empty: they are only ever added at
/// the end. Fails with `invalid` where `after` is no token of such a list.
Result<Json> page_of(const Call& call, Json whole, std::string_view key);

/// The token of a list that only ever grows at its end, and is read item by item: `count` of its
/// items have been looked at. REQUIRES: count > 0.
std::string position_token(std::size_t count);
/// What `after` of the call says of it; 0 where it is not given. Fails with `invalid`.
Result<std::size_t> position_in(const Call& call);

/// How many items of the whole list the page that `call` asks for needs, one behind it among them:
/// where items cost something to make.
std::size_t items_needed(const Call& call);

}  // namespace stepwell::api
