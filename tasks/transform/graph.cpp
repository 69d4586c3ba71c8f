#include "tasks/transform/graph.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <map>

#include "engine/base/ascii.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::transform {
namespace {

using data::data_fail;

/// One pass as on a first run, one as on a later one: a model may name others only in the latter.
DataResult<void> explore(Node& node, const Renderer& renderer) {
    if (!node.test_type.empty()) {
        RenderScope scope;
        SW_TRY(renderer.relation(node.test_subject, node.path, scope));
        if (const Json* to = find(node.test_arguments, "to"); to != nullptr && to->is_string()) {
            SW_TRY(renderer.relation(to->get<std::string>(), node.path, scope));
        }
        node.refs = scope.refs;
        node.sources = scope.sources;
        return {};
    }
    for (const bool is_incremental : {false, true}) {
        RenderScope scope;
        scope.is_incremental = is_incremental;
        SW_TRY(renderer.render(node, scope));
        node.refs.insert(scope.refs.begin(), scope.refs.end());
        node.sources.insert(scope.sources.begin(), scope.sources.end());
        for (const auto& [key, value] : scope.config.items()) {
            if (key != "tags") node.config[key] = value;
        }
        const Json* tags = find(scope.config, "tags");
        if (tags == nullptr) continue;
        for (const auto& tag : tags->is_array() ? *tags : Json::array({*tags})) {
            if (tag.is_string()) node.tags.insert(tag.get<std::string>());
        }
    }
    return {};
}

/// One cycle as its names, in the order in which rows would flow; empty where there is none.
std::string find_cycle(const Project& project) {
    const auto& nodes = project.nodes;
    std::vector<std::vector<std::size_t>> children(nodes.size());
    std::vector<std::size_t> open(nodes.size());
    std::vector<std::size_t> free;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        open[i] = nodes[i].parents.size();
        for (const auto parent : nodes[i].parents) children[parent].push_back(i);
        if (open[i] == 0) free.push_back(i);
    }
    while (!free.empty()) {
        const std::size_t next = free.back();
        free.pop_back();
        for (const auto child : children[next]) {
            if (--open[child] == 0) free.push_back(child);
        }
    }
    // Whoever is left has a parent that is left: going up leads around.
    const auto is_left = [&](std::size_t node) { return open[node] > 0; };
    std::size_t at = 0;
    while (at < nodes.size() && !is_left(at)) ++at;
    if (at == nodes.size()) return {};
    std::vector<std::size_t> path;
    while (std::find(path.begin(), path.end(), at) == path.end()) {
        path.push_back(at);
        at = *std::find_if(nodes[at].parents.begin(), nodes[at].parents.end(), is_left);
    }
    std::string names = nodes[at].name;
    for (auto it = std::find(path.begin(), path.end(), at) + 1; it != path.end(); ++it)
        names = nodes[*it].name + " -> " + names;
    return nodes[at].name + " -> " + names;
}

bool is_disabled(const Node& node) {
    const Json* enabled = find(node.config, "enabled");
    return enabled != nullptr && *enabled == false;
}

/// What refers to a model that is not built would read what an earlier run left, or nothing.
/// Generic tests of such a model, or against one, go with it.
template <class Note>
void check_disabled_refs(Project& project, const Note& note) {
    for (auto& node : project.nodes) {
        if (is_disabled(node)) continue;
        for (const auto& name : node.refs) {
            if (!is_disabled(project.nodes[project.models.find(name)->second])) continue;
            if (!node.test_type.empty()) {
                node.config["enabled"] = false;
            } else {
                note(node.path + ": depends on a node named '" + name +
                     "' which is disabled (enabled: false); enable it, or take the ref out");
            }
        }
    }
}

/// Two models that are one table would each replace what the other one built.
template <class Note>
void check_shared_relations(const Project& project, const Renderer& renderer, const Note& note) {
    std::map<std::string, const Node*> known;
    for (const auto& node : project.nodes) {
        const bool is_built = node.kind == NodeKind::model && !is_disabled(node) &&
                              node.text_config("materialized", "view") != "ephemeral";
        if (!is_built) continue;
        const auto name = renderer.relation_of(node);
        std::string key = name.schema + "." + name.table;
        std::transform(key.begin(), key.end(), key.begin(), stepwell::lower);
        const auto [other, is_first] = known.emplace(key, &node);
        if (is_first) continue;
        note(node.path + ": expected a table of its own, but " + other->second->path + " is '" +
             (name.schema.empty() ? "" : name.schema + ".") + name.table +
             "' too; give one of them another alias or schema");
    }
}

}  // namespace

