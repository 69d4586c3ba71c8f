#include "api/cli/source.hpp"

#include "api/read/readers.hpp"
#include "engine/runtime/clock.hpp"

namespace stepwell::api::cli {
namespace {

class Folder final : public Source {
public:
    Folder(std::filesystem::path folder, std::unique_ptr<runtime::Reader> reader)
        : folder_(std::move(folder)), reader_(std::move(reader)) {}
    Result<Json> workflows() override {
        return snapshot_of(*reader_, [](runtime::Reader& reader) {
            return workflows_view(reader, runtime::system_clock().now());
        });
    }
    Result<Json> runs(const runtime::RunQuery& query) override {
        return snapshot_of(*reader_,
                           [&](runtime::Reader& reader) { return runs_view(reader, query); });
    }
    Result<Json> run(const std::string& run) override {
        return snapshot_of(*reader_,
                           [&](runtime::Reader& reader) { return run_view(reader, run); });
    }
    Result<Json> history(const std::string& run) override {
        return snapshot_of(*reader_,
                           [&](runtime::Reader& reader) { return history_view(reader, run); });
    }
    Result<Json> logs(const std::string& run, const std::string& state) override {
        return logs_view(*reader_, folder_, run, state);
    }

private:
    const std::filesystem::path folder_;
    std::unique_ptr<runtime::Reader> reader_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_folder(const std::filesystem::path& folder) {
    auto reader = SW_TRY(runtime::Reader::open(folder));
    return std::unique_ptr<Source>(std::make_unique<Folder>(folder, std::move(reader)));
}

}  // namespace stepwell::api::cli
