#include "api/daemon/node.hpp"

#include <poll.h>

#include <algorithm>
#include <iterator>

#include "api/auth/admin_token.hpp"
#include "api/daemon/lone_tasks.hpp"
#include "api/daemon/own_environment.hpp"
#include "api/daemon/private_folder.hpp"
#include "api/read/run_row.hpp"
#include "api/read/views.hpp"
#include "api/secrets/crypto.hpp"
#include "api/secrets/secret_runner.hpp"
#include "engine/base/machine.hpp"
#include "engine/base/units.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/keep/notice_sender.hpp"
#include "engine/runtime/work/activity_queue.hpp"
#include "engine/runtime/work/task_gate.hpp"
#include "tasks/binding/dispatcher.hpp"
#include "tasks/host/host_environment.hpp"
#include "tasks/host/host_runner.hpp"
#include "tasks/notify/outbox.hpp"

namespace stepwell::api {
namespace {

/// How often to look whether messages have left.
constexpr int kLookPauseMs = 20;

constexpr std::string_view kLinksPurpose = "stepwell callback links 1";

std::optional<std::uint64_t> bytes_of(const Json& value) {
    if (value.is_number_unsigned()) return value.get<std::uint64_t>();
    return value.is_string() ? parse_size(value.get_ref<const std::string&>()) : std::nullopt;
}

Result<void> read_count(const Json& section, const char* name, std::uint32_t& out) {
    const Json* value = find(section, name);
    if (!value) return {};
    const bool is_good = value->is_number_unsigned() && value->get<std::uint64_t>() >= 1 &&
                         value->get<std::uint64_t>() <= 1'000;
    if (!is_good) {
        return fail(ErrorCode::invalid, std::string("expected 'tasks.") + name +
                                            "' to be 1 to 1000, but got " + to_text(*value));
    }
    out = value->get<std::uint32_t>();
    return {};
}

Result<void> read_memory(const Json& section, const char* name, std::uint64_t& out) {
    const Json* value = find(section, name);
    if (!value) return {};
    const auto bytes = bytes_of(*value);
    if (!bytes) {
        return fail(ErrorCode::invalid, std::string("expected 'tasks.") + name +
                                            "' to be a size such as 2GB, but got " +
                                            to_text(*value));
    }
    out = *bytes;
    return {};
}

/// Names of variables; "PG*": all that begin so.
Result<void> read_environment(const Json& section, std::vector<std::string>& out) {
    const Json* names = find(section, "environment");
    if (!names) return {};
    const bool is_list =
        names->is_array() && std::all_of(names->begin(), names->end(),
                                         [](const Json& name) { return name.is_string(); });
    if (!is_list) {
        return fail(ErrorCode::invalid,
                    "expected 'tasks.environment' to be a list of variables' names, but got " +
                        to_text(*names));
    }
    for (const Json& name : *names) {
        out.push_back(name.get<std::string>());
        if (!tasks::is_own_variable(out.back())) continue;
        return fail(ErrorCode::invalid,
                    "expected 'tasks.environment' to name variables for tasks, "
                    "but '" +
                        out.back() + "' is the daemon's own");
    }
    return {};
}

/// What a host may have where the configuration does not say it: less than the machine, so that the
/// task whose data outgrow it fails by itself. Data hosts may fill it: their engine keeps to its
/// half, and spills.
void limit_to_machine([[maybe_unused]] tasks::HostRunnerSettings& settings) {
#ifndef SW_SANITIZED  // whose shadow of the memory counts as memory
    const std::uint64_t memory = memory_for_process();
    settings.general_memory_bytes = memory / 5 * 4;
    settings.data_memory_bytes = memory / 2 * 3;
#endif
}

Result<void> read_tasks_section(const Json& configuration, tasks::HostRunnerSettings& settings) {
    const Json* section = find(configuration, "tasks");
    if (!section) return {};
    SW_TRY(read_environment(*section, settings.environment));
    SW_TRY(read_count(*section, "general_hosts", settings.general_hosts));
    SW_TRY(read_count(*section, "general_threads", settings.general_threads));
    SW_TRY(read_count(*section, "data_threads", settings.data_threads));
    SW_TRY(read_memory(*section, "general_memory", settings.general_memory_bytes));
    SW_TRY(read_memory(*section, "data_memory", settings.data_memory_bytes));
    return {};
}

Result<tasks::HostRunnerSettings> host_settings(const Configuration& configuration,
                                                const NodeHooks& hooks) {
    tasks::HostRunnerSettings settings;
    settings.host.data_folder = configuration.data;
    settings.host.functions_folders = configuration.functions;
    settings.log = hooks.log;
    limit_to_machine(settings);
    SW_TRY(read_tasks_section(configuration.tasks, settings));
    const auto notifications =
        tasks::Notifications::read(find(configuration.tasks, "notifications"));
    if (!notifications) return fail(notifications.error());
    const auto route = tasks::HttpRoute::read(find(configuration.tasks, "http"));
    if (!route) return fail(route.error());
    return settings;
}

Result<tasks::Bindings> read_bindings(const Configuration& configuration) {
    auto bindings = tasks::Bindings::compile(find(configuration.tasks, "bindings"));
    if (bindings) return std::move(bindings).value();
    std::string faults;
    for (const std::string& fault : bindings.error()) {
        faults += (faults.empty() ? "" : "\n") + configuration.file.string() + ": " + fault;
    }
    return fail(ErrorCode::invalid, std::move(faults));
}

/// All documents of a collection.
Result<std::vector<journal::DocumentRecord>> documents_of(journal::JournalReader& journal,
                                                          std::string_view collection) {
    constexpr std::size_t kPage = 1'000;
    std::vector<journal::DocumentRecord> all;
    while (true) {
        const std::string after = all.empty() ? std::string() : all.back().key;
        auto page = SW_TRY(journal.documents(collection, after, kPage));
        const bool is_last = page.size() < kPage;
        std::move(page.begin(), page.end(), std::back_inserter(all));
        if (is_last) return all;
    }
}

std::string lost_secrets_text(const std::vector<std::string>& names) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    return "the key of these secrets is not the one in secret.key: " + all +
           "; put their key back and start again, or set them again with `stepwell secrets set`; "
           "everything else goes on";
}

/// AWS's keys that stand in the configuration as they are. What is shorter than those of AWS is an
/// emulator's, and a word that may stand anywhere.
void mask_aws_keys(const Json& sections, std::vector<KnownSecret>& masked) {
    constexpr std::size_t kKeyBytesMin = 16;
    const Json* aws = find(sections, "aws");
    if (!aws) return;
    for (const char* key : {"secret_access_key", "session_token"}) {
        std::string value = string_or(*aws, key, "");
        if (value.size() < kKeyBytesMin || names_secret(value)) continue;
        masked.push_back({std::string("aws.") + key, std::move(value)});
    }
}

Result<std::unique_ptr<SecretStore>> open_secrets(const Configuration& configuration,
                                                  const std::string& admin_token,
                                                  journal::JournalReader& journal) {
    SecretStoreSettings settings;
    settings.providers = configuration.secrets;
    settings.environment = environment_variable;
    settings.key = secret_key_place(configuration.data, environment_variable);
    const std::string& token = configuration.gate.token;
    if (!token.empty()) settings.masked_too.push_back({"the daemon's token", token});
    settings.masked_too.push_back({"the admin's token", admin_token});
    mask_aws_keys(configuration.tasks, settings.masked_too);
    const auto documents = SW_TRY(documents_of(journal, kSecretsCollection));
    auto store = SW_TRY(SecretStore::open(std::move(settings), documents));
    // What tasks are not told by name they shall not find in their environment.
    for (const SecretSummary& secret : store->list()) {
        if (secret.provider == "env") forget_variable(secret.place);
    }
    forget_variable("STEPWELL_TOKEN");
    return store;
}

/// The configuration as tasks get it: with the values of the secrets that it names.
Result<Configuration> with_secrets(Configuration configuration, SecretStore& secrets) {
    auto tasks = secrets.resolved(std::move(configuration.tasks));
    if (!tasks) return fail(std::move(tasks).error().within(configuration.file.string()));
    configuration.tasks = *std::move(tasks);
    return configuration;
}

runtime::EngineSettings engine_settings(const Configuration& configuration, SecretStore& secrets) {
    runtime::EngineSettings settings;
    settings.secrets = &secrets;
    settings.fold_run = answers::run_row_of;
    settings.account = configuration.account.account;
    settings.region = configuration.account.region;
    settings.logs_folder = logs_folder(configuration.data);
    settings.map_runs_folder = configuration.data / "map_runs";
    settings.guard_file = configuration.data / "stepwell.guard";
    settings.builtin_tasks = tasks::builtin_task_names();
    settings.limits.events_max = configuration.events_max;
    settings.limits.execution_bytes_max = configuration.execution_bytes_max;
    return settings;
}

/// Where people reach the page that takes links.
std::string page_of_links(const Configuration& configuration) {
    return public_url(configuration) + std::string(kCallbackLinkPage);
}

/// What a task's parameters get for `${link:SCOPE}`.
Result<std::string> link_for(const CallbackLinks& links, const std::string& page,
                             const TaskToken& token, std::string_view written) {
    const auto scope = link_scope_named(written);
    if (!scope) {
        return fail(ErrorCode::invalid,
                    "expected a link as ${link:decide} or ${link:result}, but got '${link:" +
                        std::string(written.substr(0, 40)) + "}'");
    }
    const Timestamp until = runtime::system_clock().now() + kCallbackLinkAge;
    return page + links.make(token, *scope, until);
}

}  // namespace

