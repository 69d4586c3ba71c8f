// Matching a parsed path against a document.
#include <algorithm>
#include <cmath>

#include "engine/base/big_integer.hpp"
#include "engine/base/utf8.hpp"
#include "engine/expression/filter.hpp"
#include "engine/expression/path_program.hpp"
#include "engine/expression/value.hpp"

namespace stepwell::expression {
namespace {

Failure runtime_failure(std::string detail) {
    return {"States.Runtime", std::move(detail)};
}

std::string fragment(const Step& step) {
    if (step.kind == Step::Kind::index) return "[" + std::to_string(step.indices.front()) + "]";
    return "['" + step.names.front() + "']";
}

/// "$['a'][0]": the first `count` steps, as Jayway prints them.
std::string printed(const PathProgram& program, std::size_t count) {
    std::string text = "$";
    for (std::size_t i = 0; i < count; ++i) text += fragment(program.steps[i]);
    return text;
}

const Json* follow(const Step& step, const Json& node) {
    if (step.kind == Step::Kind::name) return stepwell::find(node, step.names.front());
    return element_at(node, step.indices.front());
}

/// An index as the place before which a slice begins or ends.
std::size_t slice_bound(std::optional<std::int64_t> bound, std::size_t otherwise,
                        std::size_t size) {
    if (!bound) return otherwise;
    const auto length = static_cast<std::int64_t>(size);
    const std::int64_t place = *bound < 0 ? length + *bound : *bound;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(place, 0, length));
}

Json members_of(const Json& node, const std::vector<std::string>& names) {
    Json object = Json::object();
    for (const std::string& name : names) {
        if (const Json* member = stepwell::find(node, name)) object[name] = *member;
    }
    return object;
}

Json keys_of(const Json& node) {
    Json keys = Json::array();
    for (auto it = node.begin(); it != node.end(); ++it) keys.push_back(it.key());
    return keys;
}

/// The numbers among the elements of an array.
std::vector<double> numbers_in(const Json& node) {
    std::vector<double> numbers;
    if (!node.is_array()) return numbers;
    for (const Json& element : node) {
        if (is_any_number(element)) numbers.push_back(to_double(element));
    }
    return numbers;
}

double sum_of(const std::vector<double>& numbers) {
    double sum = 0;
    for (const double number : numbers) sum += number;
    return sum;
}

double deviation_of(const std::vector<double>& numbers) {
    const double mean = sum_of(numbers) / static_cast<double>(numbers.size());
    double squares = 0;
    for (const double number : numbers) squares += (number - mean) * (number - mean);
    return std::sqrt(squares / static_cast<double>(numbers.size()));
}

Evaluated<Json> aggregate(PathFunction function, const Json& node) {
    const std::vector<double> numbers = numbers_in(node);
    if (numbers.empty()) {
        return fail(
            runtime_failure("Aggregation function attempted to calculate value using empty array"));
    }
    switch (function) {
        case PathFunction::min:
            return Json(*std::min_element(numbers.begin(), numbers.end()));
        case PathFunction::max:
            return Json(*std::max_element(numbers.begin(), numbers.end()));
        case PathFunction::sum:
            return Json(sum_of(numbers));
        case PathFunction::stddev:
            return Json(deviation_of(numbers));
        default:
            return Json(sum_of(numbers) / static_cast<double>(numbers.size()));
    }
}

Evaluated<Json> element_or_failure(const Json& node, std::int64_t index, Work& work) {
    const Json* element = element_at(node, index);
    if (!element)
        return fail(runtime_failure("No element " + std::to_string(index) + " in the array"));
    return pay_for_copy(*element, work) ? *element : Json();
}

/// What a function looks at: the characters of a text, or one level of an array or object.
std::uint64_t cost_of_function(const Json& node) {
    if (node.is_string()) return cost_to_read(node.get_ref<const std::string&>().size());
    return cost_to_copy(node.size());
}

Evaluated<Json> call_function(const Step& step, const Json& node, Work& work) {
    if (!work.spend(cost_of_function(node))) return Json();
    switch (step.function) {
        case PathFunction::length:
        case PathFunction::size:
            if (node.is_string()) return Json(utf8_count(node.get_ref<const std::string&>()));
            return node.is_structured() ? Json(node.size()) : Json(nullptr);
        case PathFunction::keys:
            return node.is_object() ? keys_of(node) : Json(nullptr);
        case PathFunction::first:
            return element_or_failure(node, 0, work);
        case PathFunction::last:
            return element_or_failure(node, -1, work);
        case PathFunction::index:
            return element_or_failure(node, step.indices.front(), work);
        default:
            return aggregate(step.function, node);
    }
}

/// Gathers the matches of one path; `failure` says why it stopped before the end.
class Matcher {
public:
    Matcher(const PathProgram& program, Search& search)
        : program_(program), search_(search), work_(search.work()) {}

