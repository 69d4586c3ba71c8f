// Activities, and the workers who ask for their tasks.
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "api/aws/api.hpp"
#include "api/aws/members.hpp"
#include "api/aws/published.hpp"
#include "api/aws/tags.hpp"
#include "engine/runtime/activity.hpp"

namespace stepwell::api::aws {
namespace {

/// How long a worker waits for a task, as in Step Functions.
constexpr std::chrono::seconds kPollTime{60};

std::string poll_text(const std::string& token, const runtime::ActivityTask& task) {
    return to_text(Json{{"taskToken", token}, {"input", task.input.text()}});
}

/// The answer to a worker: it comes when there is a task for him. As a stream it holds no thread,
/// and a worker who hangs up is noticed: nothing is given to him. Until then blanks go out from
/// time to time, which JSON may begin with.
class PollStream final : public Stream {
public:
    PollStream() : until_(std::chrono::steady_clock::now() + kPollTime) {}

    /// Gives what next() will say. False: nobody listens any more.
    static bool give(const std::weak_ptr<PollStream>& weak, std::string answer) {
        const auto self = weak.lock();
        if (!self) return false;
        std::function<void()> waker;
        {
            const std::lock_guard lock(self->mutex_);
            self->answer_ = std::move(answer);
            waker = self->waker_;
        }
        if (waker) waker();
        return true;
    }
    void wait_as(std::shared_ptr<void> worker) { worker_ = std::move(worker); }