class Node::Impl {
public:
    Impl(const Configuration& configuration, const NodeHooks& hooks,
         std::unique_ptr<journal::Journal> journal, std::unique_ptr<SecretStore> store,
         tasks::HostRunnerSettings settings, tasks::Bindings bindings, CallbackLinks links)
        : callback_links(std::move(links)),
          data_(configuration.data),
          journal_(std::move(journal)),
          secrets(std::move(store)),
          engine(engine_settings(configuration, *secrets), *journal_, runtime::system_clock()),
          notices_(engine, runtime::system_clock()),
          lone_tasks(notices_),
          dispatcher_(std::move(bindings), lone_tasks,
                      tasks::AwsRemote(find(configuration.tasks, "aws"))),
          hosts_(std::move(settings), dispatcher_),
          own_api(hooks.has_api, dispatcher_),
          secret_runner_(
              *secrets,
              [this, place = page_of_links(configuration)](const TaskToken& token,
                                                           std::string_view scope) {
                  return link_for(callback_links, place, token, scope);
              },
              dispatcher_, lone_tasks),
          activities(secret_runner_),
          gate(configuration.pools, activities) {
        activities.connect(engine);
        engine.add_observer(gate);
        engine.add_observer(notices_);
        notices_.forward_to(dispatcher_);
        dispatcher_.forward_to(own_api);
        own_api.forward_to(hosts_);
        lone_tasks.forward_to(secret_runner_);
        if (hooks.failed) engine.on_failure(hooks.failed);
    }
    ~Impl() { stop(); }

