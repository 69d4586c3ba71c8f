#include "api/runs/rejected_export.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "api/http/problem.hpp"

namespace stepwell::api::answers {
namespace {

/// As many as one page may have; large rows make smaller pages.
constexpr std::size_t kRowsAtOnce = 1'000;
constexpr std::size_t kPartBytes = 64u << 10;

constexpr const char* kWholeOfThem =
    "All rows that fit, in the order of the input, in any number: they are read page by page, as "
    "fast as they are taken, and come compressed to who takes gzip. A connection that is cut "
    "before the end was not everything. Values are as the pages of the list show them: to viewers "
    "none, masked columns to nobody, and of very long texts the beginning. ";

std::string joined(const Json& reasons) {
    std::string text;
    for (const Json& reason : reasons) text += (text.empty() ? "" : "; ") + csv_text(&reason);
    return text;
}

/// What becomes of a page. The first one says which columns there are.
class Writer {
public:
    explicit Writer(ExportForm form) : form_(form) {}

    std::string write(const Json& page) {
        std::string text;
        if (form_ == ExportForm::csv && !has_begun_) text = heading(page["columns"]);
        has_begun_ = true;
        for (const Json& row : page["rows"]) {
            text += form_ == ExportForm::csv ? line(row) : to_text(row) + '\n';
        }
        return text;
    }

private:
    /// Named as in the file, where no column of the input has such a name.
    std::string heading(const Json& columns) {
        std::vector<std::string> fields{"_sw_file", "_sw_line", "_sw_reasons", "_sw_raw"};
        for (const Json& column : columns) columns_.push_back(csv_text(&column));
        fields.insert(fields.end(), columns_.begin(), columns_.end());
        return std::string(kByteOrderMark) + csv_line(fields);
    }
    [[nodiscard]] std::string line(const Json& row) const {
        std::vector<std::string> fields{csv_text(&row["file"]), csv_text(&row["line"]),
                                        joined(row["reasons"]), csv_text(&row["raw"])};
        for (const std::string& column : columns_) {
            fields.push_back(csv_text(find(row["cells"], column)));
        }
        return csv_line(fields);
    }

    const ExportForm form_;
    std::vector<std::string> columns_;
    bool has_begun_ = false;
};

/// Asks for a page when the one before has left. Threads: pages come on any.
class RejectedExport final : public Stream, public std::enable_shared_from_this<RejectedExport> {
public:
    using Begun = std::function<void(Result<void>)>;

    RejectedExport(AskedRejected asked, ReadRejected read, ExportForm form)
        : asked_(std::move(asked)), read_(std::move(read)), writer_(form) {
        asked_.query.limit = kRowsAtOnce;
    }

    /// So that what cannot be read is refused, and not broken off: `begun` is called once, from any
    /// thread, when the first page is there.
    void begin(Begun begun) {
        read_(asked_.query, [self = shared_from_this(), begun = std::move(begun)](auto page) {
            begun(self->take(std::move(page)));
        });
    }

    Next next(std::string& out) override {
        std::unique_lock lock(mutex_);
        if (has_failed_) return Next::broken;
        if (!text_.empty()) {
            const std::size_t part = std::min(text_.size(), kPartBytes);
            out.append(text_, 0, part);
            text_.erase(0, part);
            return text_.empty() && is_through_ ? Next::end : Next::more;
        }
        if (is_through_) return Next::end;
        if (std::exchange(is_reading_, true)) return Next::wait;
        const RejectedQuery query = asked_.query;
        lock.unlock();  // the page may be there at once
        read_(query, [self = shared_from_this()](auto page) { self->go_on(std::move(page)); });
        return Next::wait;
    }
    std::string idle() override { return ""; }
    void on_ready(std::function<void()> waker) override {
        const std::lock_guard lock(mutex_);
        waker_ = std::move(waker);
    }

private:
    Result<void> take(Result<Json> page) {
        const std::lock_guard lock(mutex_);
        is_reading_ = false;
        if (page) page = shown_rejected(asked_, *std::move(page));
        has_failed_ = !page;
        if (!page) return fail(std::move(page).error());
        const std::size_t count = (*page)["rows"].size();
        text_ += writer_.write(*page);
        asked_.query.offset += count;
        is_through_ = count == 0 || asked_.query.offset >= (*page)["total"].get<std::size_t>();
        return {};
    }
    /// A page that cannot be read breaks the file off.
    void go_on(Result<Json> page) {
        static_cast<void>(take(std::move(page)));
        const std::lock_guard lock(mutex_);
        if (waker_) waker_();
    }

    std::mutex mutex_;
    AskedRejected asked_;
    const ReadRejected read_;
    Writer writer_;
    std::string text_;  // what is read and not sent
    bool is_reading_ = false;
    bool is_through_ = false;
    bool has_failed_ = false;
    std::function<void()> waker_;
};

void respond_with_rejected(AnswerSources& sources, const ReadRejected& read, const Call& call,
                           ExportForm form) {
    auto asked = asked_rejected(sources, call);
    if (asked && asked->sources.empty()) {
        asked = fail(ErrorCode::not_found, "expected a task of the run '" + asked->run_name +
                                               "' to have put rows aside, but none did");
    }
    if (!asked) return call.respond(problem(asked.error()));
    export_rejected(*std::move(asked), read, form, [call, form](auto stream) {
        call.respond(stream ? export_response("rejected", form, *std::move(stream))
                            : problem(stream.error()));
    });
}

}  // namespace

void export_rejected(AskedRejected asked, ReadRejected read, ExportForm form, RejectedFile done) {
    const auto stream = std::make_shared<RejectedExport>(std::move(asked), std::move(read), form);
    stream->begin([stream, done = std::move(done)](Result<void> begun) {
        if (!begun) return done(fail(std::move(begun).error()));
        done(std::shared_ptr<Stream>(stream));
    });
}

void add_rejected_export_routes(Router& router, AnswerSources& sources, const ReadRejected& read) {
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/rejected/export.csv",
                .operation = "exportRejectedRowsAsCsv",
                .tag = "data",
                .summary = "Rows that a validate task put aside, as a table for spreadsheets",
                .description = std::string(kWholeOfThem) +
                               "RFC 4180 in UTF-8, with a byte order mark and a line of headings: "
                               "`_sw_file`, `_sw_line`, `_sw_reasons`, `_sw_raw`, then the columns "
                               "of the input; a field that a spreadsheet would take for a formula "
                               "begins with an apostrophe.",
                .query = rejected_parameters(),
                .answer = R"({"type": "string"})",
                .answer_type = "text/csv",
                .is_stream = true,
                .errors = {409, 503},
                .act = [&sources, read](const Call& call) {
                    respond_with_rejected(sources, read, call, ExportForm::csv);
                }});
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/rejected/export.jsonl",
                .operation = "exportRejectedRowsAsJsonLines",
                .tag = "data",
                .summary = "Rows that a validate task put aside, as lines of JSON",
                .description = std::string(kWholeOfThem) + "Each line is a row as the list has it.",
                .query = rejected_parameters(),
                .answer = R"({"type": "string"})",
                .answer_type = "application/jsonl",
                .is_stream = true,
                .errors = {409, 503},
                .act = [&sources, read](const Call& call) {
                    respond_with_rejected(sources, read, call, ExportForm::json_lines);
                }});
}

}  // namespace stepwell::api::answers
