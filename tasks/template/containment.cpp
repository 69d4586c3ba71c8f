#include "tasks/template/containment.hpp"

#include <algorithm>
#include <unordered_map>

namespace stepwell::tasks::jinja {
namespace {

class PartCheck {
public:
    explicit PartCheck(const void* container) : container_(container) {}

    /// How many levels `value` has: none where it has no parts.
    Outcome<int> levels(const Value& value, int depth) {
        if (const List* list = value.as_sequence()) {
            return levels_of(list, depth, [&](auto visit) -> Outcome<void> {
                for (const Value& part : *list) SW_TRY(visit(part));
                return {};
            });
        }
        const Dict* dict = value.as_dict();
        const void* identity = dict;
        if (const auto* object = value.as<std::shared_ptr<Object>>()) {
            const auto* holder = dynamic_cast<const Container*>(object->get());
            dict = holder ? &holder->parts() : nullptr;
            identity = object->get();
        }
        if (dict == nullptr) return 0;
        return levels_of(identity, depth, [&](auto visit) -> Outcome<void> {
            for (const auto& [key, part] : dict->entries()) {
                SW_TRY(visit(key));
                SW_TRY(visit(part));
            }
            return {};
        });
    }

private:
    template <class ForEach>
    Outcome<int> levels_of(const void* identity, int depth, ForEach for_each) {
        if (identity == container_) return template_fail("a value cannot be put into itself");
        const auto known = known_.find(identity);
        int most = known != known_.end() ? known->second : 0;
        if (known == known_.end() && depth < kNestingMax) {
            const auto visit = [&](const Value& part) -> Outcome<void> {
                most = std::max(most, SW_TRY(levels(part, depth + 1)));
                return {};
            };
            SW_TRY(for_each(visit));
            known_.emplace(identity, ++most);
        }
        if (depth + most < kNestingMax) return most;
        return template_fail("a value cannot be nested more than " + std::to_string(kNestingMax) +
                             " levels deep");
    }

    const void* container_;
    std::unordered_map<const void*, int> known_;  // levels
};

}  // namespace

Outcome<void> check_part(const Value& value, const void* container) {
    SW_TRY(PartCheck(container).levels(value, 0));
    return {};
}

Outcome<void> check_parts(const List& values, const void* container) {
    PartCheck check(container);
    for (const Value& value : values) SW_TRY(check.levels(value, 0));
    return {};
}

}  // namespace stepwell::tasks::jinja
