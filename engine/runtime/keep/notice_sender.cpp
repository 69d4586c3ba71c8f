#include "engine/runtime/keep/notice_sender.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace stepwell::runtime {
namespace {

constexpr int kAttemptsMax = 3;
constexpr std::size_t kPage = 500;

bool is_ours(const TaskToken& token) {
    return value_of(token.execution) == 0;
}

}  // namespace

Result<void> NoticeSender::resume(journal::JournalReader& journal) {
    std::vector<Sending> left;
    std::string after;
    while (true) {
        const auto page = SW_TRY(journal.documents(kNotices, after, kPage));
        for (const auto& document : page) {
            auto notice = read(document.key, document.value);
            if (notice) left.push_back({document.key, *std::move(notice), 0});
        }
        if (page.size() < kPage) break;
        after = page.back().key;
    }
    std::stable_sort(left.begin(), left.end(),
                     [](const Sending& a, const Sending& b) { return a.notice.at < b.notice.at; });
    for (Sending& sending : left) enqueue(std::move(sending));
    return {};
}

std::optional<Notice> NoticeSender::read(const std::string& key, const std::string& value) {
    auto notice = notice_in(value);
    if (notice) return notice;
    spdlog::error("the notice '{}' cannot be read; it is dropped", key);
    forget(key);
    return std::nullopt;
}

void NoticeSender::noticed(const std::string& key, const std::string& value) {
    auto notice = read(key, value);
    if (notice) enqueue({key, *std::move(notice), 0});
}

bool NoticeSender::is_idle() const {
    const std::lock_guard lock(mutex_);
    return lines_.empty();
}

void NoticeSender::enqueue(Sending sending) {
    {
        const std::lock_guard lock(mutex_);
        const auto line = lines_.find(sending.notice.workflow);
        if (line != lines_.end()) return line->second.push_back(std::move(sending));
        lines_[sending.notice.workflow];  // empty: nobody waits behind this one
    }
    send(std::move(sending));
}

/// The next of the workflow, after one that is done with.
void NoticeSender::go_on(const std::string& workflow) {
    std::optional<Sending> next;
    {
        const std::lock_guard lock(mutex_);
        const auto line = lines_.find(workflow);
        if (line->second.empty()) {
            lines_.erase(line);
            return;
        }
        next = std::move(line->second.front());
        line->second.pop_front();
    }
    send(*std::move(next));
}

void NoticeSender::send(Sending sending) {
    ++sending.attempts;
    TaskRequest request;
    request.resource = "stepwell:notify";
    request.parameters = Payload(parameters_of(sending.notice));
    request.workflow_name = sending.notice.workflow;
    request.execution_name = sending.notice.run;
    request.execution_arn = sending.notice.arn;
    request.entered_at = sending.notice.at;
    request.run_key = "notice." + sending.key;
    {
        const std::lock_guard lock(mutex_);
        request.token = {ExecutionId{0}, FrameId{++last_frame_}, 1};
        sending_[request.token] = std::move(sending);
    }
    runner_->start(std::move(request));
}

std::optional<NoticeSender::Sending> NoticeSender::take(const TaskToken& token) {
    const std::lock_guard lock(mutex_);
    const auto at = sending_.find(token);
    if (at == sending_.end()) return std::nullopt;
    std::optional<Sending> sending = std::move(at->second);
    sending_.erase(at);
    return sending;
}

void NoticeSender::forget(const std::string& key) {
    Writes writes;
    journal::DocumentWrite removal;
    removal.collection = kNotices;
    removal.key = key;
    writes.documents.push_back(std::move(removal));
    // Where the engine ends meanwhile, the next one sends it again, and the outbox knows it.
    engine_.write(std::move(writes), nullptr);
}

void NoticeSender::succeeded(const TaskToken& token, Payload output) {
    if (!is_ours(token)) return engine_.succeeded(token, std::move(output));
    const auto sending = take(token);
    if (!sending) return;
    forget(sending->key);
    go_on(sending->notice.workflow);
}

void NoticeSender::failed(const TaskToken& token, std::string error,
                          std::optional<std::string> cause) {
    if (!is_ours(token)) return engine_.failed(token, std::move(error), std::move(cause));
    auto sending = take(token);
    if (!sending) return;
    const bool is_hopeless = error == "Stepwell.InvalidParameters";
    if (!is_hopeless && sending->attempts < kAttemptsMax) return send(*std::move(sending));
    spdlog::error("expected to tell {} that {} {}, but {}: {}{}",
                  sending->notice.to.empty() ? "nobody" : sending->notice.to.front(),
                  sending->notice.workflow, sending->notice.event, error, cause.value_or(""),
                  is_hopeless ? "" : "; it is tried again when the daemon starts next");
    if (is_hopeless) forget(sending->key);
    go_on(sending->notice.workflow);
}

void NoticeSender::submitted(const TaskToken& token, Payload output) {
    if (!is_ours(token)) engine_.submitted(token, std::move(output));
}
void NoticeSender::heartbeat(const TaskToken& token) {
    if (!is_ours(token)) engine_.heartbeat(token);
}
void NoticeSender::progress(const TaskToken& token, Json progress) {
    if (!is_ours(token)) engine_.progress(token, std::move(progress));
}
void NoticeSender::log(const TaskToken& token, std::string line) {
    if (!is_ours(token)) engine_.log(token, std::move(line));
}

}  // namespace stepwell::runtime
