// The entry of what starts a workflow, and the fields that its parts share.
#include "engine/definition/starts.hpp"

#include <algorithm>

#include "engine/base/ascii.hpp"
#include "engine/base/units.hpp"
#include "engine/definition/start_fields.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::definition {
namespace {

bool is_name_part(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.';
}

/// Calls `visit` for each "{{ NAME }}" of `text` with its beginning, its length and the name.
template <class Visit>
void for_each_placeholder(const std::string& text, Visit visit) {
    for (std::size_t begin = text.find("{{"); begin != text.npos; begin = text.find("{{", begin)) {
        const std::size_t end = text.find("}}", begin);
        if (end == text.npos) return;
        visit(begin, end + 2 - begin,
              trimmed(std::string_view(text).substr(begin + 2, end - begin - 2)));
        begin = end + 2;
    }
}

std::string filled(const std::string& text, const Json& values) {
    std::string out;
    std::size_t copied = 0;
    for_each_placeholder(text, [&](std::size_t begin, std::size_t length, std::string_view name) {
        const Json* value = find(values, name);
        if (value == nullptr || !value->is_string()) return;
        out += text.substr(copied, begin - copied) + value->get<std::string>();
        copied = begin + length;
    });
    return out + text.substr(copied);
}

void check_placeholders(const Json& value, const std::vector<std::string>& known,
                        const Place& place, Report& report) {
    if (value.is_structured()) {
        std::size_t index = 0;
        for (auto it = value.begin(); it != value.end(); ++it, ++index) {
            const Place inner = value.is_object() ? place.member(it.key()) : place.item(index);
            check_placeholders(*it, known, inner, report);
        }
    }
    if (!value.is_string()) return;
    for_each_placeholder(
        value.get_ref<const std::string&>(), [&](std::size_t, std::size_t, std::string_view name) {
            if (std::find(known.begin(), known.end(), name) != known.end()) return;
            const std::string hint = suggest(name, known);
            report.add(place, {"expected {{ }} to hold " +
                                   (known.empty() ? "nothing here" : quoted_list(known)) +
                                   ", but it holds '" + std::string(name) + "'",
                               hint});
        });
}

}  // namespace

void read_span(const Fields& fields, std::string_view name, Duration min, Duration& out) {
    const Json* value = fields.find(name);
    if (value == nullptr) return;
    const auto span = value->is_string() ? parse_span(value->get_ref<const std::string&>())
                                         : std::optional<Duration>();
    if (span && *span >= min) {
        out = *span;
        return;
    }
    const std::string least =
        min > Duration(0) ? ", at least " + std::to_string(min.count()) + "ms" : "";
    fields.report_type(name, "a span of time such as 500ms, 10s, 5m, 2h or 1d" + least);
}

void read_boolean(const Fields& fields, std::string_view name, bool& out) {
    const Json* value = fields.find(name);
    if (value == nullptr) return;
    if (value->is_boolean()) {
        out = value->get<bool>();
    } else {
        fields.report_type(name, "true or false");
    }
}

void read_texts(const Fields& fields, std::string_view name, std::vector<std::string>& out) {
    const Json* value = fields.find(name);
    if (value == nullptr) return;
    const auto is_text = [](const Json& item) {
        return item.is_string() && !item.get_ref<const std::string&>().empty();
    };
    if (is_text(*value)) {
        out = {value->get<std::string>()};
    } else if (value->is_array() && !value->empty() &&
               std::all_of(value->begin(), value->end(), is_text)) {
        out.clear();
        for (const Json& item : *value) out.push_back(item.get<std::string>());
    } else {
        fields.report_type(name, "a text or a list of texts");
    }
}

std::string read_name(const Fields& fields, std::string otherwise) {
    constexpr std::size_t kBytesMax = 80;
    if (!fields.has("name")) return otherwise;
    const auto name = fields.read_string("name");
    if (!name) return otherwise;
    const bool is_good = !name->empty() && name->size() <= kBytesMax &&
                         std::all_of(name->begin(), name->end(), is_name_part);
    if (!is_good) {
        fields.report_type("name", "1 to 80 letters, digits, '-', '_' and '.'");
    }
    return *name;
}

void read_input(const Fields& fields, const std::vector<std::string>& placeholders,
                const std::string& reserved, Json& out) {
    with_object(fields, "input", [&](const Fields& input) {
        const Json& value = *fields.find("input");
        check_placeholders(value, placeholders, input.place(), input.report());
        if (input.has(reserved)) {
            input.report().add_at_name(input.place().member(reserved),
                                       {"expected members other than '" + reserved +
                                        "', which tells the run what started it"});
        }
        out = value;
    });
}

void read_timezone(const Fields& fields, std::string& out) {
    const auto zone = fields.read_string("timezone");
    if (!zone) return;
    out = *zone;
    if (const auto found = schedule::TimeZone::find(*zone); !found) {
        fields.report().add(fields.place().member("timezone"), {found.error().message});
    }
}

void Names::add(const Fields& fields, const std::string& name, const std::string& what) {
    if (std::find(taken_.begin(), taken_.end(), name) != taken_.end()) {
        const Place place = fields.has("name") ? fields.place().member("name") : fields.place();
        fields.report().add(place, {"expected a name of its own, but another " + what +
                                    " of this file is '" + name + "'"});
    }
    taken_.push_back(name);
}

const char* name_of(DeadlineSpec::Kind kind) {
    switch (kind) {
        case DeadlineSpec::Kind::start_by:
            return "start_by";
        case DeadlineSpec::Kind::finish_by:
            return "finish_by";
        case DeadlineSpec::Kind::file_by:
            return "file_by";
    }
    return "";
}

Starts read_starts(const Json& root, Report& report) {
    Starts starts;
    read_schedules(root, report, starts);
    read_triggers(root, report, starts);
    read_deadlines(root, report, starts);
    return starts;
}

Result<Starts> starts_of(const std::string& settings) {
    const Json whole = SW_TRY(parse_json(settings));
    const Json* options = find(whole, "options");
    if (options == nullptr) return Starts{};
    const Document document = read_json(to_text(*options), RepeatedKeys::error);
    Report report(document);
    Starts starts = read_starts(document.value, report);
    if (!report.has_errors()) return starts;
    std::string message;
    for (const Diagnostic& fault : report.take()) {
        message += (message.empty() ? "" : "; ") + fault.location + ": " + fault.message;
    }
    return fail(ErrorCode::invalid, std::move(message));
}

Json with_placeholders(const Json& value, const Json& values) {
    if (value.is_string()) return filled(value.get_ref<const std::string&>(), values);
    Json out = value;
    if (value.is_structured()) {
        for (Json& item : out) item = with_placeholders(item, values);
    }
    return out;
}

}  // namespace stepwell::definition
