#include "engine/runtime/keep/notice_sender.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace stepwell::runtime {
namespace {

/// Whoever waits for all to be told waits for no more attempts at one.
constexpr int kAttemptsAwaited = 3;
constexpr Duration kPauseFirst{1'000};
constexpr Duration kPauseMax{300'000};
constexpr std::size_t kPage = 500;

Duration pause_after(int attempts) {
    constexpr int kDoublingsMax = 10;
    return std::min(kPauseMax, kPauseFirst * (1 << std::min(attempts - 1, kDoublingsMax)));
}

bool is_ours(const TaskToken& token) {
    return value_of(token.execution) == 0;
}

const std::string& addressee(const Notice& notice) {
    static const std::string kNobody = "nobody";
    return notice.to.empty() ? kNobody : notice.to.front();
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
    const auto is_awaited = [this](const auto& line) {
        const auto rests = resting_.find(line.first);
        return rests == resting_.end() || rests->second.sending.attempts < kAttemptsAwaited;
    };
    return std::none_of(lines_.begin(), lines_.end(), is_awaited);
}

NoticeSender::~NoticeSender() {
    stop();
}

void NoticeSender::start() {
    thread_ = std::thread([this] { work(); });
}

void NoticeSender::stop() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void NoticeSender::work() {
    while (true) {
        const std::optional<Duration> pause = try_again();
        std::unique_lock lock(mutex_);
        // What has come to rest since rests for longer than this: nobody has to be woken for it.
        wake_.wait_for(lock, std::min(pause.value_or(kPauseFirst), kPauseFirst),
                       [this] { return is_stopping_; });
        if (is_stopping_) return;
    }
}

std::optional<Duration> NoticeSender::try_again() {
    const Duration now = clock_.steady();
    std::vector<Sending> rested;
    std::optional<Duration> next;
    {
        const std::lock_guard lock(mutex_);
        for (auto at = resting_.begin(); at != resting_.end();) {
            const Duration left = at->second.until - now;
            if (left > Duration::zero()) {
                next = std::min(next.value_or(left), left);
                ++at;
                continue;
            }
            rested.push_back(std::move(at->second.sending));
            at = resting_.erase(at);
        }
    }
    for (Sending& sending : rested) send(std::move(sending));
    return next;
}

void NoticeSender::rest(Sending sending, const std::string& reason) {
    const Duration pause = pause_after(sending.attempts);
    spdlog::error("expected to tell {} that {} {}, but {}; it is tried again in {} s",
                  addressee(sending.notice), sending.notice.workflow, sending.notice.event, reason,
                  std::chrono::duration_cast<std::chrono::seconds>(pause).count());
    const std::lock_guard lock(mutex_);
    const std::string workflow = sending.notice.workflow;
    resting_.insert_or_assign(workflow, Resting{std::move(sending), clock_.steady() + pause});
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
    const std::string reason = error + (cause ? ": " + *cause : "");
    if (error != "Stepwell.InvalidParameters") return rest(*std::move(sending), reason);
    spdlog::error("expected to tell {} that {} {}, but {}", addressee(sending->notice),
                  sending->notice.workflow, sending->notice.event, reason);
    forget(sending->key);
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