    Result<void> start() {
        SW_TRY(hosts_.open());
        SW_TRY(notices_.resume(*journal_));
        SW_TRY(engine.start(gate));
        notices_.start();
        return {};
    }

    void stop() {
        notices_.stop();
        engine.stop();
        own_api.close();
        lone_tasks.close();
        hosts_.close();
    }

    std::int64_t send_messages(std::chrono::milliseconds patience) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::unique_ptr<tasks::Outbox> outbox;
        while (true) {
            // In this order: what is no notice any more is in the outbox.
            const bool is_idle = notices_.is_idle();
            if (!outbox) outbox = existing_outbox();
            tasks::Outbox::Waiting waiting;
            if (outbox) waiting = outbox->waiting().value_or(waiting);
            const bool is_over = std::chrono::steady_clock::now() >= deadline;
            if ((is_idle && waiting.untried == 0) || is_over) return waiting.messages;
            ::poll(nullptr, 0, kLookPauseMs);  // another process delivers
        }
    }

    [[nodiscard]] std::size_t task_hosts() const { return hosts_.statistics().hosts; }

private:
    /// Null where nobody has told anything yet, or it cannot be read.
    [[nodiscard]] std::unique_ptr<tasks::Outbox> existing_outbox() const {
        std::error_code ignored;
        if (!std::filesystem::exists(data_ / "outbox.db", ignored)) return nullptr;
        auto outbox = tasks::Outbox::open(data_);
        return outbox ? std::move(*outbox) : nullptr;
    }

