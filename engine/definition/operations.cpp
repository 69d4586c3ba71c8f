#include "engine/definition/operations.hpp"

#include <algorithm>

#include "engine/base/units.hpp"
#include "engine/definition/fields.hpp"

namespace stepwell::definition {
namespace {

constexpr std::int64_t kConcurrencyMax = 1'000'000;
constexpr std::int64_t kPriorityMax = 1'000;

const std::vector<std::string> kEvents = {"failed", "recovered", "late"};

/// Reads members one by one, and tells what is wrong with them.
class MemberReader {
public:
    explicit MemberReader(const MemberFault& fault) : fault_(fault) {}

    void report(const std::string& pointer, const std::string& message) const {
        if (fault_) fault_(pointer, message);
    }

    void expect(const std::string& pointer, const std::string& what, const Json& got) const {
        report(pointer, "expected '" + pointer.substr(pointer.rfind('/') + 1) + "' to be " + what +
                            ", but it is " + excerpt(got));
    }

    std::optional<std::int64_t> integer(const Json& value, const std::string& pointer,
                                        std::int64_t min, std::int64_t max) const {
        if (value.is_number_integer() && value >= min && value <= max) {
            return value.get<std::int64_t>();
        }
        expect(pointer, "an integer from " + std::to_string(min) + " to " + std::to_string(max),
               value);
        return std::nullopt;
    }

    std::optional<std::string> name(const Json& value, const std::string& pointer) const {
        if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
            return value.get<std::string>();
        }
        expect(pointer, "a name", value);
        return std::nullopt;
    }

    std::optional<Duration> span(const Json& value, const std::string& pointer) const {
        if (value == "forever") return Duration::max();
        const auto span =
            value.is_string() ? parse_span(value.get_ref<const std::string&>()) : std::nullopt;
        if (!span) expect(pointer, "a time such as 30d, 12h or forever", value);
        return span;
    }

    void unknown(const std::string& pointer, const std::string& key,
                 const std::vector<std::string>& known) const {
        const std::string hint = suggest(key, known);
        report(pointer + pointer_part(key), "expected one of " + quoted_list(known) +
                                                ", but it is '" + key + "'" +
                                                (hint.empty() ? "" : "; " + hint));
    }

    void concurrency(const Json& value, Operations& out) const {
        const Json* count = &value;
        if (value.is_object()) {
            for (const auto& [key, ignored] : value.items()) {
                if (key != "runs") unknown("/concurrency", key, {"runs"});
            }
            count = find(value, "runs");
            if (!count) return expect("/concurrency", "a number, or {runs: number}", value);
        }
        const std::string pointer = value.is_object() ? "/concurrency/runs" : "/concurrency";
        if (const auto runs = integer(*count, pointer, 1, kConcurrencyMax)) {
            out.concurrency = static_cast<std::uint32_t>(*runs);
        }
    }

    void pools(const Json& value, Operations& out) const {
        if (!value.is_object()) {
            if (auto pool = name(value, "/pool")) out.pools["*"] = *std::move(pool);
            return;
        }
        for (const auto& [state, pool] : value.items()) {
            if (auto text = name(pool, "/pool" + pointer_part(state))) {
                out.pools[state] = *std::move(text);
            }
        }
    }

    void notify(const Json& value, Operations& out) const {
        if (!value.is_object()) return;  // its outer form has been reported
        for (const auto& [event, channels] : value.items()) {
            if (std::find(kEvents.begin(), kEvents.end(), event) == kEvents.end()) {
                unknown("/notify", event, kEvents);
                continue;
            }
            const std::string pointer = "/notify/" + event;
            const Json list = channels.is_array() ? channels : Json::array({channels});
            for (const Json& channel : list) {
                if (auto text = name(channel, pointer)) {
                    out.notify[event].push_back(*std::move(text));
                }
            }
        }
    }

private:
    const MemberFault& fault_;
};

}  // namespace

const std::string& Operations::pool_of(const std::string& state) const {
    static const std::string kNone;
    const auto own = pools.find(state);
    if (own != pools.end()) return own->second;
    const auto others = pools.find("*");
    return others == pools.end() ? kNone : others->second;
}

RetentionRule read_retention(const Json& value, const std::string& pointer, bool has_bytes,
                             const MemberFault& fault) {
    const MemberReader reader(fault);
    RetentionRule rule;
    if (!value.is_object()) {
        rule.succeeded = rule.failed = reader.span(value, pointer);
        return rule;
    }
    std::vector<std::string> known = {"succeeded", "failed", "runs"};
    if (has_bytes) known.emplace_back("bytes");
    for (const auto& [key, item] : value.items()) {
        const std::string place = pointer + pointer_part(key);
        if (key == "succeeded") {
            rule.succeeded = reader.span(item, place);
        } else if (key == "failed") {
            rule.failed = reader.span(item, place);
        } else if (key == "runs") {
            rule.runs = reader.integer(item, place, 1, 1'000'000'000);
        } else if (key == "bytes" && has_bytes) {
            if (item.is_number_unsigned()) rule.bytes = item.get<std::uint64_t>();
            if (item.is_string()) rule.bytes = parse_size(item.get_ref<const std::string&>());
            if (!rule.bytes) reader.expect(place, "a size such as 10GB", item);
        } else {
            reader.unknown(pointer, key, known);
        }
    }
    return rule;
}

Operations read_operations(const Json& members, const MemberFault& fault) {
    const MemberReader reader(fault);
    Operations out;
    if (const Json* value = find(members, "concurrency")) reader.concurrency(*value, out);
    if (const Json* value = find(members, "priority")) {
        const auto priority = reader.integer(*value, "/priority", -kPriorityMax, kPriorityMax);
        out.priority = static_cast<std::int32_t>(priority.value_or(0));
    }
    if (const Json* value = find(members, "pool")) reader.pools(*value, out);
    if (const Json* value = find(members, "retention")) {
        out.retention = read_retention(*value, "/retention", false, fault);
    }
    if (const Json* value = find(members, "notify")) reader.notify(*value, out);
    return out;
}

Operations operations_of(const std::string& settings) {
    const auto parsed = parse_json(settings);
    const Json* options = parsed ? find(*parsed, "options") : nullptr;
    return options ? read_operations(*options, nullptr) : Operations{};
}

}  // namespace stepwell::definition
