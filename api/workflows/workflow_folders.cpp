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
#include <utility>

#include "api/daemon/config.hpp"
#include "api/read/workflow_file.hpp"
#include "engine/base/descriptor.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

definition::ParseOptions options_for(const fs::path& file,
                                     const definition::BuiltinTasks& builtin_tasks) {
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

Result<runtime::WorkflowSpec> read_workflow_file(const fs::path& file,
                                                 const definition::BuiltinTasks& builtin_tasks) {
    const std::string text = SW_TRY(read_file(file));
    const definition::Parsed parsed = definition::parse(text, options_for(file, builtin_tasks));
    if (parsed.is_valid()) return spec_of(parsed.workflow);
    return fail(ErrorCode::invalid, definition::render(parsed.diagnostics, file.string(), text));
}

class WorkflowFolders::Impl {
    using Steady = std::chrono::steady_clock;

public:
    Impl(std::vector<fs::path> folders, runtime::Engine& engine,
         definition::BuiltinTasks builtin_tasks, WorkflowFiles& files, Reporter reporter,
         FolderLooks looks)
        : folders_(std::move(folders)),
          engine_(engine),
          builtin_tasks_(std::move(builtin_tasks)),
          files_(files),
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
        for (const auto& [file, text] : texts_) {
            seen_[file] = stamp_of(file);
            if (text != 0) stamps_[file] = seen_[file];  // 0: to be read again
        }
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
        told_.erase(file);
        std::erase_if(owners_, [&](const auto& each) { return each.second == file; });
        const std::string workflow = files_.is_gone(file.string());
        if (texts_.erase(file) == 0) return;
        reporter_({FileReport::Kind::gone, file.string(), workflow});
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

    /// What was read of a good file.
    struct Good {
        runtime::WorkflowSpec spec;
        WorkflowSource source;
        std::vector<definition::Diagnostic> warnings;
    };
    struct Pending {
        Good good;
        std::future<Result<runtime::WorkflowStatus>> put;
    };

    /// All at once, so that they share a commit.
    void load(const std::vector<fs::path>& files) {
        std::vector<Pending> pending;
        for (const fs::path& file : files) {
            auto good = read(file);
            if (!good) continue;
            auto promise = std::make_shared<std::promise<Result<runtime::WorkflowStatus>>>();
            engine_.put_workflow(good->spec, [promise](Result<runtime::WorkflowStatus> put) {
                promise->set_value(std::move(put));
            });
            pending.push_back({std::move(*good), promise->get_future()});
        }
        for (auto& [good, put] : pending) report(std::move(good), put.get());
        const auto kept = files_.flush();
        if (!kept) tell_fault("", "the texts of workflows are not kept: " + kept.error().message);
    }

    void report(Good good, const Result<runtime::WorkflowStatus>& put) {
        const fs::path file = good.source.file;
        if (!put) {
            const ErrorCode code = put.error().code;
            const bool is_for_good = code == ErrorCode::invalid || code == ErrorCode::conflict;
            if (!is_for_good) forget(file);
            return note_fault(file, "REFUSED", put.error().message);
        }
        told_.erase(file);
        good.source.version = put->number;
        files_.is_good(std::move(good.source), std::move(good.warnings));
        if (!put->is_changed) return;
        const auto kind = put->number == 1 ? FileReport::Kind::made : FileReport::Kind::changed;
        reporter_({kind, file.string(), std::to_string(put->number)});
    }

    /// A fault of the whole file.
    void note_fault(const fs::path& file, const char* code, const std::string& message) {
        files_.is_faulty(file.string(), {{definition::Severity::error, code, message, "", "", {}}});
        tell_fault(file, file.string() + ": " + message);
    }

    /// Once, however often it is tried again.
    void tell_fault(const fs::path& file, const std::string& text) {
        if (std::exchange(told_[file], text) == text) return;
        reporter_({FileReport::Kind::fault, file.string(), text});
    }

    /// Nothing where the file has not changed, is no workflow, or has faults, which are reported.
    std::optional<Good> read(const fs::path& file) {
        auto text = read_file(file);
        if (!text) {
            forget(file);
            note_fault(file, "UNREADABLE", text.error().message);
            return std::nullopt;
        }
        auto [known, is_new] = texts_.try_emplace(file, 0);
        const std::size_t hash = std::hash<std::string>()(*text);
        if (!is_new && known->second == hash) return std::nullopt;
        known->second = hash;
        const definition::ParseOptions options = options_for(file, builtin_tasks_);
        const bool is_workflow =
            is_workflow_document(*text, options.format) || files_.is_known(file.string());
        return is_workflow ? parse(file, std::move(*text), options) : std::nullopt;
    }

    std::optional<Good> parse(const fs::path& file, std::string text,
                              const definition::ParseOptions& options) {
        definition::Parsed parsed = definition::parse(text, options);
        if (!parsed.is_valid()) {
            told_.erase(file);  // somebody has changed it: also the same faults are news
            // The fact first: whoever is told finds it.
            const std::string told = definition::render(parsed.diagnostics, file.string(), text);
            files_.is_faulty(file.string(), std::move(parsed.diagnostics));
            tell_fault(file, told);
            return std::nullopt;
        }
        if (!claim(file, parsed.workflow.name)) return std::nullopt;
        const bool is_yaml = options.format == definition::ParseOptions::Format::yaml;
        return Good{
            spec_of(parsed.workflow),
            {parsed.workflow.name, 0, file.string(), is_yaml ? "yaml" : "json", std::move(text)},
            std::move(parsed.diagnostics)};
    }

    /// Two files must not take turns as one workflow: the name is the first one's, until it goes or
    /// calls its workflow otherwise.
    bool claim(const fs::path& file, const std::string& name) {
        const auto [owner, is_new] = owners_.try_emplace(name, file);
        std::error_code ignored;
        if (owner->second != file && fs::exists(owner->second, ignored)) {
            forget(file);
            note_fault(file, "NAME_TAKEN",
                       "expected a name of its own, but '" + name + "' is the workflow of " +
                           owner->second.string());
            return false;
        }
        owner->second = file;
        std::erase_if(owners_,
                      [&](const auto& each) { return each.second == file && each.first != name; });
        return true;
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
    const definition::BuiltinTasks builtin_tasks_;
    WorkflowFiles& files_;
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
    std::map<fs::path, std::string> told_;    // faults that were told
    std::thread thread_;
};

WorkflowFolders::WorkflowFolders(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
WorkflowFolders::~WorkflowFolders() = default;

Result<std::unique_ptr<WorkflowFolders>> WorkflowFolders::start(
    std::vector<fs::path> folders, runtime::Engine& engine, definition::BuiltinTasks builtin_tasks,
    WorkflowFiles& files, Reporter reporter, FolderLooks looks) {
    auto impl = std::make_unique<Impl>(std::move(folders), engine, std::move(builtin_tasks), files,
                                       std::move(reporter), looks);
    SW_TRY(impl->start());
    return std::unique_ptr<WorkflowFolders>(new WorkflowFolders(std::move(impl)));
}

}  // namespace stepwell::api