DataResult<void> link(Project& project, const Renderer& renderer) {
    std::string faults;
    const auto note = [&](const std::string& message) {
        faults += (faults.empty() ? "" : "; ") + message;
    };
    for (auto& node : project.nodes) {
        const auto done = explore(node, renderer);
        if (!done) note(done.error().message);
    }
    if (!faults.empty()) return data_fail("E_CONFIG", faults);
    check_disabled_refs(project, note);
    check_shared_relations(project, renderer, note);
    if (!faults.empty()) return data_fail("E_CONFIG", faults);
    for (auto& node : project.nodes) {
        for (const auto& name : node.refs)
            node.parents.push_back(project.models.find(name)->second);
    }
    if (const std::string cycle = find_cycle(project); !cycle.empty())
        return data_fail("E_CONFIG", "expected models without a cycle, but found " + cycle +
                                         "; take one of these refs out");
    return {};
}

namespace {

struct Part {
    bool with_children_parents = false;  // @
    int parents = 0;                     // levels up; -1 all
    int children = 0;
    std::string method;
    std::string value;
};

int leading_number(std::string& text) {
    int number = 0;
    std::size_t i = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && i < 4)
        number = number * 10 + (text[i++] - '0');
    if (i == 0 || i >= text.size() || text[i] != '+') return 0;
    text.erase(0, i);
    return number;
}

Part parse_part(std::string text) {
    Part part;
    if (text.starts_with('@')) {
        part.with_children_parents = true;
        text.erase(0, 1);
    }
    const int levels = leading_number(text);
    if (text.starts_with('+')) {
        part.parents = levels > 0 ? levels : -1;
        text.erase(0, 1);
    }
    const auto plus = text.rfind('+');
    if (plus != std::string::npos &&
        text.find_first_not_of("0123456789", plus + 1) == std::string::npos) {
        part.children = plus + 1 == text.size() ? -1 : std::stoi(text.substr(plus + 1, 4));
        text.resize(plus);
    }
    const auto colon = text.find(':');
    if (colon != std::string::npos)
        part.method = text.substr(0, colon);
    else
        part.method = text.find('/') != std::string::npos ? "path"
                      : text.ends_with(".sql")            ? "file"
                                                          : "fqn";
    part.value = colon == std::string::npos ? text : text.substr(colon + 1);
    return part;
}

bool like(const std::string& pattern, const std::string& text) {
    return ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}

bool has_fqn(const Node& node, const std::string& value) {
    if (like(value, node.name)) return true;
    std::string path;
    for (const auto& part : node.fqn) {
        path += (path.empty() ? "" : ".") + part;
        if (like(value, path) ||
            (node.fqn.front() != part && like(value, path.substr(node.fqn.front().size() + 1))))
            return true;
    }
    return false;
}

DataResult<bool> matches(const Node& node, const Part& part) {
    const std::string& value = part.value;
    if (part.method == "tag")
        return std::any_of(node.tags.begin(), node.tags.end(),
                           [&](const auto& tag) { return like(value, tag); });
    if (part.method == "fqn" || part.method == "name") return has_fqn(node, value);
    if (part.method == "path") {
        std::string folder = value;
        while (folder.ends_with('/')) folder.pop_back();
        return like(folder, node.path) || node.path.starts_with(folder + "/");
    }
    if (part.method == "file") return node.path == value || node.path.ends_with("/" + value);
    if (part.method == "source") {
        return std::any_of(node.sources.begin(), node.sources.end(), [&](const auto& source) {
            return like(value, source) || like(value, source.substr(0, source.find('.')));
        });
    }
    if (part.method == "resource_type")
        return value == (node.kind == NodeKind::model ? "model" : "test");
    if (part.method == "test_type")
        return node.kind == NodeKind::test &&
               value == (node.test_type.empty() ? "singular" : "generic");
    if (part.method == "test_name")
        return node.kind == NodeKind::test &&
               like(value, node.test_type.empty() ? node.name : node.test_type);
    if (part.method.starts_with("config.")) {
        const Json* set = find(node.config, part.method.substr(7));
        return set != nullptr &&
               like(value, set->is_string() ? set->get<std::string>() : to_text(*set));
    }
    return data_fail("E_CONFIG", "select: there is no method '" + part.method +
                                     "'; methods are tag, path, file, fqn, source, config.KEY, "
                                     "resource_type, test_type, test_name");
}

using Positions = std::set<std::size_t>;

class Selection {
public:
    explicit Selection(const Project& project)
        : project_(project), children_(project.nodes.size()) {
        for (std::size_t i = 0; i < project.nodes.size(); ++i) {
            for (const auto parent : project.nodes[i].parents) children_[parent].push_back(i);
        }
    }

    /// Adds the terms that no node fits to `unmatched`.
    DataResult<Positions> terms(const std::string& text,
                                std::vector<std::string>& unmatched) const {
        Positions all;
        for (const auto& term : jinja::split_words(text)) {
            const Positions found = SW_TRY(intersection(term));
            if (found.empty()) unmatched.push_back(term);
            all.insert(found.begin(), found.end());
        }
        return all;
    }

