#include "tasks/host/host_attempt.hpp"

#include <sys/resource.h>

#include <new>

namespace stepwell::tasks {

namespace {

TaskError out_of_memory() {
    rlimit limit{};
    ::getrlimit(RLIMIT_DATA, &limit);
    std::string cause = "the task asked for more memory than there is";
    if (limit.rlim_cur != RLIM_INFINITY) {
        cause = "the task asked for more memory than its host may have: " +
                std::to_string(limit.rlim_cur >> 20) + " MiB for all tasks in it";
    }
    return {"Stepwell.OutOfMemory", cause};
}

/// Valid UTF-8 as it is; anything else with U+FFFD for the bytes that are not.
std::string valid_utf8(std::string text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80 || c == '\0') {
            const std::string quoted = to_text(Json(text));
            const Json back = Json::parse(quoted, nullptr, false);
            return back.is_string() ? back.get<std::string>() : std::string();
        }
    }
    return text;
}

}  // namespace

HostAttempt::HostAttempt(const TaskType& type, HostStart start, const HostSettings& settings,
                         HostConnection& connection)
    : type_(type),
      request_(std::move(start.request)),
      settings_(settings),
      connection_(connection),
      is_submitted_(request_.submitted.has_value()) {
    if (!start.sections.is_object()) return;
    own_settings_ = settings;
    for (auto& [name, section] : start.sections.items()) {
        own_settings_->configuration[name] = std::move(section);
    }
}

std::string HostAttempt::run() {
    // What was handed over before a restart is at work elsewhere, and its task has to end it.
    if (is_cancelled_ && !request_.submitted) {
        return end_frame(fail(TaskError{"Stepwell.Cancelled", "cancelled before it began"}));
    }
    return end_frame(run_guarded());
}

TaskText HostAttempt::run_guarded() {
    try {
        return run_task();
    } catch (const std::bad_alloc&) {
        return fail(out_of_memory());
    } catch (const std::exception& exception) {
        return fail(TaskError{"Stepwell.TaskCrashed", exception.what()});
    } catch (...) {
        return fail(TaskError{"Stepwell.TaskCrashed", "the task threw something unknown"});
    }
}

TaskText HostAttempt::run_task() {
    if (type_.run_text) return type_.run_text(*this);
    TaskResult result = type_.run(request_.parameters.json(), *this);
    if (!result) return fail(std::move(result).error());
    return to_text(*result);
}

std::string HostAttempt::end_frame(const TaskText& result) const {
    std::string frame;
    if (!result) {
        append_failed(frame, request_.token,
                      {valid_utf8(result.error().error), valid_utf8(result.error().cause)});
    } else if (result->size() > kResultBytesMax) {
        append_failed(frame, request_.token,
                      {"States.DataLimitExceeded",
                       "The state/task '" + request_.resource +
                           "' returned a result with a size exceeding the maximum number of "
                           "bytes service limit."});
    } else {
        append_about(frame, FrameType::succeeded, request_.token, *result);
    }
    return frame;
}

void HostAttempt::cancel() {
    const std::lock_guard lock(stops_mutex_);
    is_cancelled_ = true;
    for (const auto& [id, stop] : stops_) stop();
    stops_.clear();
}

void HostAttempt::log(std::string line) {
    const std::size_t before = logged_bytes_.fetch_add(line.size() + 1);
    if (before > kLogBytesMax) return;
    if (before + line.size() > kLogBytesMax) {
        line.resize(kLogBytesMax - before);
        line += "\n(the log of this attempt is full; what follows is not kept)";
    }
    std::string frame;
    append_about(frame, FrameType::log, request_.token, valid_utf8(std::move(line)));
    connection_.send(frame);
}

void HostAttempt::progress(Json progress) {
    std::string frame;
    append_about(frame, FrameType::progress, request_.token, to_text(progress));
    connection_.send(frame);
}

void HostAttempt::heartbeat() {
    std::string frame;
    append_about(frame, FrameType::heartbeat, request_.token);
    connection_.send(frame);
}

void HostAttempt::submitted(Json what) {
    if (is_submitted_.exchange(true)) return;
    std::string frame;
    append_about(frame, FrameType::submitted, request_.token, to_text(what));
    connection_.send(frame);
}

std::shared_ptr<void> HostAttempt::on_cancel(std::function<void()> stop) {
    const std::lock_guard lock(stops_mutex_);
    if (is_cancelled_) {
        stop();
        return {};
    }
    const int id = next_stop_++;
    stops_.emplace(id, std::move(stop));
    return {nullptr, [self = shared_from_this(), id](void*) {
                const std::lock_guard inner(self->stops_mutex_);
                self->stops_.erase(id);
            }};
}

}  // namespace stepwell::tasks
