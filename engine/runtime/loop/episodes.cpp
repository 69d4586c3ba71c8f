#include "engine/runtime/loop/episodes.hpp"

#include "engine/runtime/notice.hpp"

namespace stepwell::runtime {
namespace {

/// Names the state where the failure began, which the row knows, and its sentence.
void add_failure(Notice& notice, const journal::RunRow* row) {
    if (!row || row->failures.empty()) return;
    const journal::RunFailure& first = row->failures.front();
    notice.state = first.path;
    notice.message = first.message;
}

Notice notice_of(const std::string& event, const LoadedVersion& version,
                 const core::Execution& execution, const journal::RunRow* row,
                 const Json& episode) {
    const core::Header& header = execution.header();
    const core::Facts& facts = execution.facts();
    Notice notice;
    notice.event = event;
    notice.to = version.operations.notify.at(event);
    notice.workflow = version.workflow.name;
    notice.run = facts.name;
    notice.number = value_of(execution.id());
    notice.arn = facts.arn;
    if (header.status != core::Status::succeeded) {
        notice.error = header.error.value_or(core::name_of(header.status));
        notice.cause = header.cause.value_or("");
        add_failure(notice, row);
    }
    notice.at = header.stopped_at.value_or(header.updated_at);
    notice.since = from_ms(episode.at("since").get<std::int64_t>());
    notice.failures = episode.at("failures").get<std::uint64_t>();
    return notice;
}

}  // namespace

Result<void> Episodes::ended(const LoadedVersion& version, const core::Execution& execution,
                             const journal::RunRow* row, journal::Batch& batch) {
    const auto& notify = version.operations.notify;
    const core::Status status = execution.status();
    if (notify.empty() || status == core::Status::aborted) return {};
    const std::string& workflow = version.workflow.name;
    const bool has_failed = status != core::Status::succeeded;
    Json& episode = *SW_TRY(current(workflow));
    const bool was_failing = !episode.is_null();
    if (!has_failed && !was_failing) return {};

    if (!was_failing) {
        episode = {{"since", to_ms(execution.header().stopped_at.value_or(Timestamp{}))},
                   {"run", execution.facts().name},
                   {"failures", 0}};
    }
    if (has_failed) episode["failures"] = episode.at("failures").get<std::uint64_t>() + 1;
    const bool is_turn = has_failed != was_failing;
    const std::string event = has_failed ? "failed" : "recovered";
    if (is_turn && notify.contains(event)) {
        batch.add(to_write(
            notice_of(event, version, execution, row, episode),
            event + "." + execution.facts().arn + "." + std::to_string(execution.header().events)));
    }
    if (!has_failed) episode = nullptr;
    write(workflow, episode, batch);
    return {};
}

Result<Json*> Episodes::current(const std::string& workflow) {
    const auto known = episodes_.find(workflow);
    if (known != episodes_.end()) return &known->second;
    const auto stored = SW_TRY(journal_.document(kEpisodes, workflow));
    Json episode = stored ? parse_json(*stored).value_or(Json()) : Json();
    const Json* since = find(episode, "since");
    const Json* failures = find(episode, "failures");
    const bool is_good =
        since && since->is_number_integer() && failures && failures->is_number_unsigned();
    return &(episodes_[workflow] = is_good ? std::move(episode) : Json());
}

void Episodes::write(const std::string& workflow, const Json& episode, journal::Batch& batch) {
    journal::DocumentWrite write;
    write.collection = kEpisodes;
    write.key = workflow;
    if (!episode.is_null()) write.value = to_text(episode);
    batch.add(std::move(write));
}

}  // namespace stepwell::runtime