    void visit(const Json& node, std::size_t i) {
        if (failure || !work_.spend()) return;
        if (i == program_.steps.size()) {
            keep(node);
        } else if (program_.steps[i].is_descent) {
            descend(node, i);
        } else {
            take(node, i);
        }
    }

    Json matches = Json::array();
    std::optional<Failure> failure;

private:
    /// A match costs what its copy weighs: the values of a deep document hold each other.
    void keep(const Json& node) {
        if (pay_for_copy(node, work_)) matches.push_back(node);
    }

    void descend(const Json& node, std::size_t i) {
        take(node, i);
        if (!node.is_structured()) return;
        for (const Json& child : node) {
            if (failure || !work_.spend()) return;
            descend(child, i);
        }
    }

    void take(const Json& node, std::size_t i) {
        const Step& step = program_.steps[i];
        switch (step.kind) {
            case Step::Kind::name:
            case Step::Kind::index:
                return visit_found(follow(step, node), i + 1);
            case Step::Kind::names:
                return take_names(step, node, i);
            case Step::Kind::indices:
                return take_indices(step, node, i);
            case Step::Kind::slice:
                return take_slice(step, node, i);
            case Step::Kind::wildcard:
                return take_children(node, i);
            case Step::Kind::filter:
                return take_filtered(step, node, i);
            case Step::Kind::function:
                return take_function(step, node);
        }
    }

    void visit_found(const Json* node, std::size_t i) {
        if (node) visit(*node, i);
    }

    /// Several names at the end of a path make one object of those members.
    void take_names(const Step& step, const Json& node, std::size_t i) {
        if (i + 1 == program_.steps.size()) {
            if (node.is_object()) keep_members(node, step.names);
            return;
        }
        for (const std::string& name : step.names) visit_found(stepwell::find(node, name), i + 1);
    }

    void keep_members(const Json& node, const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            const Json* member = stepwell::find(node, name);
            if (member && !pay_for_copy(*member, work_)) return;
        }
        if (work_.spend(names.size())) matches.push_back(members_of(node, names));
    }

    void take_indices(const Step& step, const Json& node, std::size_t i) {
        for (const std::int64_t index : step.indices) {
            if (!work_.spend()) return;
            visit_found(element_at(node, index), i + 1);
        }
    }

    void take_slice(const Step& step, const Json& node, std::size_t i) {
        if (!node.is_array()) return;
        const std::size_t end = slice_bound(step.to, node.size(), node.size());
        for (std::size_t k = slice_bound(step.from, 0, node.size()); k < end; ++k) {
            if (work_.is_spent()) return;
            visit(node[k], i + 1);
        }
    }

    void take_children(const Json& node, std::size_t i) {
        if (!node.is_structured()) return;
        for (const Json& child : node) {
            if (work_.is_spent()) return;
            visit(child, i + 1);
        }
    }

    /// An array gives the elements that pass, an object itself; after `..` each value speaks for
    /// itself, or the elements of an array would come twice.
    void take_filtered(const Step& step, const Json& node, std::size_t i) {
        if (node.is_object() && passes(*step.filter, node, search_)) visit(node, i + 1);
        if (!node.is_array()) return;
        for (const Json& element : node) {
            if (work_.is_spent()) return;
            if (step.is_descent && element.is_object()) continue;
            if (passes(*step.filter, element, search_)) visit(element, i + 1);
        }
    }