    /// Tests whose parents are among the chosen come with them.
    void add_tests(Positions& chosen) const {
        for (std::size_t i = 0; i < project_.nodes.size(); ++i) {
            const Node& node = project_.nodes[i];
            if (node.kind != NodeKind::test) continue;
            if (std::any_of(node.parents.begin(), node.parents.end(),
                            [&](auto parent) { return chosen.contains(parent); }))
                chosen.insert(i);
        }
    }

private:
    DataResult<Positions> intersection(const std::string& term) const {
        std::optional<Positions> result;
        for (const auto& text : jinja::split(term, ",")) {
            const Positions found = SW_TRY(part(text));
            if (!result) {
                result = found;
                continue;
            }
            Positions both;
            std::set_intersection(result->begin(), result->end(), found.begin(), found.end(),
                                  std::inserter(both, both.end()));
            result = std::move(both);
        }
        return *std::move(result);
    }

    DataResult<Positions> part(const std::string& text) const {
        const Part parsed = parse_part(text);
        Positions found;
        for (std::size_t i = 0; i < project_.nodes.size(); ++i) {
            if (SW_TRY(matches(project_.nodes[i], parsed))) found.insert(i);
        }
        Positions all = found;
        walk(found, parsed.parents, true, all);
        walk(found, parsed.with_children_parents ? -1 : parsed.children, false, all);
        if (parsed.with_children_parents) walk(Positions(all), -1, true, all);
        return all;
    }

    void walk(Positions from, int levels, bool is_up, Positions& all) const {
        while (levels != 0 && !from.empty()) {
            Positions next;
            for (const auto at : from) {
                const auto& neighbours = is_up ? project_.nodes[at].parents : children_[at];
                for (const auto other : neighbours) {
                    if (all.insert(other).second) next.insert(other);
                }
            }
            from = std::move(next);
            --levels;
        }
    }

    const Project& project_;
    std::vector<std::vector<std::size_t>> children_;
};

}  // namespace

DataResult<Selected> select_nodes(const Project& project, const std::string& select,
                                  const std::string& exclude) {
    const Selection selection(project);
    Selected result;
    Positions& chosen = result.nodes;
    if (select.empty()) {
        for (std::size_t i = 0; i < project.nodes.size(); ++i) chosen.insert(i);
    } else {
        chosen = SW_TRY(selection.terms(select, result.unmatched));
        selection.add_tests(chosen);
    }
    Positions excluded = SW_TRY(selection.terms(exclude, result.unmatched));
    if (!excluded.empty()) selection.add_tests(excluded);
    for (const auto position : excluded) chosen.erase(position);
    std::erase_if(chosen, [&](std::size_t i) { return is_disabled(project.nodes[i]); });
    return result;
}

namespace {

using Edges = std::vector<std::vector<std::size_t>>;

/// The first chosen nodes on each way from `from` along `edges`.
std::vector<std::size_t> nearest_chosen(std::vector<std::size_t> open, const Edges& edges,
                                        const Positions& chosen) {
    std::vector<std::size_t> found;
    Positions seen;
    while (!open.empty()) {
        const std::size_t next = open.back();
        open.pop_back();
        if (!seen.insert(next).second) continue;
        if (chosen.contains(next))
            found.push_back(next);
        else
            open.insert(open.end(), edges[next].begin(), edges[next].end());
    }
    return found;
}

/// All nodes along `edges`, without `from`.
Positions reachable(std::size_t from, const Edges& edges) {
    Positions seen;
    std::vector<std::size_t> open = edges[from];
    while (!open.empty()) {
        const std::size_t next = open.back();
        open.pop_back();
        if (!seen.insert(next).second) continue;
        open.insert(open.end(), edges[next].begin(), edges[next].end());
    }
    return seen;
}

}  // namespace

std::vector<std::vector<std::size_t>> waits(const Project& project,
                                            const std::set<std::size_t>& chosen, bool gates) {
    const auto& nodes = project.nodes;
    Edges parents(nodes.size());
    Edges models_after(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        parents[i] = nodes[i].parents;
        if (nodes[i].kind != NodeKind::model) continue;
        for (const auto parent : nodes[i].parents) models_after[parent].push_back(i);
    }
    Edges result(nodes.size());
    for (const auto at : chosen) result[at] = nearest_chosen(parents[at], parents, chosen);
    for (const auto test : chosen) {
        const auto& tested = nodes[test].parents;
        if (!gates || nodes[test].kind != NodeKind::test || tested.empty()) continue;
        // What comes after all that it tests: those further down wait for the first ones.
        std::vector<std::size_t> gated =
            nearest_chosen(models_after[tested[0]], models_after, chosen);
        if (tested.size() > 1) {
            Positions common = reachable(tested[0], models_after);
            for (std::size_t i = 1; i < tested.size(); ++i) {
                const Positions other = reachable(tested[i], models_after);
                std::erase_if(common, [&](auto node) { return !other.contains(node); });
            }
            std::erase_if(common, [&](auto node) { return !chosen.contains(node); });
            gated.assign(common.begin(), common.end());
        }
        for (const auto model : gated) result[model].push_back(test);
    }
    return result;
}

}  // namespace stepwell::tasks::transform