public:
    const CallbackLinks callback_links;

private:
    const std::filesystem::path data_;
    std::unique_ptr<journal::Journal> journal_;

public:
    std::string admin_token;
    const std::unique_ptr<SecretStore> secrets;
    runtime::Engine engine;

private:
    runtime::NoticeSender notices_;

public:
    LoneTasks lone_tasks;

private:
    tasks::Dispatcher dispatcher_;
    tasks::HostRunner hosts_;

public:
    OwnApi own_api;

private:
    SecretRunner secret_runner_;

public:
    runtime::ActivityQueue activities;
    runtime::TaskGate gate;
};

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::open(const Configuration& given, NodeHooks hooks) {
    SW_TRY(make_private(given.data, hooks.warn));
    SW_TRY(check_journal_is_whole(given.data, hooks.warn));
    auto journal =
        SW_TRY(journal::SqliteJournal::open(given.data, runtime::system_clock().entropy(),
                                            journal::SqliteJournal::Checkpointing::by_own_thread));
    std::string admin_token = SW_TRY(open_admin_token(given.data, hooks.warn));
    auto secrets = SW_TRY(open_secrets(given, admin_token, *journal));
    if (const auto lost = secrets->lost(); !lost.empty()) hooks.warn(lost_secrets_text(lost));
    const Configuration configuration = SW_TRY(with_secrets(given, *secrets));
    auto settings = SW_TRY(host_settings(configuration, hooks));
    // Hosts get values of secrets with the attempts that need them.
    settings.host.configuration = given.tasks;
    settings.resolve = [store = secrets.get()](Json part) {
        return store->resolved(std::move(part));
    };
    auto bindings = SW_TRY(read_bindings(configuration));
    const std::string key =
        SW_TRY(read_or_make_secret_key(secret_key_place(given.data, environment_variable)));
    auto impl = std::make_unique<Impl>(configuration, hooks, std::move(journal), std::move(secrets),
                                       std::move(settings), std::move(bindings),
                                       CallbackLinks(derive_key(key, kLinksPurpose)));
    impl->admin_token = std::move(admin_token);
    SW_TRY(impl->start());
    return std::unique_ptr<Node>(new Node(std::move(impl)));
}

runtime::Engine& Node::engine() {
    return impl_->engine;
}

aws::RunTask Node::lone_tasks() {
    return [&lone = impl_->lone_tasks](runtime::TaskRequest request, aws::TaskDone done) {
        lone.run(std::move(request), std::move(done));
    };
}

const CallbackLinks& Node::callback_links() const {
    return impl_->callback_links;
}

OwnApi& Node::own_api() {
    return impl_->own_api;
}

const runtime::GateViews& Node::gate() const {
    return impl_->gate;
}

runtime::ActivityWorkers& Node::activities() {
    return impl_->activities;
}

SecretStore& Node::secrets() {
    return *impl_->secrets;
}

const std::string& Node::admin_token() const {
    return impl_->admin_token;
}

std::size_t Node::task_hosts() const {
    return impl_->task_hosts();
}

std::int64_t Node::send_messages(std::chrono::milliseconds patience) {
    return impl_->send_messages(patience);
}

void Node::stop() {
    impl_->stop();
}

}  // namespace stepwell::api
