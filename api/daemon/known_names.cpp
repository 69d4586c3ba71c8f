#include "api/daemon/known_names.hpp"

#include "api/secrets/secret_store.hpp"
#include "engine/journal/sqlite_journal.hpp"

namespace stepwell::api {
namespace {

using Names = std::vector<std::string>;

Names names_in(const Json* section) {
    Names names;
    if (section == nullptr || !section->is_object()) return names;
    for (const auto& [name, ignored] : section->items()) names.push_back(name);
    return names;
}

Names channels_of(const Configuration& configuration) {
    const Json* notifications = find(configuration.tasks, "notifications");
    return names_in(notifications == nullptr ? nullptr : find(*notifications, "channels"));
}

/// Those of the configuration, and what has been written to without one.
Names lakes_of(const Configuration& configuration) {
    Names names = names_in(find(configuration.tasks, "lakes"));
    std::error_code failed;
    std::filesystem::directory_iterator folder(configuration.data / "lake", failed);
    for (; !failed && folder != std::filesystem::directory_iterator(); folder.increment(failed)) {
        std::error_code ignored;
        if (folder->is_directory(ignored)) names.push_back(folder->path().filename().string());
    }
    return names;
}

/// Those of the configuration and of the data folder. Nothing where the folder cannot be asked.
std::optional<Names> secrets_of(const Configuration& configuration) {
    constexpr std::size_t kPage = 1'000;
    Names names = names_in(&configuration.secrets);
    const auto reader = journal::SqliteReader::open(configuration.data);
    if (!reader) return std::nullopt;
    std::string after;
    while (true) {
        const auto page = (*reader)->documents(kSecretsCollection, after, kPage);
        if (!page) return std::nullopt;
        for (const journal::DocumentRecord& document : *page) names.push_back(document.key);
        if (page->size() < kPage) return names;
        after = page->back().key;
    }
}

}  // namespace

cli::KnownNames known_names(const Configuration& configuration) {
    cli::KnownNames known;
    known["connections"] = names_in(find(configuration.tasks, "connections"));
    known["connections"].emplace_back("wh");  // there by default
    known["channels"] = channels_of(configuration);
    known["lakes"] = lakes_of(configuration);
    if (auto secrets = secrets_of(configuration)) known["secrets"] = *std::move(secrets);
    Names& pools = known["pools"];
    for (const auto& [name, slots] : configuration.pools) pools.push_back(name);
    return known;
}

}  // namespace stepwell::api
