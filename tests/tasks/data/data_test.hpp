// What the tests of data tasks share: a folder that goes away, and a task context in it.
#pragma once

#include <sys/fsuid.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/base/assert.hpp"
#include "tasks/task.hpp"

namespace stepwell::test {

class ScratchFolder {
public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "stepwell-XXXXXX").string();
        const char* made = mkdtemp(name.data());
        SW_ASSERT(made != nullptr);
        path_ = made;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    void write(std::string_view name, std::string_view bytes) const {
        const auto file = path_ / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
    }
    [[nodiscard]] std::string read(std::string_view name) const {
        std::ifstream file(path_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    }

private:
    std::filesystem::path path_;
};

/// While it lives, this thread has nobody's rights on files: what is not readable by all is not
/// readable, also where the tests run as root.
class NobodysRights {
public:
    NobodysRights() { setfsuid(65534); }
    ~NobodysRights() { setfsuid(geteuid()); }
    NobodysRights(const NobodysRights&) = delete;
    NobodysRights& operator=(const NobodysRights&) = delete;
};

/// A task's surroundings, with the scratch folder's "data" as data folder.
class TestContext final : public tasks::TaskContext {
public:
    explicit TestContext(const ScratchFolder& folder, Json configuration = Json::object()) {
        settings_.data_folder = folder.path() / "data";
        std::filesystem::create_directories(settings_.data_folder);
        if (!configuration.contains("allowed_roots")) {
            configuration["allowed_roots"] = {folder.path().string()};
        }
        settings_.configuration = std::move(configuration);
        request_.state_name = "Test";
        request_.run_key = "run-1";
    }
    [[nodiscard]] const runtime::TaskRequest& request() const override { return request_; }
    [[nodiscard]] const tasks::HostSettings& settings() const override { return settings_; }
    void log(std::string line) override { lines.push_back(std::move(line)); }
    void progress(Json) override {}
    void heartbeat() override {}
    void submitted(Json) override {}
    [[nodiscard]] bool is_cancelled() const override { return cancelled; }
    [[nodiscard]] std::shared_ptr<void> on_cancel(std::function<void()> stop) override {
        on_cancel_ = std::move(stop);
        return nullptr;
    }
    void set_run_key(std::string key) { request_.run_key = std::move(key); }
    void set_workflow(std::string name) { request_.workflow_name = std::move(name); }
    void cancel() {
        cancelled = true;
        if (on_cancel_) on_cancel_();
    }

    std::vector<std::string> lines;
    bool cancelled = false;

private:
    tasks::HostSettings settings_;
    runtime::TaskRequest request_;
    std::function<void()> on_cancel_;
};

}  // namespace stepwell::test
