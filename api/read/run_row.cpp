#include "api/read/run_row.hpp"

#include <set>
#include <utility>

#include "api/read/fingerprint.hpp"
#include "api/read/text.hpp"
#include "engine/base/digest.hpp"

namespace stepwell::api::answers {
namespace {

constexpr std::size_t kMessageMax = 1'000;
constexpr std::size_t kSamplesKept = 16;  // of a state in a run

/// From when each task could begin until it did, together.
Duration queued_in(const std::vector<core::Event>& events) {
    std::unordered_map<FrameId, Timestamp> scheduled;
    Duration queued{};
    for (const core::Event& event : events) {
        using core::EventType;
        const bool is_scheduled = event.type == EventType::task_scheduled ||
                                  event.type == EventType::lambda_function_scheduled ||
                                  event.type == EventType::activity_scheduled;
        const bool is_started = event.type == EventType::task_started ||
                                event.type == EventType::lambda_function_started ||
                                event.type == EventType::activity_started;
        if (is_scheduled) scheduled[event.frame] = event.at;
        const auto since = is_started ? scheduled.find(event.frame) : scheduled.end();
        if (since != scheduled.end()) queued += event.at - since->second;
    }
    return queued;
}

/// Writes one JSON object, member by member.
class ObjectText {
public:
    explicit ObjectText(std::string& out) : out_(out) { out_ += '{'; }
    /// What the caller writes next is the member's value.
    std::string& key(std::string_view name) {
        if (!is_first_) out_ += ',';
        is_first_ = false;
        append_json(out_, name);
        out_ += ':';
        return out_;
    }
    void add(std::string_view name, std::string_view text) { append_json(key(name), text); }
    void add(std::string_view name, std::int64_t number) { append_json(key(name), number); }
    void end() { out_ += '}'; }

private:
    std::string& out_;
    bool is_first_ = true;
};

template <class List, class Write>
void append_list(std::string& out, const List& list, const Write& write) {
    out += '[';
    bool is_first = true;
    for (const auto& one : list) {
        if (!std::exchange(is_first, false)) out += ',';
        write(one);
    }
    out += ']';
}

template <class Counts>
void append_counts(std::string& out, const Counts& counts) {
    ObjectText object(out);
    for (const auto& [name, count] : counts) object.add(name, std::int64_t{count});
    object.end();
}

void append_state(std::string& out, const StateDigest& state, Timestamp started_at) {
    std::vector<Duration> samples = state.successes;
    if (samples.size() > kSamplesKept) samples.resize(kSamplesKept);
    ObjectText object(out);
    object.add("name", state.name);
    object.add("path", state.path);
    object.add("type", state.kind);
    object.add("resource", state.resource);
    object.add("entered", std::int64_t{state.entered});
    append_counts(object.key("outcomes"), state.outcomes);
    object.add("retries", std::int64_t{state.retries});
    object.add("results", std::int64_t{state.results});
    object.add("busy_ms", std::int64_t{state.busy.count()});
    object.add("from_ms", std::int64_t{(state.first_entered - started_at).count()});
    append_list(object.key("samples_ms"), samples,
                [&](Duration one) { append_json(out, std::int64_t{one.count()}); });
    if (state.results > 0) object.key("data") += to_text(to_details(state.data, started_at));
    if (state.ended_at) {
        object.add("until_ms", std::int64_t{(*state.ended_at - started_at).count()});
    }
    object.end();
}

/// `first`: the fingerprint of the failure that came first, where there are several.
std::string details_of(const RunDigest& digest, const std::string& first) {
    std::string out;
    ObjectText object(out);
    append_list(object.key("states"), digest.states, [&](const StateDigest& state) {
        append_state(out, state, digest.summary.started_at);
    });
    append_list(object.key("rows"), digest.task_kinds, [&](const std::string& kind) {
        ObjectText rows(out);
        rows.add("task", kind);
        append_counts(rows.key("counts"), digest.rows.at(kind));
        rows.end();
    });
    object.add("failures", static_cast<std::int64_t>(digest.failure_count));
    object.add("events", static_cast<std::int64_t>(digest.events));
    if (!first.empty()) object.add("first", first);
    object.end();
    return out;
}

std::int64_t integer_in(const Json& of, const char* name) {
    const Json* value = find(of, name);
    return value && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

StateDigest state_in(const Json& of, Timestamp started_at) {
    StateDigest state;
    state.name = string_or(of, "name", "");
    state.path = string_or(of, "path", "");
    state.kind = string_or(of, "type", "");
    state.resource = string_or(of, "resource", "");
    state.entered = static_cast<std::uint32_t>(integer_in(of, "entered"));
    state.retries = static_cast<std::uint32_t>(integer_in(of, "retries"));
    state.results = static_cast<std::uint32_t>(integer_in(of, "results"));
    const Json* data = find(of, "data");
    if (data) state.data = data_tally_in(*data, started_at);
    state.data.is_known = data || state.results == 0;
    state.busy = Duration(integer_in(of, "busy_ms"));
    state.first_entered = started_at + Duration(integer_in(of, "from_ms"));
    if (find(of, "until_ms")) state.ended_at = started_at + Duration(integer_in(of, "until_ms"));
    if (const Json* outcomes = find(of, "outcomes")) {
        for (const auto& [name, count] : outcomes->items()) {
            state.outcomes[name] = count.get<std::uint32_t>();
        }
    }
    if (const Json* samples = find(of, "samples_ms")) {
        for (const Json& one : *samples) state.successes.emplace_back(one.get<std::int64_t>());
    }
    return state;
}

void add_row_counts(const Json& rows, RunDigest& digest) {
    for (const Json& one : rows) {
        const std::string kind = string_or(one, "task", "");
        const Json* counts = find(one, "counts");
        if (!counts) continue;
        digest.task_kinds.push_back(kind);
        for (const auto& [name, count] : counts->items()) {
            digest.rows[kind][name] = count.get<std::int64_t>();
        }
    }
}

std::vector<journal::RunFailure> failures_in(const RunDigest& digest) {
    std::vector<journal::RunFailure> failures;
    std::set<std::string> known;
    for (const LeafFailure& leaf : digest.failures) {
        Fingerprint fingerprint = fingerprint_of(digest.summary.workflow_name, leaf);
        std::string id = fingerprint.id();
        if (!known.insert(id).second) continue;
        failures.push_back({std::move(id), leaf.name, leaf.path, leaf.error,
                            std::move(fingerprint.cause), cut(message_line(leaf), kMessageMax),
                            false});
    }
    return failures;
}

std::string workflow_name_in(const std::vector<core::Event>& events) {
    for (const core::Event& event : events) {
        if (const auto* began = std::get_if<core::ExecutionBegan>(&event.details)) {
            return began->facts->workflow_name;
        }
    }
    return "";
}

}  // namespace

std::string message_line(const LeafFailure& leaf) {
    const std::string message = message_of(leaf.cause);
    return message.substr(0, message.find('\n'));
}

std::string Fingerprint::id() const {
    const std::string text = workflow + "\n" + path + "\n" + error + "\n" + cause;
    return digest_hex("SHA-256", text).value_or("").substr(0, 16);
}

Fingerprint fingerprint_of(const std::string& workflow, const LeafFailure& leaf) {
    return {workflow, leaf.path, leaf.error, normalised(message_line(leaf))};
}

std::optional<journal::RunRow> run_row_of(const journal::ExecutionRecord& run,
                                          const std::vector<core::Event>& events) {
    runtime::ExecutionSummary summary;
    summary.id = run.id;
    summary.workflow_name = workflow_name_in(events);
    summary.started_at = run.started_at;
    summary.status = run.status;
    const RunDigest digest = digest_of(std::move(summary), events);
    journal::RunRow row;
    row.caught = static_cast<std::uint32_t>(digest.caught_count);
    row.queued = queued_in(events);
    const bool has_failed =
        run.status == core::Status::failed || run.status == core::Status::timed_out;
    if (has_failed) row.failures = failures_in(digest);
    if (!digest.task_kinds.empty()) {
        const Json rows = rows_view(digest);
        row.rows_read = integer_in(rows, "read");
        row.rows_rejected = integer_in(rows, "rejected");
    }
    const bool took_time = run.stopped_at && *run.stopped_at > run.started_at;
    const bool says_nothing = row.caught == 0 && row.failures.empty() && !row.rows_read &&
                              row.queued.count() == 0 && !took_time;
    if (says_nothing) return std::nullopt;
    row.details =
        details_of(digest, row.failures.size() > 1 ? row.failures.front().fingerprint : "");
    return row;
}

std::optional<RunDigest> digest_in(runtime::ExecutionSummary summary, const journal::RunRow& row) {
    const auto details = parse_json(row.details);
    if (!row.is_folded || !details || !details->is_object()) return std::nullopt;
    const Json* states = find(*details, "states");
    if (!states || !states->is_array()) return std::nullopt;
    RunDigest digest;
    digest.summary = std::move(summary);
    digest.caught_count = row.caught;
    for (const Json& state : *states) {
        digest.states.push_back(state_in(state, digest.summary.started_at));
    }
    if (const Json* rows = find(*details, "rows")) add_row_counts(*rows, digest);
    digest.failure_count = static_cast<std::size_t>(integer_in(*details, "failures"));
    digest.events = static_cast<std::size_t>(integer_in(*details, "events"));
    return digest;
}

std::string first_failure_in(const journal::RunRow& row) {
    if (row.failures.size() < 2) return row.failures.empty() ? "" : row.failures[0].fingerprint;
    const auto details = parse_json(row.details);
    return details ? string_or(*details, "first", "") : "";
}

}  // namespace stepwell::api::answers