    void take_function(const Step& step, const Json& node) {
        auto value = call_function(step, node, work_);
        if (value) {
            matches.push_back(std::move(value).value());
        } else {
            failure = std::move(value).error();
        }
    }

    const PathProgram& program_;
    Search& search_;
    Work& work_;
};

}  // namespace

const Json* element_at(const Json& array, std::int64_t index) {
    if (!array.is_array()) return nullptr;
    const auto size = static_cast<std::int64_t>(array.size());
    if (index < 0) index += size;
    if (index < 0 || index >= size) return nullptr;
    return &array[static_cast<std::size_t>(index)];
}

const Json* find_node(const PathProgram& program, const Json& root, Work& work) {
    const Json* node = &root;
    for (const Step& step : program.steps) {
        const std::size_t name = step.kind == Step::Kind::name ? step.names.front().size() : 0;
        if (!work.spend(cost_to_read(name))) return nullptr;
        node = follow(step, *node);
        if (!node) return nullptr;
    }
    return node;
}

std::string missing_detail(const PathProgram& program, const Json& root) {
    const Json* node = &root;
    std::size_t at = 0;
    while (at < program.steps.size()) {
        const Json* next = follow(program.steps[at], *node);
        if (!next) break;
        node = next;
        ++at;
    }
    if (at == program.steps.size()) return "No results for path: " + printed(program, at);
    const Step& step = program.steps[at];
    if (step.kind == Step::Kind::name && !node->is_object()) {
        return "Expected to find an object with property " + fragment(step) + " in path " +
               printed(program, at) + " but found '" + std::string(kind_of(*node)) + "'";
    }
    if (step.kind == Step::Kind::index && !node->is_array()) {
        return "Filter: " + fragment(step) +
               " can only be applied to arrays. Current context is: " + std::string(kind_of(*node));
    }
    const bool is_leaf = at + 1 == program.steps.size();
    if (is_leaf || step.kind == Step::Kind::index) {
        return "No results for path: " + printed(program, program.steps.size());
    }
    return "Missing property in path " + printed(program, at + 1);
}

const Json* Search::below_document(const PathProgram& program) {
    const auto [slot, is_new] = found_.try_emplace(&program);
    Found& found = slot->second;
    if (!is_new) return found.value;
    if (program.is_definite) {
        found.value = find_node(program, document_, work_);
    } else if (auto matched = match(program, document_, *this)) {
        found.made = std::move(matched).value();
        found.value = &found.made;
    }
    return found.value;
}

const ValueSet& Search::elements_of(const Json& list) {
    const auto [slot, is_new] = elements_.try_emplace(&list);
    if (!is_new) return slot->second;
    for (const Json& element : list) {
        if (work_.is_spent()) break;
        slot->second.add(element, work_);
    }
    return slot->second;
}

Evaluated<Json> match(const PathProgram& program, const Json& root, Search& search) {
    Work& work = search.work();
    const auto spent = [&] { return fail(work_failure(work, "The path '" + program.text + "'")); };
    if (program.is_definite) {
        const Json* node = find_node(program, root, work);
        if (node && pay_for_copy(*node, work)) return *node;
        if (work.is_spent()) return spent();
        return fail(runtime_failure(missing_detail(program, root)));
    }
    Matcher matcher(program, search);
    matcher.visit(root, 0);
    // A filter without work passes nothing: then what is gathered is not all there is.
    if (work.is_spent()) return spent();
    if (matcher.failure) return fail(std::move(*matcher.failure));
    if (!program.is_computed) return std::move(matcher.matches);
    if (matcher.matches.empty()) {
        return fail(runtime_failure("No results for path: " + program.text));
    }
    return std::move(matcher.matches.front());
}

}  // namespace stepwell::expression
