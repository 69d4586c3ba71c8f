#include "api/workflows/workflow_folders.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "api/daemon/config.hpp"
#include "api/read/workflow_file.hpp"
#include "engine/base/descriptor.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

definition::ParseOptions options_for(const fs::path& file,
                                     const std::vector<std::string>& builtin_tasks) {
    definition::ParseOptions options;
    const std::string name = file.filename().string();
    options.format = definition::format_of(name).value_or(definition::ParseOptions::Format::yaml);
    options.default_name = definition::workflow_name_of(name);
    options.builtin_tasks = builtin_tasks;
    return options;
}

}  // namespace

runtime::WorkflowSpec spec_of(const definition::Workflow& workflow) {
    runtime::WorkflowSpec spec;
    spec.name = workflow.name;
    spec.definition = workflow.asl;
    Json settings = Json::object();
    if (!workflow.description.empty()) settings["description"] = workflow.description;
    if (!workflow.options.empty()) settings["options"] = workflow.options;
    spec.settings = to_text(settings);
    return spec;
}

namespace {

Result<runtime::WorkflowSpec> parse_workflow(const fs::path& file, const std::string& text,
                                             const definition::ParseOptions& options) {
    const definition::Parsed parsed = definition::parse(text, options);
    if (parsed.is_valid()) return spec_of(parsed.workflow);
    return fail(ErrorCode::invalid, definition::render(parsed.diagnostics, file.string(), text));
}

}  // namespace

Result<runtime::WorkflowSpec> read_workflow_file(const fs::path& file,
                                                 const std::vector<std::string>& builtin_tasks) {
    const std::string text = SW_TRY(read_file(file));
    return parse_workflow(file, text, options_for(file, builtin_tasks));
}

class WorkflowFolders::Impl {
    using Steady = std::chrono::steady_clock;

public:
    Impl(std::vector<fs::path> folders, runtime::Engine& engine,
         std::vector<std::string> builtin_tasks, Reporter reporter, FolderLooks looks)
        : folders_(std::move(folders)),
          engine_(engine),
          builtin_tasks_(std::move(builtin_tasks)),
          reporter_(std::move(reporter)),
          looks_(looks),
          inotify_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
          stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

    ~Impl() {
        const std::uint64_t one = 1;
        if (write(stop_.get(), &one, sizeof one) < 0) std::abort();  // nothing else can wake it
        if (thread_.joinable()) thread_.join();
    }

    Result<void> start() {
        for (const fs::path& folder : folders_) {
            std::error_code ignored;
            if (fs::is_directory(folder, ignored)) continue;
            return fail(ErrorCode::not_found, "expected a folder of workflows at " +
                                                  folder.string() + ", but there is none");
        }
        // Watches first: a file that comes during the scan is read twice rather than not at all.
        watch();
        scan();
        for (const auto& [file, text] : texts_) stamps_[file] = seen_[file] = stamp_of(file);
        thread_ = std::thread([this] { run(); });
        return {};
    }

private:
    /// What is not watched yet: also what was made anew.
    void watch() {
        const std::uint32_t changes =
            IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;
        is_watched_ = true;
        for (const fs::path& folder : folders_) {
            const int watch = looks_.has_watches
                                  ? inotify_add_watch(inotify_.get(), folder.c_str(), changes)
                                  : -1;
            const std::string why = looks_.has_watches ? std::strerror(errno) : "none is wanted";
            if (watch >= 0) {
                watches_[watch] = folder;
                unwatched_.erase(folder);
                continue;
            }
            is_watched_ = false;
            if (unwatched_.insert(folder).second) {
                reporter_({FileReport::Kind::unwatched, folder.string(), why});
            }
        }
    }

    /// Whatever the system told: what has changed and come to rest since the last look.
    void look_again() {
        watch();
        std::vector<fs::path> changed;
        std::map<fs::path, Stamp> seen;
        for (const fs::path& file : candidates()) {
            const Stamp stamp = stamp_of(file);
            const auto before = seen_.find(file);
            const bool is_at_rest = before != seen_.end() && before->second == stamp;
            const auto read = stamps_.find(file);
            const bool is_read = read != stamps_.end() && read->second == stamp;
            if (is_at_rest && !is_read) {
                changed.push_back(file);
                stamps_[file] = stamp;
            }
            seen[file] = stamp;
        }
        seen_ = std::move(seen);
        std::vector<fs::path> gone;
        for (const auto& [file, text] : texts_) {
            if (!seen_.contains(file)) gone.push_back(file);
        }
        for (const fs::path& file : gone) note_gone(file);
        load(changed);
    }

    /// Reads it again with the next look.
    void forget(const fs::path& file) {
        texts_[file] = 0;
        stamps_.erase(file);
    }

    void note_gone(const fs::path& file) {
        stamps_.erase(file);
        if (texts_.erase(file) > 0) reporter_({FileReport::Kind::gone, file.string(), ""});
    }

    /// What a change of a file changes; all zero where there is none.
    using Stamp = std::array<std::int64_t, 4>;

    static Stamp stamp_of(const fs::path& file) {
        struct stat info {};
        if (::stat(file.c_str(), &info) != 0) return {};
        return {info.st_ctim.tv_sec, info.st_ctim.tv_nsec, info.st_size,
                static_cast<std::int64_t>(info.st_ino)};
    }

    void scan() { load(candidates()); }

    std::vector<fs::path> candidates() {
        std::vector<fs::path> files;
        for (const fs::path& folder : folders_) {
            for (fs::path& file : workflow_candidates(folder)) files.push_back(std::move(file));
        }
        std::sort(files.begin(), files.end());
        return files;
    }

