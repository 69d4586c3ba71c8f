#include "api/cli/show.hpp"

#include <algorithm>
#include <cmath>

#include "api/cli/cause.hpp"

namespace stepwell::api::cli {
namespace {

std::string text(const Json& object, std::string_view key) {
    return plain_text(find(object, key));
}

std::string duration(const Json& object) {
    const Json* found = find(object, "duration_ms");
    return found ? duration_text(Duration(found->get<std::int64_t>())) : "";
}

std::string time(const Json& object, std::string_view key) {
    return time_text(text(object, key));
}

const Json& items(const Json& view, std::string_view key) {
    static const Json kNone = Json::array();
    const Json* found = find(view, key);
    return found ? *found : kNone;
}

std::string state_note(const Json& state) {
    std::string note;
    if (const Json* rows = find(state, "rows")) note = rows_text(*rows);
    if (find(state, "retries")) {
        note += (note.empty() ? "" : "; ") + text(state, "retries") + " retries";
    }
    // What a state overcame in a retry or a redrive is in the history.
    const bool is_well = text(state, "status") == "succeeded";
    if (find(state, "error") && !is_well) {
        note += (note.empty() ? "" : "; ") + text(state, "error");
        const std::string cause = text(state, "cause");
        if (!cause.empty()) note += ": " + shortened(cause_sentence(cause), 80);
    }
    return note;
}

std::string event_time(const Json& event) {
    const Json* at = find(event, "timestamp");
    if (!at || !at->is_number()) return "";
    std::string shown = to_iso8601(from_ms(std::llround(at->get<double>() * 1'000)));
    std::replace(shown.begin(), shown.end(), 'T', ' ');
    if (shown.ends_with('Z')) shown.pop_back();
    return shown;
}

/// What an event is about: a state, an item, a resource; and what went wrong.
std::string event_note(const Json& event) {
    std::string note;
    for (const auto& [key, details] : event.items()) {
        if (!details.is_object()) continue;  // all but one are plain
        for (const char* member : {"name", "index", "length", "resource", "error", "cause"}) {
            const std::string value = shortened(text(details, member), 80);
            if (!value.empty()) note += (note.empty() ? "" : ": ") + value;
        }
    }
    return note;
}

std::string log_title(const Json& log) {
    const std::string path = text(log, "path");
    std::string title = "--- " + (path.empty() ? text(log, "state") : path);
    if (text(log, "retry") != "0") title += ", retry " + text(log, "retry");
    return title;
}

void print_log_heading(const Terminal& terminal, const std::string& title, const Json& log) {
    const std::string at = time(log, "started_at");
    terminal.out << terminal.styled(title + (at.empty() ? "" : ", " + at + " UTC"), Style::dim)
                 << '\n';
}

/// " by ann (api)", " (run 12)", as far as it is known.
std::string started_by(const Json& run) {
    const std::string by = text(run, "started_by");
    std::string origin = text(run, "origin");
    if (find(run, "parent")) origin = "run " + text(run, "parent");
    return (by.empty() ? "" : " by " + by) + (origin.empty() ? "" : " (" + origin + ")");
}

}  // namespace

std::string plain_text(const Json* value) {
    if (!value || value->is_null()) return "";
    return value->is_string() ? printable(value->get_ref<const std::string&>()) : to_text(*value);
}

std::string time_text(std::string text) {
    // A time of another zone keeps its offset.
    const bool is_utc = text.ends_with('Z');
    std::string shown = is_utc ? text.substr(0, 19) : std::move(text);
    if (is_utc && shown.ends_with('Z')) shown.pop_back();
    if (shown.size() > 10) shown[10] = ' ';
    return shown;
}

void print_workflows(const Terminal& terminal, const Json& view) {
    Table table({"WORKFLOW", "VERSION", "LAST RUN", "STARTED (UTC)", "STATUS", "NEXT (UTC)", ""});
    static const Json kNever = Json::object();
    bool has_trouble = false;
    for (const Json& workflow : items(view, "items")) {
        const Json* found = find(workflow, "last_run");
        const Json& run = found ? *found : kNever;
        const Json* fire = find(workflow, "next_fire");
        const bool is_paused = text(workflow, "paused") == "true";
        const Json* file = find(workflow, "file");
        const std::string status = file ? text(*file, "status") : "";
        const bool is_troubled = status == "faulty" || status == "gone";
        has_trouble = has_trouble || is_troubled;
        table.add({text(workflow, "name"), text(workflow, "version"), text(run, "run"),
                   time(run, "started_at"),
                   found ? terminal.styled_status(text(run, "status")) : "",
                   fire && fire->is_object() ? time(*fire, "at") : "",
                   (is_paused ? "(paused) " : "") + (is_troubled ? "(file " + status + ") " : "") +
                       shortened(text(workflow, "description"), 60)});
    }
    table.print(terminal);
    if (has_trouble) terminal.out << "`stepwell files` says what is wrong\n";
}

void print_workflow(const Terminal& terminal, const Json& workflow) {
    static const Json kNone = Json::object();
    const Json* found = find(workflow, "options");
    const Json& options = found ? *found : kNone;
    const Json* file = find(workflow, "file");
    const auto line = [&](const char* what, const std::string& value) {
        if (!value.empty()) terminal.out << what << value << '\n';
    };
    line("workflow     ", text(workflow, "name"));
    line("description  ", text(workflow, "description"));
    line("version      ", text(workflow, "version") + ", " + time(workflow, "updated_at") + " UTC");
    line("type         ", text(workflow, "type"));
    for (const auto& [what, member] : {std::pair{"owner        ", "owner"},
                                       {"docs         ", "docs"},
                                       {"tags         ", "tags"},
                                       {"schedules    ", "schedules"},
                                       {"triggers     ", "triggers"},
                                       {"concurrency  ", "concurrency"}}) {
        line(what, plain_text(find(options, member)));
    }
    if (file) line("file         ", text(*file, "path") + " (" + text(*file, "status") + ")");
    line("arn          ", text(workflow, "arn"));
}

void print_runs(const Terminal& terminal, const Json& view) {
    Table table({"RUN", "WORKFLOW", "STARTED (UTC)", "DURATION", "STATUS"});
    for (const Json& run : items(view, "items")) {
        table.add({text(run, "run"), text(run, "workflow"), time(run, "started_at"), duration(run),
                   terminal.styled_status(text(run, "status")) +
                       (find(run, "error") ? "  " + text(run, "error") : "")});
    }
    table.print(terminal);
    if (find(view, "next")) {
        terminal.out << "there are more; the next page: the same with --after "
                     << text(view, "next") << '\n';
    }
}

void print_cause(const Terminal& terminal, std::string_view title, const std::string& cause) {
    terminal.out << title << cause_sentence(cause) << '\n';
    for (const auto& line : cause_details(cause))
        terminal.out << std::string(title.size(), ' ') << line << '\n';
}

void print_run(const Terminal& terminal, const Json& view) {
    terminal.out << terminal.styled("run " + text(view, "run"), Style::bold) << "  "
                 << text(view, "workflow") << "  " << terminal.styled_status(text(view, "status"))
                 << (find(view, "duration_ms") ? " in " + duration(view) : "") << '\n'
                 << "started  " << time(view, "started_at") << " UTC" << started_by(view) << '\n'
                 << "input    " << shortened(text(view, "input"), 1'000) << '\n';
    if (find(view, "output")) {
        terminal.out << "output   " << shortened(text(view, "output"), 1'000) << '\n';
    }
    if (find(view, "error")) terminal.out << "error    " << text(view, "error") << '\n';
    if (find(view, "cause")) print_cause(terminal, "cause    ", string_or(view, "cause", ""));
    terminal.out << '\n';
    Table table({"STATE", "TYPE", "DURATION", "OUTCOME", ""});
    for (const Json& state : items(view, "states")) {
        table.add({text(state, "path"), text(state, "type"), duration(state), text(state, "status"),
                   state_note(state)});
    }
    table.print(terminal);
}

void print_outcome(const Terminal& terminal, const Json& run) {
    terminal.out << "run " << text(run, "run") << ' ' << terminal.styled_status(text(run, "status"))
                 << " in " << duration(run) << '\n';
    if (find(run, "error")) terminal.out << "error   " << text(run, "error") << '\n';
    if (find(run, "cause")) print_cause(terminal, "cause   ", string_or(run, "cause", ""));
    terminal.out.flush();
}

void print_history(const Terminal& terminal, const Json& view) {
    Table table({"EVENT", "AFTER", "TIME (UTC)", "TYPE", ""});
    for (const Json& event : items(view, "items")) {
        table.add({text(event, "id"), text(event, "previousEventId"), event_time(event),
                   text(event, "type"), event_note(event)});
    }
    table.print(terminal);
}

namespace {

/// With an empty line before it; nothing where there are no rows.
void print_below(const Terminal& terminal, const Table& table, const Json& rows) {
    if (rows.empty()) return;
    terminal.out << '\n';
    table.print(terminal);
}

/// Of which version, and how long it may take.
void print_frame_of_plan(const Terminal& terminal, const Json& plan) {
    const Json* version = find(plan, "version");
    const std::string number = version ? text(*version, "number") : "";
    const std::string newest = version ? text(*version, "newest") : "";
    terminal.out << "run " << text(plan, "run") << " goes on with version " << number
                 << (newest.empty() || newest == number
                         ? ""
                         : ", not with the newest, " + newest + ": a redrive keeps its definition");
    const Json* estimate = find(plan, "estimate");
    const Json* ms = estimate ? find(*estimate, "time_ms") : nullptr;
    if (ms && ms->is_number_integer() && *ms != 0) {
        const Json* is_complete = find(*estimate, "complete");
        terminal.out << "; takes about " << duration_text(Duration(ms->get<std::int64_t>()))
                     << (is_complete && *is_complete == true ? "" : " or more");
    }
    terminal.out << "\n\n";
}

}  // namespace

void print_redrive_plan(const Terminal& terminal, const Json& plan) {
    const Json* is_redrivable = find(plan, "redrivable");
    if (!is_redrivable || *is_redrivable != true) {
        terminal.out << "run " << text(plan, "run") << " (" << text(plan, "status")
                     << ") cannot be redriven: " << text(plan, "reason") << '\n';
        return;
    }
    print_frame_of_plan(terminal, plan);
    Table again({"RUNS AGAIN", "TYPE", "USUALLY"});
    for (const Json& state : items(plan, "again")) {
        const Json* usual = find(state, "usual");
        const Json* p50 = usual ? find(*usual, "p50_ms") : nullptr;
        again.add({text(state, "path"), text(state, "type"),
                   p50 ? duration_text(Duration(p50->get<std::int64_t>())) : ""});
    }
    again.print(terminal);
    Table kept({"KEEPS THE RESULTS OF", "TYPE", "COUNT"});
    for (const Json& state : items(plan, "keeps")) {
        kept.add({text(state, "definition_path"), text(state, "type"), text(state, "count")});
    }
    print_below(terminal, kept, items(plan, "keeps"));
    Table inputs({"INPUT", "READ BY", "IS NOW"});
    for (const Json& input : items(plan, "inputs")) {
        inputs.add({text(input, "uri"), text(input, "definition_path"), text(input, "is")});
    }
    print_below(terminal, inputs, items(plan, "inputs"));
    const Json* same = find(plan, "inputs_are_the_same");
    if (same && *same == true) {
        terminal.out << "the inputs are what they were: it would read the same again\n";
    }
}

void print_log_line(const Terminal& terminal, const Json& line, std::string& heading) {
    const std::string title = log_title(line);
    const std::string attempt = title + text(line, "frame") + "-" + text(line, "attempt");
    if (heading != attempt) print_log_heading(terminal, title, line);
    heading = attempt;
    terminal.out << text(line, "text") << std::endl;
}

void print_logs(const Terminal& terminal, const Json& view) {
    for (const Json& log : items(view, "items")) {
        const std::string title = log_title(log);
        print_log_heading(terminal, title, log);
        for (const Json& line : items(log, "lines")) terminal.out << plain_text(&line) << '\n';
    }
}

}  // namespace stepwell::api::cli
