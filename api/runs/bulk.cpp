#include "api/runs/bulk.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>

#include "api/http/problem.hpp"
#include "api/read/views.hpp"
#include "api/runs/run_filter.hpp"

namespace stepwell::api::answers {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t kRunsMax = 1'000;
constexpr std::int64_t kRunsUsual = 100;
/// A request ends behind the part in which it has taken that long: well before clients give up.
constexpr std::chrono::seconds kTimeMax{20};
/// Parts may be short where few fit: each of them has looked at some twenty thousand runs.
constexpr std::size_t kSpareParts = 5;
/// What the count of all that fit may cost, in runs that are looked at.
constexpr std::size_t kCountedMax = 100'000;

Json named(const runtime::ExecutionSummary& run) {
    return {{"run", value_of(run.id)}, {"name", run.name}, {"workflow", run.workflow_name}};
}

/// The conditions as they were given; empty: none was.
Json conditions_of(const Call& call) {
    Json out = Json::object();
    for (const Parameter& parameter : run_filter_parameters()) {
        if (auto text = call.text(parameter.name)) out[parameter.name] = *std::move(text);
    }
    return out;
}

Result<void> narrow(const BulkDeed& deed, runtime::RunQuery& query) {
    const std::vector<core::Status> wanted = std::move(query.statuses);
    query.statuses.clear();
    for (const core::Status status : deed.statuses) {
        const bool is_wanted =
            wanted.empty() || std::find(wanted.begin(), wanted.end(), status) != wanted.end();
        if (is_wanted) query.statuses.push_back(status);
    }
    if (!query.statuses.empty()) return {};
    std::string words;
    for (const core::Status status : deed.statuses) {
        words += (words.empty() ? "" : ", ") + status_word(status);
    }
    return fail(ErrorCode::invalid, "expected a 'status' of " + words +
                                        ", but to runs with another one this cannot be done");
}

/// What is done so far. Thread safety: complete.
class Outcome {
public:
    void add_done(Json run, const Json& more) {
        for (const auto& [name, value] : more.items()) run[name] = value;
        const std::lock_guard lock(mutex_);
        done_.push_back(std::move(run));
    }
    void add_refused(Json run, const Error& why) {
        run["code"] = name_of(why.code);
        run["message"] = why.message;
        const std::lock_guard lock(mutex_);
        refused_.push_back(std::move(run));
    }
    [[nodiscard]] std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return done_.size() + refused_.size();
    }
    /// REQUIRES: nothing is added any more.
    void write(Json& out) {
        by_number(done_);
        by_number(refused_);
        out["done"] = std::move(done_);
        out["refused"] = std::move(refused_);
    }
    void write_counts(Json& out) const {
        const std::lock_guard lock(mutex_);
        out["done"] = done_.size();
        out["refused"] = refused_.size();
    }

private:
    /// Newest first, as lists are; what names no run stands last.
    static void by_number(Json& runs) {
        const auto number = [](const Json& run) {
            const Json* found = find(run, "run");
            return found ? found->get<std::uint64_t>() : 0;
        };
        auto& list = runs.get_ref<Json::array_t&>();
        std::stable_sort(list.begin(), list.end(),
                         [&](const Json& a, const Json& b) { return number(a) > number(b); });
    }

    mutable std::mutex mutex_;
    Json done_ = Json::array();
    Json refused_ = Json::array();
};

/// One request on its way. Its members belong to the part that goes on; the next one begins when
/// everything of it is answered.
class Bulk : public std::enable_shared_from_this<Bulk> {
public:
    Bulk(AnswerSources& sources, BulkDeed deed, Call call)
        : sources_(sources),
          deed_(std::move(deed)),
          call_(std::move(call)),
          conditions_(conditions_of(call_)),
          is_preview_(call_.flag("preview")),
          limit_(static_cast<std::size_t>(*call_.integer("limit"))),
          parts_left_(limit_ / deed_.part + kSpareParts),
          next_(call_.text("after")) {}

