#include "api/daemon/config.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "api/daemon/binding_places.hpp"
#include "engine/base/nearest.hpp"
#include "engine/base/units.hpp"
#include "engine/definition/document.hpp"
#include "engine/definition/report.hpp"
#include "engine/definition/workflow.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

/// Sections that go to the tasks as they are.
const std::vector<std::string>& task_sections() {
    static const std::vector<std::string> kSections{
        "connections",   "lakes", "bindings", "notifications",
        "allowed_roots", "tasks", "http",     "aws"};
    return kSections;
}

/// So that it cannot be guessed: 16 characters hold 64 random bits in hexadecimal digits.
constexpr std::size_t kTokenBytesMin = 16;

Error short_token(const std::string& place) {
    return {ErrorCode::invalid, "expected a token of at least " + std::to_string(kTokenBytesMin) +
                                    " characters in " + place +
                                    ", for a shorter one can be guessed; try `openssl rand -hex "
                                    "32`"};
}

/// What is wrong with the mode of a file that holds a token.
std::optional<std::string> exposure_of(const fs::path& path) {
    std::error_code failed;
    const fs::perms mode = fs::status(path, failed).permissions();
    if (failed || (mode & fs::perms::others_all) == fs::perms::none) return std::nullopt;
    return "expected " + path.string() +
           " to be kept from other users, but everybody may read or write it; run chmod o= on it";
}

/// Reads the members of the file one by one, and collects what is wrong with them.
class FileReader {
public:
    FileReader(fs::path file, const std::string& text, const Json& document, const Shape* sections,
               Configuration& out)
        : file_(std::move(file)),
          text_(text),
          document_(document),
          sections_(sections),
          out_(out) {}

    Result<void> read() {
        for (const auto& [key, value] : document_.items()) {
            above_.clear();
            read_member(key, value);
        }
        place_projects(out_.tasks, fs::absolute(file_).parent_path());
        if (faults_.empty()) return {};
        return fail(ErrorCode::invalid, faults_);
    }

private:
    void read_member(const std::string& key, const Json& value) {
        const std::vector<std::string>& sections = task_sections();
        if (std::find(sections.begin(), sections.end(), key) != sections.end()) {
            out_.tasks[key] = value;
            check_section(key, value);
        } else if (key == "data") {
            if (const auto path = text(key, value)) out_.data = resolved(*path);
        } else if (key == "listen") {
            if (const auto address = text(key, value)) read_listen(key, *address);
        } else if (key == "public_url") {
            if (const auto url = text(key, value)) read_public_url(key, *url);
        } else if (key == "workflows") {
            out_.workflows = folders(key, value);
        } else if (key == "functions") {
            out_.functions = folders(key, value);
        } else if (key == "account") {
            // YAML reads an account without quotes as a number, and drops leading zeros.
            if (const auto id = text(key, value)) out_.account.account = *id;
        } else if (key == "region") {
            if (const auto name = text(key, value)) out_.account.region = *name;
        } else if (key == "allowed_hosts") {
            out_.gate.hosts = texts(key, value);
        } else if (key == "allowed_origins") {
            out_.gate.origins = texts(key, value);
        } else if (key == "token_file") {
            if (const auto path = text(key, value)) read_token(key, resolved(*path));
        } else if (key == "limits") {
            read_limits(value);
        } else if (key == "pools") {
            read_pools(value);
        } else if (key == "retention") {
            read_retention(value);
        } else if (key == "audit") {
            read_audit(value);
        } else if (key == "secrets") {
            read_secrets(value);
        } else {
            report_unknown(key, known_keys());
        }
    }

    static std::vector<std::string> known_keys() {
        std::vector<std::string> keys{
            "data",    "listen", "public_url",    "workflows",       "functions",
            "account", "region", "allowed_hosts", "allowed_origins", "token_file",
            "limits",  "pools",  "retention",     "audit",           "secrets"};
        keys.insert(keys.end(), task_sections().begin(), task_sections().end());
        return keys;
    }

    /// `key`: below what is being read.
    void report(const std::string& key, const std::string& message) {
        report_at(above_ + pointer_part(key), message);
    }

    /// At the line in which what `pointer` names, or the nearest around it, begins.
    void report_at(const std::string& pointer, const std::string& message) {
        if (!faults_.empty()) faults_ += '\n';
        faults_ += file_.string() + ":";
        if (const int line = line_of(pointer)) faults_ += std::to_string(line) + ":";
        faults_ += " " + message;
    }

    /// What stands in "${...}" is known only when it is needed.
    [[nodiscard]] bool is_reference(const std::string& pointer) const {
        const Json* at = &document_;
        for (const std::string& step : definition::pointer_steps(pointer)) {
            const Json* below = find(*at, step);
            if (below == nullptr) return false;
            at = below;
        }
        return at->is_string() && at->get_ref<const std::string&>().find("${") != std::string::npos;
    }

