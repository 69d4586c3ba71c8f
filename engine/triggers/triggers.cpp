#include "engine/triggers/triggers.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "engine/triggers/file_trigger.hpp"
#include "engine/triggers/file_workers.hpp"
#include "engine/triggers/folder_watch.hpp"
#include "engine/triggers/mailbox.hpp"
#include "engine/triggers/schedule_runner.hpp"

namespace stepwell::triggers {
namespace {

/// The clock may be set: nobody sleeps longer than this without looking at it.
constexpr Duration kSleepMax{1'000};
/// After the journal could not be read.
constexpr Duration kTroublePause{1'000};

/// A text that can be told for the log once, until it changes.
bool is_news(std::string& told, const std::string& now) {
    if (told == now) return false;
    told = now;
    return !now.empty();
}

}  // namespace

class Triggers::Impl {
public:
    Impl(TriggerSettings settings, runtime::Engine& engine, std::unique_ptr<runtime::Reader> reader,
         runtime::Clock& clock)
        : settings_(std::move(settings)),
          engine_(engine),
          reader_(std::move(reader)),
          clock_(clock),
          wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
          mailbox_(std::make_shared<Mailbox>([wake = wake_] { post(wake); })),
          workers_(mailbox_),
          starts_(engine, mailbox_),
          schedules_(engine, *reader_, starts_, mailbox_,
                     [this](const std::string& line) { log(line); }),
          deadlines_(engine, *reader_, settings_.late),
          hooks_(engine, settings_.secrets) {
        runtime::Listener listener;
        listener.workflow = [this](const std::string& workflow) {
            plans_.changed(workflow);
            post(wake_);
        };
        listener.events = [this](const core::Execution& run, const auto& events) {
            deadlines_.saw(run, events);
        };
        subscription_ = engine.subscribe(std::move(listener));
    }

    ~Impl() {
        stop();
        ::close(wake_);
    }

    void start() {
        // Before anybody can call: a webhook that is there must not be unknown.
        if (const auto plans = plans_.read(*reader_)) hooks_.load(*plans);
        workers_.start();
        thread_ = std::thread([this] { run(); });
    }

    void stop() {
        subscription_.reset();
        is_stopping_ = true;
        post(wake_);
        if (thread_.joinable()) thread_.join();
        workers_.stop();
        mailbox_->close();
    }

    Timestamp tick() {
        const Timestamp now = clock_.now();
        mailbox_->drain();
        if (is_outdated_.exchange(false) || plans_.is_outdated()) load(now);
        if (are_pauses_outdated_.exchange(false)) note(schedules_.load_pauses(now));
        schedules_.tick(now);
        deadlines_.tick(now);
        tick_files(now);
        starts_.tick(now);
        publish();
        return next_of(now);
    }

    void hook(const HookCall& call,
              std::function<void(const Result<runtime::Started, HookError>&)> answer) {
        if (is_stopping_) {
            return answer(stepwell::fail(
                HookError{HookRefusal::unavailable,
                          "expected a daemon that takes calls, but it is stopping"}));
        }
        hooks_.call(call, std::move(answer));
    }

    void pause(const std::string& id, bool is_paused, runtime::Answer<void> answer) {
        runtime::Writes writes;
        writes.documents.push_back({kPauses, id, SchedulePause{is_paused, clock_.now()}.text()});
        engine_.write(std::move(writes), [this, mailbox = mailbox_,
                                          answer = std::move(answer)](const Result<void>& done) {
            // A closed mailbox drops it: then this may be gone.
            if (done) mailbox->post([this] { are_pauses_outdated_ = true; });
            answer(done);
        });
    }

    Status status() const {
        const std::lock_guard lock(status_mutex_);
        return status_;
    }

private:
    static void post(int descriptor) {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto ignored = ::write(descriptor, &one, sizeof one);
    }

    void run() {
        while (!is_stopping_) {
            const Timestamp next = tick();
            const Duration patience = std::clamp(next - clock_.now(), Duration::zero(), kSleepMax);
            std::array<pollfd, 2> wanted{{{wake_, POLLIN, 0}, {watch_->descriptor(), POLLIN, 0}}};
            ::poll(wanted.data(), wanted.size(), static_cast<int>(patience.count()));
            std::uint64_t count = 0;
            [[maybe_unused]] const auto ignored = ::read(wake_, &count, sizeof count);
        }
    }

    void note(const Result<void>& done) {
        if (done) return;
        if (is_news(trouble_, done.error().message)) log("triggers: " + done.error().message);
        is_outdated_ = true;  // again, in a while
        has_trouble_ = true;
    }

    void log(const std::string& line) {
        if (settings_.log) settings_.log(line);
    }

    void load(Timestamp now) {
        has_trouble_ = false;
        auto plans = plans_.read(*reader_);
        if (!plans) return note(stepwell::fail(plans.error()));
        for (const WorkflowPlan& plan : *plans) {
            if (is_news(faults_[plan.workflow], plan.fault)) {
                log("workflow " + plan.workflow + ": " + plan.fault);
            }
        }
        note(schedules_.load(*plans, now));
        note(deadlines_.load(*plans, now));
        note(load_files(*plans));
        hooks_.load(*plans);
        if (!has_trouble_) trouble_.clear();
    }

    Result<void> load_files(const std::vector<WorkflowPlan>& plans) {
        std::map<std::string, std::unique_ptr<FileTrigger>> files;
        for (const WorkflowPlan& plan : plans) {
            for (const definition::FileTriggerSpec& spec : plan.starts.files) {
                if (!spec.is_enabled) continue;
                const std::string id = id_of(plan.workflow, spec.name);
                const auto old = files_.find(id);
                if (old != files_.end() && old->second->spec() == spec) {
                    files.emplace(id, std::move(old->second));
                    continue;
                }
                auto made = std::make_unique<FileTrigger>(
                    plan.workflow, spec,
                    FileTools{engine_, *reader_, starts_, workers_, watch_,
                              settings_.hash_bytes_per_slice});
                SW_TRY(made->open(settings_.places));
                files.emplace(id, std::move(made));
            }
        }
        files_ = std::move(files);
        return {};
    }

    void tick_files(Timestamp now) {
        const auto changed = watch_->changed();
        std::set<std::filesystem::path> folders;
        bool is_complete = true;
        for (auto& [id, trigger] : files_) {
            const auto& own = trigger->folders();
            const bool is_touched = std::any_of(own.begin(), own.end(), [&](const auto& folder) {
                return changed.contains(folder);
            });
            if (is_touched) trigger->touch();
            trigger->tick(now);
            folders.insert(trigger->folders().begin(), trigger->folders().end());
            is_complete = is_complete && !trigger->is_scanning();
            if (is_news(faults_["file " + id], trigger->fault())) {
                log("file trigger " + id + ": " + trigger->fault());
            }
        }
        // While somebody looks, a watch may be there of which we have not been told.
        if (is_complete && folders != watched_) {
            watch_->keep(folders);
            watched_ = std::move(folders);
        }
        const std::string fault = watch_->fault();
        if (is_news(faults_["watch"], fault)) {
            log("file triggers: " + fault + "; files there are found every `poll` only");
        }
    }

    Timestamp next_of(Timestamp now) const {
        Timestamp next = now + kSleepMax;
        if (has_trouble_) next = std::min(next, now + kTroublePause);
        for (const auto& each : {schedules_.next(), deadlines_.next(), starts_.next()}) {
            if (each) next = std::min(next, *each);
        }
        for (const auto& [id, trigger] : files_) next = std::min(next, trigger->next());
        return next;
    }

    void publish() {
        Status status;
        status.starting = starts_.size();
        status.trouble = starts_.trouble();
        for (const auto& [id, trigger] : files_) {
            status.files.push_back({id, trigger->waiting(), trigger->fault()});
        }
        const std::lock_guard lock(status_mutex_);
        status_ = std::move(status);
    }

    const TriggerSettings settings_;
    runtime::Engine& engine_;
    std::unique_ptr<runtime::Reader> reader_;
    runtime::Clock& clock_;
    const int wake_;
    std::shared_ptr<Mailbox> mailbox_;
    FileWorkers workers_;
    StartQueue starts_;
    ScheduleRunner schedules_;
    Deadlines deadlines_;
    Webhooks hooks_;
    Plans plans_;
    std::map<std::string, std::unique_ptr<FileTrigger>> files_;  // by id
    const std::shared_ptr<FolderWatch> watch_ = std::make_shared<FolderWatch>();
    std::set<std::filesystem::path> watched_;
    std::map<std::string, std::string> faults_;  // that were logged
    std::string trouble_;
    bool has_trouble_ = false;
    std::atomic<bool> is_outdated_{true};
    std::atomic<bool> are_pauses_outdated_{false};
    std::atomic<bool> is_stopping_{false};
    mutable std::mutex status_mutex_;
    Status status_;
    runtime::Subscription subscription_;
    std::thread thread_;
};

Triggers::Triggers(TriggerSettings settings, runtime::Engine& engine,
                   std::unique_ptr<runtime::Reader> reader, runtime::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(settings), engine, std::move(reader), clock)) {}

Triggers::~Triggers() = default;

void Triggers::start() {
    impl_->start();
}

void Triggers::stop() {
    impl_->stop();
}

Timestamp Triggers::tick() {
    return impl_->tick();
}

void Triggers::hook(const HookCall& call,
                    std::function<void(const Result<runtime::Started, HookError>&)> answer) {
    impl_->hook(call, std::move(answer));
}

void Triggers::pause(const std::string& schedule_id, bool is_paused, runtime::Answer<void> answer) {
    impl_->pause(schedule_id, is_paused, std::move(answer));
}

Status Triggers::status() const {
    return impl_->status();
}

}  // namespace stepwell::triggers