    void begin() {
        const Json* runs = find(call_.body(), "runs");
        const bool is_named = runs != nullptr;
        if (is_named == !conditions_.empty()) {
            return call_.respond(
                problem(400, is_named ? "expected 'runs' or conditions of the query, but got both"
                                      : "expected 'runs' in the body, or a condition in the query: "
                                        "all runs there are is never meant"));
        }
        if (is_named) asked_.assign(runs->begin(), runs->end());
        go_on();
    }

private:
    /// Reads a part and hands it out.
    void go_on() {
        auto part = asked_.empty() ? read_part() : named_part();
        if (!part) return fail_with(part.error());
        waiting_ = part->size() + 1;
        auto reader = sources_.readers.take();
        for (const runtime::ExecutionSummary& run : *part) {
            if (!reader) {
                one_refused(run, reader.error());
            } else {
                begin_one(**reader, run);
            }
        }
        one_is_over();
    }

    /// Of those that fit: behind the last one that was looked at.
    Result<std::vector<runtime::ExecutionSummary>> read_part() {
        auto reader = SW_TRY(sources_.readers.take());
        Histories histories(*reader, sources_.cache, 1);
        AskedRuns asked = SW_TRY(asked_runs(histories, sources_, call_));
        is_complete_ = is_complete_ && asked.is_complete;
        SW_TRY(narrow(deed_, asked.query));
        if (is_preview_ && !next_ && total_.is_null()) {
            SW_TRY(count_all(*reader, asked));
        }
        asked.query.token = next_;
        asked.query.limit = std::min(deed_.part, limit_ - outcome_.count());
        auto page = SW_TRY(reader->search(asked.query));
        next_ = std::move(page.next);
        is_last_ = !next_;
        return std::move(page.items);
    }

    Result<void> count_all(runtime::Reader& reader, const AskedRuns& asked) {
        runtime::RunQuery query = asked.query;
        query.budget = kCountedMax;
        const auto tally = SW_TRY(reader.tally(query));
        total_ = {{"count", tally.count}, {"exact", !tally.counted_from && asked.is_complete}};
        return {};
    }

    /// Of those that were named; one that is not there is refused.
    Result<std::vector<runtime::ExecutionSummary>> named_part() {
        auto reader = SW_TRY(sources_.readers.take());
        std::vector<runtime::ExecutionSummary> part;
        const std::size_t end = std::min(at_ + deed_.part, asked_.size());
        for (; at_ < end; ++at_) {
            const Json& asked = asked_[at_];
            const std::string text = asked.is_string() ? asked.get<std::string>() : to_text(asked);
            const auto id = reader->find(text);
            auto run = id ? reader->summary(*id) : fail(id.error());
            if (run) {
                part.push_back(*std::move(run));
            } else {
                outcome_.add_refused({{"asked", text}}, run.error());
            }
        }
        is_last_ = at_ == asked_.size();
        return part;
    }

    void begin_one(runtime::Reader& reader, const runtime::ExecutionSummary& run) {
        const auto refusal = deed_.refusal(reader, run);
        if (!refusal) return one_refused(run, refusal.error());
        if (*refusal) return one_refused(run, **refusal);
        if (is_preview_) {
            outcome_.add_done(named(run), Json::object());
            return one_is_over();
        }
        deed_.act(reader, run.id,
                  [self = shared_from_this(), run = named(run)](const Result<Json>& done) {
                      if (done) {
                          self->outcome_.add_done(run, *done);
                      } else {
                          self->outcome_.add_refused(run, done.error());
                      }
                      self->one_is_over();
                  });
    }

    void one_refused(const runtime::ExecutionSummary& run, const Error& why) {
        outcome_.add_refused(named(run), why);
        one_is_over();
    }