    void check_section(const std::string& key, const Json& value) {
        const Shape* shape = sections_ == nullptr ? nullptr : sections_->member(key);
        if (shape == nullptr || value.is_null()) return;
        for (const ShapeFault& fault : shape_faults(*shape, value, Written::plainly)) {
            const std::string pointer = pointer_part(key) + fault.pointer;
            if (is_reference(pointer)) continue;
            const std::string between = fault.place.empty() || fault.place[0] == '[' ? "" : ".";
            report_at(pointer, key + between + fault.place + ": " + fault.message +
                                   (fault.hint.empty() ? "" : "; " + fault.hint));
        }
    }

    void report_unknown(const std::string& key, const std::vector<std::string>& known) {
        const auto meant = nearest(key, known);
        std::string all;
        for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
        report(key, "expected one of " + all + ", but got '" + key + "'" +
                        (meant ? "; did you mean '" + *meant + "'?" : ""));
    }

    /// From 1; 0 where that cannot be told.
    [[nodiscard]] int line_of(const std::string& pointer) {
        if (!places_) places_ = definition::read_yaml(text_);
        definition::Spot spot{&places_->value, &places_->source};
        for (const std::string& step : definition::pointer_steps(pointer)) {
            if (!spot.into(step)) break;
        }
        return spot.source->key.line;
    }

    std::optional<std::string> text(const std::string& key, const Json& value) {
        if (value.is_string()) return value.get<std::string>();
        if (value.is_number_integer()) return to_text(value);
        report(key, "expected '" + key + "' to be a text, but got " + to_text(value));
        return std::nullopt;
    }

    std::vector<std::string> texts(const std::string& key, const Json& value) {
        if (value.is_string()) return {value.get<std::string>()};
        std::vector<std::string> found;
        const bool is_list =
            value.is_array() && std::all_of(value.begin(), value.end(),
                                            [](const Json& item) { return item.is_string(); });
        if (!is_list) {
            report(key, "expected '" + key + "' to be a list of texts, but got " + to_text(value));
            return found;
        }
        for (const Json& item : value) found.push_back(item.get<std::string>());
        return found;
    }

    std::vector<fs::path> folders(const std::string& key, const Json& value) {
        std::vector<fs::path> found;
        for (const std::string& folder : texts(key, value)) found.push_back(resolved(folder));
        return found;
    }

    [[nodiscard]] fs::path resolved(const std::string& path) const {
        return (fs::absolute(file_).parent_path() / path).lexically_normal();
    }

    void read_listen(const std::string& key, const std::string& address) {
        auto parsed = parse_listen(address);
        if (parsed) {
            out_.listen = *parsed;
        } else {
            report(key, parsed.error().message);
        }
    }

    void read_public_url(const std::string& key, std::string url) {
        while (url.ends_with('/')) url.pop_back();
        const bool is_web = url.starts_with("https://") || url.starts_with("http://");
        const std::string_view rest = std::string_view(url).substr(is_web ? url.find("//") + 2 : 0);
        if (is_web && !rest.empty() && rest.find_first_of("/?# \t@") == rest.npos) {
            out_.public_url = std::move(url);
        } else {
            report(key,
                   "expected 'public_url' to be where browsers reach this daemon, such as "
                   "https://etl.example.com, without a path, but got '" +
                       url + "'");
        }
    }

    void read_token(const std::string& key, const fs::path& path) {
        auto token = read_file(path);
        if (!token) return report(key, token.error().message);
        token->erase(token->find_last_not_of(" \t\r\n") + 1);
        if (token->size() < kTokenBytesMin) return report(key, short_token(path.string()).message);
        if (const auto fault = exposure_of(path)) return report(key, *fault);
        out_.gate.token = *token;
    }

    /// Kept as they are, but for the paths of files; the store of secrets checks them.
    void read_secrets(const Json& value) {
        out_.secrets = value;
        if (!value.is_object()) return;
        for (auto& [name, provider] : out_.secrets.items()) {
            const std::string path = string_or(provider, "file", "");
            if (!path.empty()) provider["file"] = resolved(path).string();
        }
    }

    void read_limits(const Json& value) {
        if (!value.is_object()) {
            return report("limits", "expected 'limits' to be a mapping, but got " + to_text(value));
        }
        above_ = "/limits";
        for (const auto& [key, limit] : value.items()) {
            if (key == "request_bytes") {
                read_size(key, limit, out_.body_bytes_max);
            } else if (key == "execution_bytes") {
                read_size(key, limit, out_.execution_bytes_max);
            } else if (key != "history_events") {
                report_unknown(key, {"request_bytes", "history_events", "execution_bytes"});
            } else if (limit.is_number_unsigned() && limit.get<std::uint64_t>() > 0) {
                out_.events_max = limit.get<std::uint64_t>();
            } else {
                report(key, "expected '" + key + "' to be a positive integer, but got " +
                                to_text(limit));
            }
        }
    }

