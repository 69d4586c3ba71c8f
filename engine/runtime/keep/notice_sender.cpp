#include "engine/runtime/keep/notice_sender.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace stepwell::runtime {
namespace {

constexpr int kAttemptsMax = 3;
constexpr std::size_t kPage = 500;

bool is_ours(const TaskToken& token) {
    return value_of(token.execution) == 0;
}

}  // namespace

Result<void> NoticeSender::resume(journal::JournalReader& journal) {
    std::string after;
    while (true) {
        const auto page = SW_TRY(journal.documents(kNotices, after, kPage));
        for (const auto& document : page) noticed(document.key, document.value);
        if (page.size() < kPage) return {};
        after = page.back().key;
    }
}

void NoticeSender::noticed(const std::string& key, const std::string& value) {
    auto notice = notice_in(value);
    if (!notice) {
        spdlog::error("the notice '{}' cannot be read; it is dropped", key);
        return forget(key);
    }
    send({key, *std::move(notice), 0});
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
    if (const auto sending = take(token)) forget(sending->key);
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
