// Triggers over an engine in memory: a clock that stands, a disk that outlives both, and a folder
// of real files.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "engine/triggers/triggers.hpp"
#include "tests/runtime/stage.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

class TriggerStage {
public:
    TriggerStage() {
        std::filesystem::create_directories(folder.path() / "in");
        make();
    }

    /// A new life of triggers and engine on the same disk.
    void reboot() {
        triggers_.reset();
        stage.boot();
        make();
    }

    /// Makes the workflow, or a new version of it; `options` is YAML-free JSON of its members.
    void put(const std::string& name, const std::string& options,
             const std::string& definition = kWait) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = definition;
        spec.settings = R"({"options":)" + options + "}";
        REQUIRE(stage.answer_of<runtime::WorkflowStatus>(
            [&](auto answer) { stage.engine().put_workflow(spec, answer); }));
        settle();
    }

    /// Ticks and turns until nothing more happens at this time.
    void settle() {
        for (int n = 0; n < 8; ++n) {
            triggers().tick();
            stage.settle();
        }
    }
    void advance(Duration by) {
        stage.clock.advance(by);
        stage.settle();
        settle();
    }
    void at(const std::string& time) {
        stage.clock.set(from_ms(parse_rfc3339(time)->seconds * 1000));
        stage.settle();
        settle();
    }

    /// The inputs of all runs, oldest first.
    std::vector<Json> inputs() {
        std::vector<Json> inputs;
        auto& reader = stage.reader();
        runtime::ListQuery query;
        query.limit = 1'000;
        while (true) {
            const auto page = reader.list(query);
            REQUIRE(page);
            for (const auto& run : page->items) {
                inputs.insert(inputs.begin(), reader.describe(run.id)->input.json());
            }
            if (!page->next) return inputs;
            query.token = page->next;
        }
    }
    std::size_t run_count() { return inputs().size(); }

    std::vector<runtime::ExecutionSummary> runs() { return stage.reader().list({})->items; }

    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        std::ofstream(folder.path() / name, std::ios::binary) << text;
    }
    void append(const std::string& name, const std::string& text) {
        std::ofstream(folder.path() / name, std::ios::binary | std::ios::app) << text;
    }

    triggers::Triggers& triggers() { return *triggers_; }

    TemporaryFolder folder;
    Stage stage;
    std::vector<std::string> log;
    std::vector<std::string> late;  // "orders#finish_by late", "... met"

private:
    void make() {
        triggers::TriggerSettings settings;
        settings.places.data_folder = folder.path();
        settings.places.lakes["raw"] = folder.path() / "zone";
        settings.log = [this](const std::string& line) { log.push_back(line); };
        settings.late = [this](const triggers::Lateness& lateness) {
            late.push_back(lateness.id + (lateness.is_met ? " met" : " late"));
        };
        settings.secrets = [](const std::string& reference) -> Result<std::string> {
            if (reference == "secret:hook") return std::string("s3cret");
            return fail(ErrorCode::not_found, "none");
        };
        settings.hash_bytes_per_slice = 1u << 20;
        triggers_ = std::make_unique<triggers::Triggers>(
            std::move(settings), stage.engine(), std::make_unique<runtime::Reader>(stage.journal()),
            stage.clock);
        settle();
    }
    std::unique_ptr<triggers::Triggers> triggers_;
};

}  // namespace stepwell::test
