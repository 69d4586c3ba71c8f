#include "api/cli/rest_command.hpp"

#include <algorithm>
#include <charconv>

#include "api/cli/options.hpp"
#include "api/cli/show.hpp"
#include "api/http/url.hpp"

namespace stepwell::api::cli {
namespace {

/// Replaces "{NAME}" by what `value_of` gives for NAME.
template <class ValueOf>
std::string filled(std::string_view text, ValueOf value_of) {
    std::string out;
    while (!text.empty()) {
        const std::size_t open = std::min(text.find('{'), text.size());
        const std::size_t close = text.find('}', open);
        out += text.substr(0, open);
        if (close == text.npos) return out;
        out += value_of(std::string(text.substr(open + 1, close - open - 1)));
        text.remove_prefix(close + 1);
    }
    return out;
}

std::string given_or_empty(const Given& given, const std::string& name) {
    const auto found = given.find(name);
    return found == given.end() ? std::string() : found->second;
}

/// "last.at": members of members; "runs.0": the first of a list. Null where there is none.
const Json* member_at(const Json& object, std::string_view path) {
    const Json* at = &object;
    while (at && !path.empty()) {
        const std::size_t dot = std::min(path.find('.'), path.size());
        const std::string_view name = path.substr(0, dot);
        if (at->is_array()) {
            at = name == "0" && !at->empty() ? &at->front() : nullptr;
        } else {
            at = find(*at, name);
        }
        path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return at;
}

std::string list_text(const Json& value) {
    if (!value.is_array()) return plain_text(&value);
    std::string out;
    for (const Json& one : value) out += (out.empty() ? "" : ", ") + plain_text(&one);
    return out;
}

std::string cell(const Terminal& terminal, const Column& column, const Json& row) {
    const Json* value = member_at(row, column.member);
    if (!value || value->is_null()) return "";
    switch (column.kind) {
        case Column::Kind::text:
            return shortened(plain_text(value), 80);
        case Column::Kind::time:
            return time_text(plain_text(value));
        case Column::Kind::duration:
            return value->is_number() ? duration_text(Duration(value->get<std::int64_t>())) : "";
        case Column::Kind::count:
            return value->is_number_integer() ? count_text(value->get<std::int64_t>())
                                              : plain_text(value);
        case Column::Kind::status:
            return terminal.styled_status(plain_text(value));
        case Column::Kind::list:
            return shortened(list_text(*value), 80);
    }
    return "";
}

Result<std::int64_t> number_of(const Flag& flag, const std::string& text) {
    std::int64_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc{} && stop == end && !text.empty()) return number;
    return fail(ErrorCode::invalid,
                "expected --" + flag.name + " to be a number, but got '" + text + "'");
}

Result<Json> body_value(const Flag& flag, const std::string& text) {
    switch (flag.kind) {
        case Flag::Kind::number:
            return Json(SW_TRY(number_of(flag, text)));
        case Flag::Kind::yes:
            return Json(true);
        case Flag::Kind::json:
            return read_input(text);
        case Flag::Kind::secret:
            return Json(SW_TRY(read_secret(flag.name, text)));
        case Flag::Kind::text:
            break;
    }
    return Json(text);
}

Result<void> add_flag(const Flag& flag, const std::string& text, RestRequest& request,
                      std::string& query) {
    const std::string& member = flag.member.empty() ? flag.name : flag.member;
    if (flag.place == Flag::Place::body) {
        request.body[member] = SW_TRY(body_value(flag, text));
        return {};
    }
    if (flag.kind == Flag::Kind::number) SW_TRY(number_of(flag, text));
    const std::string value = flag.kind == Flag::Kind::yes ? "true" : text;
    query += (query.empty() ? "?" : "&") + member + "=" + percent_encode(value);
    return {};
}

/// What is named somewhere, and is not there.
void print_missing(const Terminal& terminal, const Json& answer) {
    const Json* missing = find(answer, "missing");
    if (!missing || !missing->is_array()) return;
    for (const Json& one : *missing) {
        const Json* used_by = find(one, "used_by");
        terminal.out << "missing: " << plain_text(find(one, "name"))
                     << (used_by ? ", used by " + list_text(*used_by) : "") << '\n';
    }
}

void print_rows(const RestCommand& command, const Terminal& terminal, const Json& answer) {
    std::vector<std::string> headings;
    for (const Column& column : command.columns) headings.push_back(column.heading);
    Table table(std::move(headings));
    const Json* rows = find(answer, command.rows);
    if (rows && rows->is_array()) {
        for (const Json& row : *rows) {
            std::vector<std::string> cells;
            for (const Column& column : command.columns) {
                cells.push_back(cell(terminal, column, row));
            }
            table.add(std::move(cells));
        }
    }
    table.print(terminal);
    print_missing(terminal, answer);
    const Json* next = find(answer, "next");
    if (next && !next->is_null()) {
        terminal.out << "there are more; see --output json, `next`\n";
    }
}

}  // namespace

bool RestCommand::shows_whole_list() const {
    return method == "GET" && (is_list || rows == "items") &&
           std::none_of(flags.begin(), flags.end(),
                        [](const Flag& flag) { return flag.name == "limit"; });
}

bool RestCommand::is_for_many(const Given& given) const {
    return !path_for_many.empty() && !given.contains(arguments.front().name);
}

namespace {

/// One by its argument, or many by conditions: neither none nor both.
Result<void> check_which(const RestCommand& command, const Given& given) {
    if (command.path_for_many.empty()) return {};
    const std::string& argument = command.arguments.front().name;
    const bool is_one = given.contains(argument);
    const auto condition =
        std::find_if(command.flags.begin(), command.flags.end(), [&](const Flag& flag) {
            const bool says_which = is_one || flag.name != "preview";
            return flag.place == Flag::Place::query && says_which && given.contains(flag.name);
        });
    const bool has_condition = condition != command.flags.end();
    if (is_one != has_condition) return {};
    if (is_one) {
        return fail(ErrorCode::invalid, "expected " + argument + " or conditions, but got --" +
                                            condition->name + " beside it");
    }
    return fail(
        ErrorCode::invalid,
        "expected " + argument + ", or conditions such as --workflow NAME for all runs that fit");
}

}  // namespace

Result<RestRequest> request_of(const RestCommand& command, const Given& given) {
    SW_TRY(check_which(command, given));
    RestRequest request;
    request.method = command.method;
    request.body = command.body;
    const bool is_for_many = command.is_for_many(given);
    request.path = filled(
        is_for_many ? command.path_for_many : command.path,
        [&](const std::string& name) { return percent_encode(given_or_empty(given, name)); });
    for (const Argument& argument : command.arguments) {
        const auto found = given.find(argument.name);
        if (found != given.end() && !argument.member.empty()) {
            request.body[argument.member] = found->second;
        }
    }
    std::string query;
    for (const Flag& flag : command.flags) {
        const auto found = given.find(flag.name);
        const std::string& text = found == given.end() ? flag.otherwise : found->second;
        if (found != given.end() || !text.empty()) SW_TRY(add_flag(flag, text, request, query));
    }
    request.path += query;
    return request;
}

void print_many(const RestCommand& command, const Terminal& terminal, const Json& answer) {
    const auto count = [&](const char* name) {
        const Json* list = find(answer, name);
        return list ? list->size() : 0;
    };
    const bool is_preview = find(answer, "preview") && answer["preview"] == true;
    const std::string verb = command.words.front();
    if (is_preview) {
        const Json* total = find(answer, "total");
        terminal.out << (total ? plain_text(find(*total, "count")) + " runs fit; of them " : "")
                     << count("done") << " would be done and " << count("refused")
                     << " refused by `" << verb << "`"
                     << (find(answer, "next") ? ", as far as was looked" : "") << '\n';
        for (const Json& run : answer["done"]) {
            terminal.out << "run " << plain_text(find(run, "run")) << " ("
                         << plain_text(find(run, "workflow")) << "/"
                         << plain_text(find(run, "name")) << ")\n";
        }
    } else {
        terminal.out << verb << ": " << count("done") << " runs, " << count("refused")
                     << " refused\n";
    }
    for (const Json& run : answer["refused"]) {
        terminal.out << "run " << plain_text(find(run, "run"))
                     << " refused: " << plain_text(find(run, "message")) << '\n';
    }
}

void print_answer(const RestCommand& command, const Given& given, const Terminal& terminal,
                  const Json& answer) {
    if (command.print) return command.print(terminal, answer);
    if (!command.rows.empty()) return print_rows(command, terminal, answer);
    terminal.out << filled(command.done, [&](const std::string& name) {
        if (!name.starts_with('.')) return given_or_empty(given, name);
        return plain_text(member_at(answer, name.substr(1)));
    }) << '\n';
}

}  // namespace stepwell::api::cli
