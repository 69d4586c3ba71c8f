#include "tasks/map_items/write_results.hpp"

#include <fcntl.h>

#include <array>
#include <map>
#include <optional>

#include "tasks/data/data_session.hpp"
#include "tasks/files/durable_files.hpp"
#include "tasks/map_items/byte_source.hpp"
#include "tasks/map_items/items_file.hpp"

namespace stepwell::tasks::map_items {
namespace {

namespace fs = std::filesystem;
using data::data_fail;
using data::DataSession;

constexpr std::uint64_t kFileBytesMax = 5'000'000'000;
constexpr std::size_t kResultBufferBytes = std::size_t{1} << 20;
constexpr int kResultMode = 0666;
constexpr const char* kManifest = "manifest.json";

/// What the executions of one outcome gave: as many files as it takes.
class ResultFiles {
public:
    ResultFiles(fs::path folder, std::string key, std::string name, bool is_lines)
        : folder_(std::move(folder)),
          key_(std::move(key)),
          name_(std::move(name)),
          is_lines_(is_lines) {}

    DataResult<void> add(std::string_view json);
    /// All are there. Gives their list for the manifest.
    DataResult<Json> finish();

private:
    DataResult<void> begin();
    DataResult<void> end();
    DataResult<void> flush();
    [[nodiscard]] std::string file_name() const {
        return name_ + "_" + std::to_string(files_.size()) + (is_lines_ ? ".jsonl" : ".json");
    }
    [[nodiscard]] fs::path draft() const {
        return folder_ / (file_name() + std::string(files::kDraftMark) + "results");
    }

    fs::path folder_;
    std::string key_;  // of the folder
    std::string name_;
    bool is_lines_;
    Descriptor file_;
    std::string buffer_;
    std::uint64_t bytes_ = 0;
    Json files_ = Json::array();
};

DataResult<void> ResultFiles::begin() {
    file_.reset(::open(draft().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
                       kResultMode));
    if (!file_) return data_fail("E_DISK", draft().string() + ": cannot make the file");
    bytes_ = 0;
    buffer_ = is_lines_ ? "" : "[";
    return {};
}

DataResult<void> ResultFiles::add(std::string_view json) {
    if (json.empty()) return {};
    if (!file_) {
        SW_TRY(begin());
    } else if (!is_lines_) {
        buffer_ += ',';
    }
    buffer_ += json;
    if (is_lines_) buffer_ += '\n';
    if (buffer_.size() >= kResultBufferBytes) SW_TRY(flush());
    return bytes_ >= kFileBytesMax ? end() : DataResult<void>();
}

DataResult<void> ResultFiles::flush() {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
        const ssize_t written = ::write(file_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0)
            return data_fail("E_DISK", draft().string() + ": cannot write the results");
        rest.remove_prefix(static_cast<std::size_t>(written));
        bytes_ += static_cast<std::uint64_t>(written);
    }
    buffer_.clear();
    return {};
}

DataResult<void> ResultFiles::end() {
    if (!is_lines_) buffer_ += ']';
    SW_TRY(flush());
    if (::fsync(file_.get()) != 0) {
        return data_fail("E_DISK", draft().string() + ": cannot flush the results");
    }
    file_.reset();
    SW_TRY(files::rename_path(draft(), folder_ / file_name()));
    files_.push_back({{"Key", key_ + "/" + file_name()}, {"Size", bytes_}});
    return {};
}

DataResult<Json> ResultFiles::finish() {
    if (file_) SW_TRY(end());
    return files_;
}

/// What the file has for the execution: of one that has succeeded, what Transformation says.
DataResult<void> put(const Json& record, const std::string& transformation, ResultFiles& files) {
    const bool is_whole =
        transformation == "NONE" || string_or(record, "Status", "") != "SUCCEEDED";
    if (is_whole) return files.add(to_text(record));
    const auto output = parse_json(string_or(record, "Output", "null"));
    if (!output) return data_fail("E_FORMAT", "an output is no JSON");
    if (transformation != "FLATTEN" || !output->is_array()) return files.add(to_text(*output));
    for (const Json& one : *output) SW_TRY(files.add(to_text(one)));
    return {};
}

/// Those of an earlier attempt, or of before a redrive; the manifest first, as it names them.
DataResult<void> remove_old(const fs::path& folder) {
    std::error_code failed;
    fs::remove(folder / kManifest, failed);
    for (const std::string& name : SW_TRY(files::files_below(folder))) {
        const bool is_ours = name.starts_with("SUCCEEDED_") || name.starts_with("FAILED_") ||
                             name.starts_with("PENDING_");
        if (is_ours) fs::remove(folder / name, failed);
        if (failed) return data_fail("E_DISK", name + ": cannot remove it: " + failed.message());
    }
    return {};
}

/// "SUCCEEDED", "FAILED", "PENDING": what did not succeed for whatever reason has failed.
std::string group_of(const Json& record) {
    std::string status = string_or(record, "Status", "");
    return status == "SUCCEEDED" || status == "PENDING" ? status : "FAILED";
}

DataResult<Json> write_all(const Json& parameters, TaskContext& context) {
    DataSession session(context, "map-results");
    const std::string bucket = string_or(parameters, "Bucket", "");
    const std::string key = string_or(parameters, "Folder", "");
    const fs::path folder = SW_TRY(session.locations().target("lake://" + bucket + "/" + key));
    SW_TRY(files::make_folder(folder));
    SW_TRY(remove_old(folder));
    const bool is_lines = string_or(parameters, "OutputType", "JSON") == "JSONL";
    std::map<std::string, ResultFiles> groups;
    for (const char* name : {"FAILED", "PENDING", "SUCCEEDED"}) {
        groups.emplace(name, ResultFiles(folder, key, name, is_lines));
    }
    const fs::path source_path =
        context.settings().data_folder / string_or(parameters, "ResultsFile", "");
    Descriptor file(::open(source_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return data_fail("E_DISK", source_path.string() + ": cannot read the results");
    ByteSource source(std::move(file), source_path.string());
    std::string line;
    for (int c = source.next(); c != ByteSource::kEnd; c = source.next()) {
        if (c != '\n') {
            line += static_cast<char>(c);
            continue;
        }
        const auto record = parse_json(line);
        line.clear();
        if (!record) return data_fail("E_FORMAT", "a record of the results is damaged");
        SW_TRY(put(*record, string_or(parameters, "Transformation", "NONE"),
                   groups.at(group_of(*record))));
    }
    SW_TRY(source.check());
    Json manifest{{"DestinationBucket", bucket},
                  {"MapRunArn", string_or(parameters, "MapRunArn", "")},
                  {"ResultFiles", Json::object()}};
    for (auto& [name, files] : groups) manifest["ResultFiles"][name] = SW_TRY(files.finish());
    SW_TRY(files::create_file(folder / kManifest, to_text(manifest)));
    return Json{{"Key", key + "/manifest.json"}};
}

}  // namespace

TaskResult write_results(const Json& parameters, TaskContext& context) {
    auto done = write_all(parameters, context);
    if (done) return *std::move(done);
    return fail(TaskError{"States.ResultWriterFailed", done.error().message});
}

}  // namespace stepwell::tasks::map_items
