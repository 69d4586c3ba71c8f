// The first line as a path, the rest as the document that it is asked of and assigned in.
#include "engine/expression/path.hpp"
#include "tests/expression/support.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

void assign(const expression::Path& path, const Json& document) {
    Json changed = document;
    const auto assigned = path.assign(changed, Json("new"));
    SW_ASSERT(assigned.has_value() || changed == document);
    if (!assigned) return;
    const test::World world = test::World::of(changed);
    const Json* found = path.find(world.environment());
    SW_ASSERT(found && *found == Json("new"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto [line, rest] = test::first_line_and_rest(test::text_of(data, size));
    const auto path = expression::Path::parse(line);
    const auto document = parse_json(rest);
    if (!path || !document) return 0;

    SW_ASSERT(path->text() == line);
    SW_ASSERT(!path->is_reference() || path->is_definite());
    const test::World world = test::World::of(*document);
    const auto value = path->evaluate(world.environment());
    if (path->is_definite()) {
        const Json* found = path->find(world.environment());
        SW_ASSERT((found != nullptr) == value.has_value());
        SW_ASSERT(!found || *found == *value);
    }
    SW_ASSERT(value.has_value() || !value.error().detail.empty());
    const bool is_place = path->is_reference() && path->source() == expression::Path::Source::data;
    if (is_place) assign(*path, *document);
    return 0;
}