    Next next(std::string& out) override {
        std::unique_lock lock(mutex_);
        const bool is_late = std::chrono::steady_clock::now() >= until_;
        if (!answer_ && !is_late) return Next::wait;
        out += answer_ ? *answer_ : R"({"taskToken":null})";
        lock.unlock();
        worker_.reset();
        return Next::end;
    }
    std::string idle() override { return " "; }
    void on_ready(std::function<void()> waker) override {
        const std::lock_guard lock(mutex_);
        waker_ = std::move(waker);
    }

private:
    const std::chrono::steady_clock::time_point until_;
    std::shared_ptr<void> worker_;
    std::mutex mutex_;
    std::function<void()> waker_;
    std::optional<std::string> answer_;
};

std::string created_text(const std::string& arn, Timestamp at) {
    return to_text(Json{{"activityArn", arn}, {"creationDate", to_epoch_seconds(at)}});
}

/// What is kept of an activity.
Json record_of(Timestamp at) {
    return Json{{"created_ms", to_ms(at)}};
}

Timestamp created_at(const std::string& record) {
    const auto json = parse_json(record);
    const Json* ms = json ? find(*json, "created_ms") : nullptr;
    return from_ms(ms && ms->is_number_integer() ? ms->get<std::int64_t>() : 0);
}

AwsError no_such_activity(const std::string& arn) {
    return {"ActivityDoesNotExist", "Activity Does Not Exist: '" + arn + "'", {}};
}

}  // namespace

AwsResult<Api::Activity> Api::activity(std::string_view text) {
    const Arn arn = SW_TRY(parse_arn(text, "activity"));
    const auto name = runtime::activity_name(text, account_.region, account_.account);
    if (!name || !arn.qualifier.empty()) return fail(no_such_activity(arn.text));
    auto reader = SW_TRY(this->reader());
    auto found = reader->document(runtime::kActivities, *name);
    if (!found) return fail(internal_error(found.error()));
    if (!*found) return fail(no_such_activity(arn.text));
    return Activity{*name, arn.text, created_at(**found)};
}

/// A repetition answers with what is there, whatever it says of tags.
void Api::create_activity(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string name = members.required_text("name", {1, 80});
    const auto asked_tags = read_tags(members);
    members.object("encryptionConfiguration");
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    if (!is_name(name)) return reply(refuse_quoting("InvalidName", "Invalid Name", name));
    const std::string arn = runtime::activity_arn(name, account_.region, account_.account);
    const auto tags = with_tags({}, asked_tags, arn);
    if (!tags) return reply(fail(tags.error()));
    if (const auto there = activity(arn)) return reply(created_text(arn, there->created_at));
    const Timestamp now = runtime::system_clock().now();
    runtime::Writes writes;
    writes.documents.push_back({std::string(runtime::kActivities), name, to_text(record_of(now)),
                                journal::DocumentWrite::If::absent});
    writes.documents.push_back(runtime::to_write(*tags, runtime::tags_key("activity", name)));
    engine_.write(std::move(writes),
                  [this, reply = std::move(reply), arn, now](Result<void> written) {
                      if (written) return reply(created_text(arn, now));
                      if (written.error().code != ErrorCode::conflict) {
                          return reply(fail(internal_error(written.error())));
                      }
                      auto found = activity(arn);
                      if (!found) return reply(fail(std::move(found).error()));
                      reply(created_text(found->arn, found->created_at));
                  });
}

/// One that is not there is no error. Tasks that wait for it go on waiting.
void Api::delete_activity(const Json& body, const Principal&, Reply reply) {
    Members members(body);
    const std::string text = members.required_text("activityArn", kArnLength);
    if (auto checked = members.check(); !checked) return reply(fail(std::move(checked).error()));
    auto arn = parse_arn(text, "activity");
    if (!arn) return reply(fail(std::move(arn).error()));
    const auto name = runtime::activity_name(text, account_.region, account_.account);
    if (!name) return reply(std::string("{}"));
    runtime::Writes writes;
    writes.documents.push_back({std::string(runtime::kActivities), *name, std::nullopt,
                                journal::DocumentWrite::If::always});
    writes.documents.push_back(
        runtime::removal_of(runtime::kTags, runtime::tags_key("activity", *name)));
    engine_.write(std::move(writes), [reply = std::move(reply)](Result<void> written) {
        reply(written ? AwsResult<std::string>("{}") : fail(internal_error(written.error())));
    });
}

AwsResult<Json> Api::describe_activity(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("activityArn", kArnLength);
    SW_TRY(members.check());
    const Activity found = SW_TRY(activity(text));
    return Json{{"activityArn", found.arn},
                {"name", found.name},
                {"creationDate", to_epoch_seconds(found.created_at)}};
}

AwsResult<Json> Api::list_activities(const Json& body) {
    constexpr const char* kList = "activities";
    Members members(body);
    const auto asked = static_cast<std::size_t>(members.number("maxResults", 0, 1'000));
    const auto token = members.text("nextToken", {1, 1'024});
    SW_TRY(members.check());
    const std::string after = SW_TRY(key_in_token(kList, token)).value_or("");
    auto reader = SW_TRY(this->reader());
    const std::size_t limit = asked == 0 ? 100 : asked;
    auto found = reader->documents(runtime::kActivities, after, limit + 1);
    if (!found) return fail(internal_error(found.error()));

    Json out{{"activities", Json::array()}};
    const bool has_more = found->size() > limit;
    if (has_more) found->resize(limit);
    for (const journal::DocumentRecord& one : *found) {
        const std::string arn = runtime::activity_arn(one.key, account_.region, account_.account);
        out["activities"].push_back({{"activityArn", arn},
                                     {"name", one.key},
                                     {"creationDate", to_epoch_seconds(created_at(one.value))}});
    }
    if (has_more) out["nextToken"] = token_behind(kList, found->back().key);
    return out;
}

AwsResult<std::shared_ptr<Stream>> Api::get_activity_task(const Json& body) {
    Members members(body);
    const std::string text = members.required_text("activityArn", kArnLength);
    const std::string worker = members.text("workerName", {1, 80}).value_or("");
    SW_TRY(members.check());
    const Activity found = SW_TRY(activity(text));
    auto stream = std::make_shared<PollStream>();
    auto waiting = activities_->wait(
        found.arn, worker, [this, weak = std::weak_ptr(stream)](const runtime::ActivityTask& task) {
            return PollStream::give(weak, poll_text(engine_.task_token_text(task.token), task));
        });
    if (!waiting) {
        return refuse("ActivityWorkerLimitExceeded",
                      "The number of workers that wait for " + found.arn +
                          " has reached its limit (" + std::to_string(runtime::kWorkersMax) + ")");
    }
    stream->wait_as(std::move(waiting));
    return std::shared_ptr<Stream>(std::move(stream));
}

}  // namespace stepwell::api::aws