    void read_size(const std::string& key, const Json& value, std::uint64_t& out) {
        const auto bytes = value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>())
                           : value.is_string()        ? parse_size(value.get<std::string>())
                                                      : std::nullopt;
        if (bytes && *bytes > 0) {
            out = *bytes;
        } else {
            report(key, "expected '" + key + "' to be a size such as 2097152 or 2MB, but got " +
                            to_text(value));
        }
    }

    /// NAME: {slots: N}, or NAME: N.
    void read_pools(const Json& value) {
        if (!value.is_object()) {
            return report("pools", "expected 'pools' to be a mapping, but got " + to_text(value));
        }
        above_ = "/pools";
        for (const auto& [name, pool] : value.items()) {
            const Json* slots = pool.is_object() ? find(pool, "slots") : &pool;
            const bool is_good =
                slots && slots->is_number_unsigned() && slots->get<std::uint64_t>() >= 1 &&
                slots->get<std::uint64_t>() <= 1'000'000 && (!pool.is_object() || pool.size() == 1);
            if (is_good) {
                out_.pools[name] = slots->get<std::uint32_t>();
            } else {
                report(name, "expected the pool '" + name +
                                 "' to be {slots: N} with N from 1 to 1000000, but got " +
                                 to_text(pool));
            }
        }
    }

    void read_retention(const Json& value) {
        if (value == "off" || value == false) {  // as YAML 1.1 reads it
            out_.retention = {};
            return;
        }
        const auto rule = definition::read_retention(
            value, "/retention", true, [&](const std::string& pointer, const std::string& message) {
                report_at(pointer, message);
            });
        definition::RetentionRule& all = out_.retention;
        if (rule.succeeded) all.succeeded = rule.succeeded;
        if (rule.failed) all.failed = rule.failed;
        if (rule.runs) all.runs = rule.runs;
        if (rule.bytes) all.bytes = rule.bytes;
    }

    /// {kept: 400d, bytes: 1GB}; each may be `forever`.
    void read_audit(const Json& value) {
        if (!value.is_object()) {
            return report("audit", "expected 'audit' to be {kept: 400d, bytes: 1GB}, but got " +
                                       to_text(value));
        }
        above_ = "/audit";
        for (const auto& [key, limit] : value.items()) {
            const std::string text = limit.is_string() ? limit.get<std::string>() : "";
            const bool is_forever = text == "forever";
            if (key == "kept") {
                out_.audit.kept = parse_span(text);
                if (out_.audit.kept || is_forever) continue;
                report(key,
                       "expected 'audit.kept' to be a span of time such as 400d, or forever, "
                       "but got " +
                           to_text(limit));
            } else if (key == "bytes") {
                out_.audit.bytes = limit.is_number_unsigned()
                                       ? std::optional(limit.get<std::uint64_t>())
                                       : parse_size(text);
                if (out_.audit.bytes || is_forever) continue;
                report(key,
                       "expected 'audit.bytes' to be a size such as 1GB, or forever, but got " +
                           to_text(limit));
            } else {
                report_unknown(key, {"kept", "bytes"});
            }
        }
    }

    const fs::path file_;
    const std::string& text_;
    const Json& document_;
    const Shape* sections_;
    Configuration& out_;
    std::string above_;  // the pointer of what is being read
    std::optional<definition::Document> places_;
    std::string faults_;
};

fs::path home(const Variables& variables) {
    return variables("HOME").value_or("/");
}

fs::path xdg(const Variables& variables, const char* name, const char* below_home) {
    const auto set = variables(name);
    return set && !set->empty() ? fs::path(*set) : home(variables) / below_home;
}

fs::path default_data(const Variables& variables) {
    if (geteuid() == 0) return "/var/lib/stepwell";
    return xdg(variables, "XDG_DATA_HOME", ".local/share") / "stepwell";
}

std::optional<fs::path> find_file(const Overrides& overrides, const Variables& variables) {
    if (overrides.config) return fs::path(*overrides.config);
    if (const auto set = variables("STEPWELL_CONFIG")) return fs::path(*set);
    for (const fs::path& candidate :
         {fs::path("stepwell.yaml"),
          xdg(variables, "XDG_CONFIG_HOME", ".config") / "stepwell/stepwell.yaml",
          fs::path("/etc/stepwell/stepwell.yaml")}) {
        std::error_code ignored;
        if (fs::exists(candidate, ignored)) return candidate;
    }
    return std::nullopt;
}