    /// Of the part: the last one begins the next part, on a reader's thread.
    void one_is_over() {
        if (waiting_.fetch_sub(1) != 1) return;
        const bool is_enough =
            asked_.empty() &&
            (outcome_.count() >= limit_ || --parts_left_ == 0 || Steady::now() - begun_ > kTimeMax);
        if (is_last_ || is_enough) return finish();
        call_.defer([self = shared_from_this()](bool is_in_time) {
            if (is_in_time) return self->go_on();
            self->fail_with({ErrorCode::unavailable,
                             "expected fewer questions at a time; try again in a second"});
        });
    }

    /// What has been done is told in any case: who goes on meets the same trouble, or none.
    void fail_with(const Error& error) {
        if (outcome_.count() == 0) return call_.respond(problem(error));
        for (; at_ < asked_.size(); ++at_) {
            const Json& asked = asked_[at_];
            outcome_.add_refused(
                {{"asked", asked.is_string() ? asked.get<std::string>() : to_text(asked)}}, error);
        }
        finish();
    }

    void finish() {
        Json noted{{"preview", is_preview_}, {"matched", outcome_.count()}};
        outcome_.write_counts(noted);
        if (asked_.empty()) noted["filter"] = conditions_;
        Json out{{"preview", is_preview_}, {"matched", outcome_.count()}};
        outcome_.write(out);
        out["complete"] = is_complete_;
        if (!total_.is_null()) out["total"] = std::move(total_);
        if (next_) out["next"] = *next_;
        Response response = json_response(out);
        response.noted = std::move(noted);
        call_.respond(std::move(response));
    }

    AnswerSources& sources_;
    const BulkDeed deed_;
    const Call call_;
    const Json conditions_;
    const bool is_preview_;
    const std::size_t limit_;
    const Steady::time_point begun_ = Steady::now();
    std::vector<Json> asked_;  // those that were named
    std::size_t at_ = 0;       // of them, the first that was not looked at
    std::size_t parts_left_;
    std::optional<std::string> next_;
    bool is_last_ = false;
    bool is_complete_ = true;
    Json total_;
    Outcome outcome_;
    std::atomic<std::size_t> waiting_{0};  // of the part, and one for who hands it out
};

}  // namespace

std::vector<Parameter> bulk_parameters() {
    auto parameters = run_filter_parameters();
    parameters.push_back(flag_parameter("preview", "say what would be done, and do nothing"));
    parameters.push_back(
        integer_parameter("limit", "how many of those that fit at most", 1, kRunsMax, kRunsUsual));
    parameters.push_back(text_parameter("after", "`next` of the answer before", 200));
    return parameters;
}

std::string bulk_schema(std::string_view done_members) {
    return R"json({
  "type": "object", "required": ["preview", "matched", "done", "refused", "complete"], "properties": {
    "preview": {"type": "boolean", "description": "true: nothing was done; `done` is what would be"},
    "matched": {"type": "integer", "description": "how many were looked at here: `done` and `refused`"},
    "done": {"type": "array", "items": {"type": "object", "required": ["run", "name", "workflow"],
      "properties": {
        "run": {"type": "integer"}, "name": {"type": "string"}, "workflow": {"type": "string"},)json" +
           std::string(done_members) + R"json(}}},
    "refused": {"type": "array", "items": {"type": "object", "required": ["code", "message"],
      "properties": {
        "asked": {"type": "string", "description": "how it was named, where there is none of that name"},
        "run": {"type": "integer"}, "name": {"type": "string"}, "workflow": {"type": "string"},
        "code": {"type": "string", "description": "as that of a problem: not_found, conflict, unavailable, ..."},
        "message": {"type": "string"}}}},
    "total": {"type": "object", "description": "of a preview of a filter: how many fit, on all pages",
      "required": ["count", "exact"], "properties": {
        "count": {"type": "integer"},
        "exact": {"type": "boolean", "description": "false: there are at least as many"}}},
    "complete": {"type": "boolean", "description": "as in the list of runs"},
    "next": {"type": "string", "description": "there may be more that fit: give it as `after`"}}})json";
}

void carry_out(AnswerSources& sources, BulkDeed deed, const Call& call) {
    std::make_shared<Bulk>(sources, std::move(deed), call)->begin();
}

}  // namespace stepwell::api::answers
