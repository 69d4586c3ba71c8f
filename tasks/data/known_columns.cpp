#include "tasks/data/known_columns.hpp"

#include <algorithm>

#include "engine/base/nearest.hpp"
#include "tasks/sql/column_types.hpp"

namespace stepwell::tasks::data {
namespace {

constexpr std::string_view kComputed = ".$";

bool contains(const std::vector<std::string>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& one) { return is_same_column(one, name); });
}

/// Whether a place names files of CSV by its ending.
bool names_csv(const std::string& uri) {
    std::string_view name = uri;
    for (const std::string_view packed : {".gz", ".zst"}) {
        if (name.ends_with(packed)) name.remove_suffix(packed.size());
    }
    return name.ends_with(".csv") || name.ends_with(".tsv") || name.ends_with(".txt");
}

bool are_csv(const Json& input, const ColumnFaults::Placed& uris) {
    const std::string format = string_or(input, "format", "");
    if (!format.empty()) return format == "csv";
    return std::all_of(uris.begin(), uris.end(),
                       [](const auto& uri) { return names_csv(uri.first); });
}

}  // namespace

bool KnownColumns::has(std::string_view name) const {
    return contains(names_, name);
}

bool KnownColumns::lacks(std::string_view name) const {
    if (name.starts_with("_sw_") || name.starts_with("original_sw_")) return false;
    return is_whole_ ? !has(name) : contains(gone_, name);
}

void KnownColumns::add(const std::string& name) {
    std::erase_if(gone_, [&](const std::string& one) { return is_same_column(one, name); });
    if (!has(name)) names_.push_back(name);
}

void KnownColumns::remove(const std::string& name) {
    std::erase_if(names_, [&](const std::string& one) { return is_same_column(one, name); });
    if (!is_whole_ && !contains(gone_, name)) gone_.push_back(name);
}

const Json* ColumnFaults::member(const Json& object, std::string_view name) const {
    const Json* found = object.is_object() ? find(object, name) : nullptr;
    if (found == nullptr || found->is_null()) return nullptr;
    return found->is_string() && is_computed(*found) ? nullptr : found;
}

bool ColumnFaults::is_computed(const Json& value) const {
    switch (written_) {
        case Written::plainly:
            return false;
        case Written::as_queries:
            return value.is_string() && value.get_ref<const std::string&>().starts_with("{%");
        case Written::as_paths:
            break;
    }
    if (!value.is_object()) return false;
    for (const auto& [name, ignored] : value.items()) {
        if (name.ends_with(kComputed)) return true;
    }
    return false;
}

std::optional<ColumnFaults::Placed> ColumnFaults::texts(const Json& value,
                                                        const std::string& pointer) const {
    Placed all;
    if (value.is_string() && !is_computed(value)) {
        all.emplace_back(value.get<std::string>(), pointer);
        return all;
    }
    if (!value.is_array()) return std::nullopt;
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!value[i].is_string() || is_computed(value[i])) return std::nullopt;
        all.emplace_back(value[i].get<std::string>(), pointer + "/" + std::to_string(i));
    }
    return all;
}

std::optional<ColumnFaults::Placed> ColumnFaults::keys(const Json& value,
                                                       const std::string& pointer) const {
    if (!value.is_object() || is_computed(value)) return std::nullopt;
    Placed all;
    for (const auto& [name, ignored] : value.items()) {
        all.emplace_back(name, pointer + pointer_part(name));
    }
    return all;
}

void ColumnFaults::need(const KnownColumns& columns, const Json* value,
                        const std::string& pointer) {
    if (value == nullptr) return;
    const auto names = texts(*value, pointer);
    if (!names) return;
    for (const auto& [name, place] : *names) need_one(columns, name, place);
}

void ColumnFaults::need_keys(const KnownColumns& columns, const Json* value,
                             const std::string& pointer) {
    if (value == nullptr) return;
    const auto names = keys(*value, pointer);
    if (!names) return;
    for (const auto& [name, place] : *names) need_one(columns, name, place, true);
}

void ColumnFaults::need_one(const KnownColumns& columns, const std::string& name,
                            const std::string& pointer, bool is_of_name) {
    if (!columns.lacks(name)) return;
    const auto near = nearest(name, columns.names());
    std::string list;
    for (const std::string& one : columns.names()) list += (list.empty() ? "" : ", ") + one;
    std::string hint = "a step before takes it away";
    if (columns.is_whole()) hint = "the columns here are " + list;
    if (near) hint = "did you mean '" + *near + "'?";
    faults_.push_back({pointer, "", is_of_name, "expected a column, but there is no '" + name + "'",
                       std::move(hint)});
}

KnownColumns ColumnFaults::of_input(const Json* input, const std::string& pointer) {
    const Json* options = input == nullptr ? nullptr : member(*input, "options");
    if (options == nullptr || is_computed(*input) || is_computed(*options)) return {};
    const Json* uri = member(*input, "uri");
    const Json* header = member(*options, "header");
    const Json* written_names = member(*options, "names");
    if (uri == nullptr || header == nullptr || *header != false || written_names == nullptr) {
        return {};
    }
    const auto uris = texts(*uri, "");
    const auto names = texts(*written_names, "");
    if (!uris || !names || names->empty() || !are_csv(*input, *uris)) return {};
    std::vector<std::string> all;
    for (const auto& [name, ignored] : *names) all.push_back(name);
    KnownColumns columns(std::move(all));
    need_keys(columns, member(*input, "columns"), pointer + "/columns");
    return columns;
}

}  // namespace stepwell::tasks::data
