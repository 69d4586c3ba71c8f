// All functions by name, their signatures read once.
#include "engine/expression/jsonata/library.hpp"

#include <unordered_map>

namespace stepwell::expression::jsonata {
namespace {

using Table = std::unordered_map<std::string_view, Native>;

Table make_table() {
    Table table;
    for (const auto builtins :
         {library::texts(), library::patterns(), library::encodings(), library::numbers(),
          library::lists(), library::objects(), library::callbacks(), library::times()}) {
        for (const Builtin& builtin : builtins) {
            Native native{&builtin, std::nullopt};
            if (!builtin.signature.empty()) {
                auto signature = Signature::parse(builtin.signature);
                SW_ASSERT(signature.has_value());
                native.signature = std::move(signature).value();
            }
            table.emplace(builtin.name, std::move(native));
        }
    }
    return table;
}

}  // namespace

const Native* find_native(std::string_view name) {
    static const Table kTable = make_table();
    const auto found = kTable.find(name);
    return found == kTable.end() ? nullptr : &found->second;
}

}  // namespace stepwell::expression::jsonata