    /// All at once, so that they share a commit.
    void load(const std::vector<fs::path>& files) {
        std::vector<std::pair<fs::path, std::future<Result<runtime::WorkflowStatus>>>> pending;
        for (const fs::path& file : files) {
            auto spec = read(file);
            if (!spec) continue;
            auto promise = std::make_shared<std::promise<Result<runtime::WorkflowStatus>>>();
            pending.emplace_back(file, promise->get_future());
            engine_.put_workflow(std::move(*spec), [promise](Result<runtime::WorkflowStatus> put) {
                promise->set_value(std::move(put));
            });
        }
        for (auto& [file, future] : pending) report(file, future.get());
    }

    void report(const fs::path& file, const Result<runtime::WorkflowStatus>& put) {
        if (!put) {
            const ErrorCode code = put.error().code;
            const bool is_for_good = code == ErrorCode::invalid || code == ErrorCode::conflict;
            if (!is_for_good) forget(file);
            reporter_({FileReport::Kind::fault, file.string(),
                       file.string() + ": " + put.error().message});
        } else if (put->is_changed) {
            const auto kind = put->number == 1 ? FileReport::Kind::made : FileReport::Kind::changed;
            reporter_({kind, file.string(), std::to_string(put->number)});
        }
    }

    /// Nothing where the file has not changed, is no workflow, or has faults, which are reported.
    std::optional<runtime::WorkflowSpec> read(const fs::path& file) {
        auto text = read_file(file);
        if (!text) {
            reporter_({FileReport::Kind::fault, file.string(), text.error().message});
            return std::nullopt;
        }
        auto [known, is_new] = texts_.try_emplace(file, 0);
        const std::size_t hash = std::hash<std::string>()(*text);
        if (!is_new && known->second == hash) return std::nullopt;
        known->second = hash;
        const definition::ParseOptions options = options_for(file, builtin_tasks_);
        if (!is_workflow_document(*text, options.format)) return std::nullopt;
        auto spec = parse_workflow(file, *text, options);
        if (spec) spec = claim(file, std::move(*spec));
        if (spec) return std::move(spec).value();
        reporter_({FileReport::Kind::fault, file.string(), spec.error().message});
        return std::nullopt;
    }

    /// Two files must not take turns as one workflow.
    Result<runtime::WorkflowSpec> claim(const fs::path& file, runtime::WorkflowSpec spec) {
        const auto [owner, is_new] = owners_.try_emplace(spec.name, file);
        std::error_code ignored;
        if (owner->second == file || !fs::exists(owner->second, ignored)) {
            owner->second = file;
            return spec;
        }
        return fail(ErrorCode::conflict, file.string() + ": expected a name of its own, but '" +
                                             spec.name + "' is the workflow of " +
                                             owner->second.string());
    }

    void run() {
        std::array<pollfd, 2> wanted{{{inotify_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
        auto next = Steady::now() + pause();
        while (true) {
            const auto patience = std::chrono::ceil<Duration>(next - Steady::now());
            const auto ms = static_cast<int>(std::max(patience, Duration::zero()).count());
            if (poll(wanted.data(), wanted.size(), ms) < 0 && errno != EINTR) return;
            if (wanted[1].revents != 0) return;
            if (wanted[0].revents != 0) read_events();
            if (Steady::now() < next) continue;
            look_again();
            next = Steady::now() + pause();
        }
    }

    [[nodiscard]] Duration pause() const {
        return is_watched_ ? looks_.again : looks_.again_without_watch;
    }

    void read_events() {
        alignas(inotify_event) std::array<char, 16'384> buffer;
        std::vector<fs::path> changed;
        ssize_t size = 0;
        while ((size = ::read(inotify_.get(), buffer.data(), buffer.size())) > 0) {
            const char* at = buffer.data();
            while (at < buffer.data() + size) {
                const auto* event = reinterpret_cast<const inotify_event*>(at);
                at += sizeof(inotify_event) + event->len;
                if ((event->mask & IN_Q_OVERFLOW) != 0) return scan();
                take(*event, changed);
            }
        }
        load(changed);
    }

    void take(const inotify_event& event, std::vector<fs::path>& changed) {
        const auto folder = watches_.find(event.wd);
        if (folder == watches_.end() || event.len == 0) return;
        const fs::path file = folder->second / event.name;
        const bool is_gone = (event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0;
        if (!is_gone) {
            const bool is_listed = std::find(changed.begin(), changed.end(), file) != changed.end();
            if (!is_listed && is_workflow_candidate(file)) changed.push_back(file);
        } else {
            note_gone(file);
        }
    }

    const std::vector<fs::path> folders_;
    runtime::Engine& engine_;
    const std::vector<std::string> builtin_tasks_;
    const Reporter reporter_;
    const FolderLooks looks_;
    Descriptor inotify_;
    Descriptor stop_;
    std::map<int, fs::path> watches_;
    std::set<fs::path> unwatched_;
    bool is_watched_ = true;
    std::map<fs::path, Stamp> stamps_;        // of what was read last
    std::map<fs::path, Stamp> seen_;          // of the last look
    std::map<fs::path, std::size_t> texts_;   // hashes of what was read last
    std::map<std::string, fs::path> owners_;  // by workflow
    std::thread thread_;
};

WorkflowFolders::WorkflowFolders(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WorkflowFolders::~WorkflowFolders() = default;

Result<std::unique_ptr<WorkflowFolders>> WorkflowFolders::start(
    std::vector<fs::path> folders, runtime::Engine& engine, std::vector<std::string> builtin_tasks,
    Reporter reporter, FolderLooks looks) {
    auto impl = std::make_unique<Impl>(std::move(folders), engine, std::move(builtin_tasks),
                                       std::move(reporter), looks);
    SW_TRY(impl->start());
    return std::unique_ptr<WorkflowFolders>(new WorkflowFolders(std::move(impl)));
}

}  // namespace stepwell::api
