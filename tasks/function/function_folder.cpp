#include "tasks/function/function_folder.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "tasks/fields.hpp"
#include "tasks/transform/yaml.hpp"

namespace stepwell::tasks {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "function.yaml";
constexpr std::string_view kDefaultModule = "handler";
constexpr std::int64_t kConcurrencyMax = 1'000;
constexpr std::array<std::string_view, 4> kEndings = {".py", ".js", ".mjs", ".cjs"};

struct Code {
    FunctionLanguage language;
};

/// The module's file, of whichever language.
std::optional<Code> find_code(const fs::path& folder, const std::string& module) {
    std::error_code ignored;
    for (const std::string_view ending : kEndings) {
        if (!fs::is_regular_file(folder / (module + std::string(ending)), ignored)) continue;
        return Code{ending == ".py" ? FunctionLanguage::python : FunctionLanguage::node};
    }
    return std::nullopt;
}

/// "./venv/bin/python" is in the folder, "python3.12" on the path.
std::string program_of(const std::string& name, const fs::path& folder) {
    const bool is_path = name.find('/') != std::string::npos;
    return is_path ? (folder / name).lexically_normal().string() : name;
}

void read_common(Fields& fields, FunctionSettings& settings) {
    settings.python = fields.text("python", settings.python);
    settings.node = fields.text("node", settings.node);
    if (const auto timeout = fields.milliseconds("timeout")) settings.timeout_ms = timeout;
    if (const auto bytes = fields.bytes("memory")) settings.memory_bytes = *bytes;
    if (const auto calls = fields.whole("concurrency", 0, kConcurrencyMax)) {
        settings.concurrency = calls;
    }
    for (auto& variable : fields.pairs("environment")) {
        settings.environment.push_back(std::move(variable));
    }
}

TaskError wrong_file(const fs::path& folder, const std::string& faults) {
    return invalid_parameters("stepwell:function",
                              "in " + (folder / kFile).string() + ": " + faults);
}

Result<Json, TaskError> read_file(const fs::path& folder) {
    std::ifstream file(folder / kFile, std::ios::binary);
    if (!file) return Json(Json::object());
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    auto json = transform::read_yaml(text, kFile);
    if (!json) return fail(wrong_file(folder, json.error().message));
    if (json->is_null()) return Json(Json::object());
    if (!json->is_object()) {
        return fail(wrong_file(
            folder, "expected a mapping such as 'timeout: 30s', but got " + to_text(*json)));
    }
    return std::move(*json);
}

void read_handler(Fields& fields, FunctionFolder& found) {
    found.handler = fields.text("handler", found.handler);
    const std::size_t dot = found.handler.rfind('.');
    const bool is_named = dot != std::string::npos && dot > 0 && dot + 1 < found.handler.size();
    const bool is_inside =
        found.handler.find("..") == std::string::npos && !found.handler.starts_with('/');
    if (!is_named || !is_inside) {
        fields.fault(
            "expected 'handler' to be MODULE.NAME, such as app.lambda_handler, but it is '" +
            found.handler + "'");
    }
}

void add_stamps(const fs::path& folder, std::vector<std::string>& parts) {
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string ending = entry->path().extension().string();
        const bool is_code = std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
        if (!is_code && ending != ".json" && entry->path().filename() != kFile) continue;
        std::error_code ignored;
        const auto time = entry->last_write_time(ignored).time_since_epoch().count();
        parts.push_back(entry->path().string() + ":" + std::to_string(time) + ":" +
                        std::to_string(entry->file_size(ignored)));
    }
}

}  // namespace

Result<FunctionSettings, TaskError> read_function_settings(const HostSettings& settings) {
    FunctionSettings result;
    result.allocation_bytes = settings.child_memory_bytes;
    const Json* tasks = find(settings.configuration, "tasks");
    const Json* section = tasks ? find(*tasks, "functions") : nullptr;
    if (!section || section->is_null()) return result;
    Fields fields(*section);
    read_common(fields, result);
    result.allocation_bytes = fields.bytes("memory_limit").value_or(result.allocation_bytes);
    if (const auto faults = fields.finish()) {
        return fail(invalid_parameters("stepwell:function",
                                       "in the configuration's 'tasks.functions': " + *faults));
    }
    return result;
}

bool is_function_folder(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_regular_file(folder / kFile, ignored) ||
           find_code(folder, std::string(kDefaultModule)).has_value();
}

Result<FunctionFolder, TaskError> read_function_folder(const fs::path& folder,
                                                       FunctionSettings settings) {
    FunctionFolder found;
    found.path = folder;
    found.settings = std::move(settings);
    const Json json = SW_TRY(read_file(folder));
    Fields fields(json);
    read_common(fields, found.settings);
    read_handler(fields, found);
    if (const auto faults = fields.finish()) return fail(wrong_file(folder, *faults));
    if (find(json, "python")) found.settings.python = program_of(found.settings.python, folder);
    if (find(json, "node")) found.settings.node = program_of(found.settings.node, folder);
    const std::string module = found.handler.substr(0, found.handler.rfind('.'));
    const auto code = find_code(folder, module);
    if (!code) {
        const std::string message = "Unable to import module '" + module + "': expected " +
                                    (folder / module).string() +
                                    ".py, .js, .mjs or .cjs, but there is none";
        return fail(TaskError{
            "Runtime.ImportModuleError",
            to_text(Json{{"errorMessage", message}, {"errorType", "Runtime.ImportModuleError"}})});
    }
    found.language = code->language;
    return found;
}

std::string function_stamp(const FunctionFolder& folder) {
    std::vector<std::string> parts;
    add_stamps(folder.path, parts);
    const fs::path inner = (folder.path / folder.handler).parent_path();
    if (inner != folder.path) add_stamps(inner, parts);
    std::sort(parts.begin(), parts.end());
    std::string stamp;
    for (const std::string& part : parts) stamp += part + ";";
    // What the configuration says of it makes another interpreter, too.
    for (const auto& [name, value] : folder.settings.environment) stamp += name + "=" + value + ";";
    return stamp + folder.handler + ";" + std::to_string(folder.settings.memory_bytes) + ";" +
           folder.settings.python + ";" + folder.settings.node;
}

}  // namespace stepwell::tasks
