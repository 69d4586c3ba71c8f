#include "api/runs/run_export.hpp"

#include <array>
#include <utility>

#include "api/http/problem.hpp"
#include "api/runs/run_list.hpp"

namespace stepwell::api::answers {
namespace {

/// Some ten kilobytes.
constexpr std::size_t kRunsAtOnce = 100;
/// Histories that the filter may read: of the parent whose children are asked for.
constexpr std::size_t kExportReadsMax = 1;

struct ExportColumn {
    std::string_view heading;
    std::string_view member;       // of the run as lists show it
    std::string_view within = {};  // of that member, where it is an object
};

constexpr std::array<ExportColumn, 22> kExportColumns{
    {{"run", "run"},
     {"name", "name"},
     {"workflow", "workflow"},
     {"version", "version"},
     {"status", "status"},
     {"started_at", "started_at"},
     {"stopped_at", "stopped_at"},
     {"duration_ms", "duration_ms"},
     {"queued_for_ms", "queued_for_ms"},
     {"origin", "origin"},
     {"started_by", "started_by"},
     {"parent", "parent"},
     {"redrives", "redrives"},
     {"error", "error"},
     {"failed_state", "failure", "definition_path"},
     {"failed_error", "failure", "error"},
     {"failed_message", "failure", "message"},
     {"caught", "caught"},
     {"rows_read", "rows", "read"},
     {"rows_good", "rows", "good"},
     {"rows_rejected", "rows", "rejected"},
     {"arn", "arn"}}};

std::string csv_field(const std::string& text) {
    constexpr std::string_view kFormulaStarts = "=+-@\t\r";
    const bool is_formula = !text.empty() && kFormulaStarts.find(text[0]) != kFormulaStarts.npos;
    if (!is_formula && text.find_first_of(",\"\r\n") == text.npos) return text;
    std::string out = is_formula ? "\"'" : "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

std::string export_text(const Json& run, const ExportColumn& column) {
    const Json* value = find(run, column.member);
    if (value && !column.within.empty()) value = find(*value, column.within);
    return csv_text(value);
}

std::string export_heading() {
    std::vector<std::string> fields;
    for (const ExportColumn& column : kExportColumns) fields.emplace_back(column.heading);
    return std::string(kByteOrderMark) + csv_line(fields);
}

std::string export_line(const Json& run, ExportForm form) {
    if (form == ExportForm::json_lines) return to_text(run) + '\n';
    std::vector<std::string> fields;
    for (const ExportColumn& column : kExportColumns) fields.push_back(export_text(run, column));
    return csv_line(fields);
}

class RunExport final : public Stream {
public:
    RunExport(AnswerSources& sources, AskedRuns asked, ExportForm form)
        : sources_(sources), asked_(std::move(asked)), form_(form) {
        asked_.query.limit = kRunsAtOnce;
        asked_.query.token.reset();
        if (form == ExportForm::csv) text_ = export_heading();
    }

    /// So that what cannot be asked is refused, and not broken off.
    Result<void> begin() { return read_page(); }

    [[nodiscard]] bool is_behind() const override { return text_.empty() && !is_through_; }

    Next next(std::string& out) override {
        if (text_.empty() && !is_through_ && !read_page()) return Next::broken;
        out += std::exchange(text_, {});
        return is_through_ ? Next::end : Next::more;
    }
    std::string idle() override { return ""; }
    void on_ready(std::function<void()>) override {}

private:
    Result<void> read_page() {
        auto reader = SW_TRY(sources_.readers.take());
        const auto moment = SW_TRY(reader->hold());
        const Json page = SW_TRY(run_export_page(*reader, asked_));
        for (const Json& run : page["items"]) text_ += export_line(run, form_);
        const std::string next = string_or(page, "next", "");
        asked_.query.token = next;
        is_through_ = next.empty();
        return {};
    }

    AnswerSources& sources_;
    AskedRuns asked_;
    const ExportForm form_;
    std::string text_;  // what is read and not sent
    bool is_through_ = false;
};

void respond_with_export(AnswerSources& sources, const Call& call, ExportForm form) {
    auto stream = [&]() -> Result<std::shared_ptr<Stream>> {
        auto reader = SW_TRY(sources.readers.take());
        Histories histories(*reader, sources.cache, kExportReadsMax);
        return export_runs(sources, SW_TRY(asked_runs(histories, sources, call)), form);
    }();
    if (!stream) return call.respond(problem(stream.error()));
    call.respond(export_response("runs", form, *std::move(stream)));
}

}  // namespace

std::string csv_text(const Json* value) {
    if (!value || value->is_null()) return "";
    return value->is_string() ? value->get<std::string>() : to_text(*value);
}

std::string csv_line(const std::vector<std::string>& fields) {
    std::string line;
    bool is_first = true;
    for (const std::string& field : fields) {
        if (!std::exchange(is_first, false)) line += ',';
        line += csv_field(field);
    }
    return line + "\r\n";
}

Response export_response(const std::string& name, ExportForm form, std::shared_ptr<Stream> stream) {
    const bool is_csv = form == ExportForm::csv;
    Response response;
    response.content_type = is_csv ? "text/csv; charset=utf-8" : "application/jsonl";
    response.headers = "Content-Disposition: attachment; filename=\"" + name +
                       (is_csv ? ".csv" : ".jsonl") + "\"\r\n";
    response.stream = std::move(stream);
    return response;
}

Result<std::shared_ptr<Stream>> export_runs(AnswerSources& sources, AskedRuns asked,
                                            ExportForm form) {
    auto stream = std::make_shared<RunExport>(sources, std::move(asked), form);
    SW_TRY(stream->begin());
    return std::shared_ptr<Stream>(std::move(stream));
}

void add_run_export_routes(Router& router, AnswerSources& sources) {
    constexpr std::string_view kAll =
        "All runs that fit the conditions of the list, the newest first, in any number: they come "
        "page by page, "
        "compressed to who takes gzip. A connection that is cut before the end was not "
        "everything. ";
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/export.csv",
                .operation = "exportRunsAsCsv",
                .tag = "runs",
                .summary = "Runs as a table for spreadsheets",
                .description = std::string(kAll) +
                               "RFC 4180 in UTF-8, with a byte order mark and a line of headings; "
                               "a field that a spreadsheet would take for a formula begins with an "
                               "apostrophe. Columns may come at the end.",
                .query = run_filter_parameters(),
                .answer = R"({"type": "string"})",
                .answer_type = "text/csv",
                .is_stream = true,
                .errors = {404},
                .act = [&sources](const Call& call) {
                    respond_with_export(sources, call, ExportForm::csv);
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/export.jsonl",
                .operation = "exportRunsAsJsonLines",
                .tag = "runs",
                .summary = "Runs as lines of JSON",
                .description = std::string(kAll) +
                               "Each line is a run as the list has it, without `queued`, `late`, "
                               "`usual` and `against`.",
                .query = run_filter_parameters(),
                .answer = R"({"type": "string"})",
                .answer_type = "application/jsonl",
                .is_stream = true,
                .errors = {404},
                .act = [&sources](const Call& call) {
                    respond_with_export(sources, call, ExportForm::json_lines);
                }});
}

}  // namespace stepwell::api::answers