Result<void> read_configuration_file(const fs::path& file, const Shape* sections,
                                     Configuration& out) {
    const std::string text = SW_TRY(read_file(file));
    out.file = file;
    auto document = definition::parse_yaml(text);
    if (!document) return fail(std::move(document).error().within(file.string()));
    if (document->is_null()) return {};
    if (!document->is_object()) {
        return fail(ErrorCode::invalid, file.string() + ": expected a mapping of settings");
    }
    return FileReader(file, text, *document, sections, out).read();
}

std::vector<fs::path> split_folders(const std::string& text) {
    std::vector<fs::path> folders;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const std::size_t end = std::min(text.find(':', begin), text.size());
        if (end > begin) folders.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return folders;
}

Result<void> apply(const Overrides& overrides, const Variables& variables, Configuration& out) {
    const auto chosen = [&](const std::optional<std::string>& flag, const char* name) {
        return flag ? flag : variables(name);
    };
    if (const auto data = chosen(overrides.data, "STEPWELL_DATA")) out.data = *data;
    if (const auto listen = chosen(overrides.listen, "STEPWELL_LISTEN")) {
        out.listen = SW_TRY(parse_listen(*listen));
    }
    if (const auto id = chosen(overrides.account, "STEPWELL_ACCOUNT")) out.account.account = *id;
    if (const auto name = chosen(overrides.region, "STEPWELL_REGION")) out.account.region = *name;
    if (const auto token = variables("STEPWELL_TOKEN")) {
        if (token->size() < kTokenBytesMin) return fail(short_token("STEPWELL_TOKEN"));
        out.gate.token = *token;
    }
    out.is_open = overrides.is_open;
    if (!overrides.workflows.empty()) {
        out.workflows.assign(overrides.workflows.begin(), overrides.workflows.end());
    } else if (const auto folders = variables("STEPWELL_WORKFLOWS")) {
        out.workflows = split_folders(*folders);
    }
    if (!overrides.functions.empty()) {
        out.functions.assign(overrides.functions.begin(), overrides.functions.end());
    } else if (const auto folders = variables("STEPWELL_FUNCTIONS")) {
        out.functions = split_folders(*folders);
    }
    return {};
}

Result<void> check_account(const aws::Account& account) {
    const bool is_number = account.account.size() == 12 &&
                           account.account.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) {
        return fail(ErrorCode::invalid,
                    "expected 'account' to be twelve digits, but got '" + account.account + "'");
    }
    if (account.region.empty() ||
        account.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
            std::string::npos) {
        return fail(
            ErrorCode::invalid,
            "expected 'region' to be a name such as us-east-1, but got '" + account.region + "'");
    }
    return {};
}

}  // namespace

std::optional<std::string> environment_variable(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (!value || !*value) return std::nullopt;
    return std::string(value);
}

definition::RetentionRule default_retention() {
    return {std::chrono::days(30), std::chrono::days(90), 100'000, 10'000'000'000};
}

Result<Configuration> load_configuration(const Overrides& overrides, const Variables& variables,
                                         const Shape* sections) {
    Configuration out;
    out.data = default_data(variables);
    if (const auto file = find_file(overrides, variables)) {
        SW_TRY(read_configuration_file(*file, sections, out));
    }
    SW_TRY(apply(overrides, variables, out));
    SW_TRY(check_account(out.account));
    std::error_code error;
    out.data = fs::absolute(out.data, error).lexically_normal();
    for (fs::path& folder : out.workflows) folder = fs::absolute(folder, error).lexically_normal();
    for (fs::path& folder : out.functions) folder = fs::absolute(folder, error).lexically_normal();
    return out;
}

std::string url_of(const ListenAddress& address) {
    const bool is_v6 = address.host.find(':') != std::string::npos;
    return "http://" + (is_v6 ? "[" + address.host + "]" : address.host) + ":" +
           std::to_string(address.port);
}

std::string public_url(const Configuration& configuration) {
    return configuration.public_url.empty() ? url_of(configuration.listen)
                                            : configuration.public_url;
}

DaemonPlace place_of_daemon(const Overrides& overrides, const Variables& variables) {
    Configuration read;
    read.data = default_data(variables);
    // Both write what they can read before they fail.
    if (const auto file = find_file(overrides, variables)) {
        static_cast<void>(read_configuration_file(*file, nullptr, read));
    }
    static_cast<void>(apply(overrides, variables, read));
    std::error_code ignored;
    return {read.file, fs::absolute(read.data, ignored).lexically_normal(), read.listen};
}

Result<std::string> read_file(const std::filesystem::path& path) {
    std::error_code ignored;
    const bool is_folder = fs::is_directory(path, ignored);
    std::ifstream file(path, std::ios::binary);
    if (!file || is_folder) {
        const char* why = is_folder         ? "it is a folder"
                          : errno == ENOENT ? "there is none"
                                            : std::strerror(errno);
        return fail(ErrorCode::not_found,
                    "expected a file that can be read at " + path.string() + ", but " + why);
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace stepwell::api
