#include "tasks/etl/step_order.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "engine/base/ascii.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks::etl {
namespace {

using Names = std::set<std::string>;  // in small letters

std::string in_small_letters(std::string text) {
    for (char& c : text) c = lower(c);
    return text;
}

bool is_name(const std::string& text) {
    return !text.empty() && !is_digit(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter(c) || is_digit(c) || c == '_';
    });
}

/// The words of SQL, in small letters; those in texts and comments count as well.
Names words_of(const std::string& sql) {
    Names words;
    std::string word;
    for (const char c : sql + " ") {
        if (is_letter(c) || is_digit(c) || c == '_') {
            word += lower(c);
        } else if (!word.empty()) {
            words.insert(std::exchange(word, ""));
        }
    }
    return words;
}

bool is_of_single_rows(const Json& expression) {
    static const Names kOfMore = {"over", "select", "from", "unnest", "values", "table"};
    if (!expression.is_string()) return expression.is_primitive();
    const Names words = words_of(expression.get<std::string>());
    return std::none_of(words.begin(), words.end(),
                        [](const std::string& word) { return kOfMore.contains(word); });
}

/// Adds the texts of a list, or a text. False where there is something else.
bool add_texts(const Json& value, std::vector<std::string>& texts) {
    if (value.is_string()) {
        texts.push_back(value.get<std::string>());
        return true;
    }
    return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& one) {
               return one.is_string() && add_texts(one, texts);
           });
}

/// What trim, lower, upper and derive make anew.
Names made_by(const Step& step) {
    std::vector<std::string> columns;
    if (step.type == "derive") {
        for (const auto& [name, ignored] : step.argument.items()) columns.push_back(name);
    } else {
        const Json* told = find(step.argument, "columns");
        add_texts(told == nullptr ? step.argument : *told, columns);
    }
    Names names;
    for (const auto& column : columns) names.insert(in_small_letters(column));
    return names;
}

/// The column of "updated desc nulls last"; "" where the term is anything else.
std::string column_of(const std::string& term) {
    static const Names kOrders = {"asc", "desc", "nulls", "first", "last"};
    std::istringstream words(term);
    std::string column;
    words >> column;
    for (std::string word; words >> word;) {
        if (!kOrders.contains(in_small_letters(word))) return "";
    }
    return is_name(column) ? in_small_letters(column) : "";
}

/// The columns that a dedupe looks at. Nothing where that cannot be told, or where rows that are
/// alike in them must be alike in all others.
std::optional<Names> looked_at(const Step& step) {
    const bool takes_any = step.type == "dedupe" && string_or(step.argument, "ties", "") == "any";
    if (!takes_any) return std::nullopt;
    std::vector<std::string> keys;
    std::vector<std::string> terms;
    const Json* told = find(step.argument, "keys");
    const Json* order = find(step.argument, "order_by");
    const bool are_texts =
        told != nullptr && add_texts(*told, keys) && (order == nullptr || add_texts(*order, terms));
    if (!are_texts) return std::nullopt;
    Names names;
    for (const auto& key : keys) names.insert(in_small_letters(key));
    for (const auto& term : terms) {
        const std::string column = column_of(term);
        if (column.empty()) return std::nullopt;
        names.insert(column);
    }
    return names;
}

bool are_apart(const Names& some, const Names& others) {
    return std::none_of(some.begin(), some.end(),
                        [&](const std::string& name) { return others.contains(name); });
}

}  // namespace

bool is_of_single_rows(const Step& step) {
    if (step.type == "trim" || step.type == "lower" || step.type == "upper") return true;
    return step.type == "derive" && step.argument.is_object() &&
           std::all_of(step.argument.begin(), step.argument.end(),
                       [](const Json& expression) { return is_of_single_rows(expression); });
}

std::vector<std::size_t> run_order(const std::vector<Step>& steps) {
    std::vector<std::size_t> order(steps.size());
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto names = looked_at(steps[i]);
        if (!names) continue;
        std::size_t first = i;
        while (first > 0 && is_of_single_rows(steps[order[first - 1]]) &&
               are_apart(*names, made_by(steps[order[first - 1]]))) {
            --first;
        }
        const auto at = order.begin() + static_cast<std::ptrdiff_t>(first);
        std::rotate(at, order.begin() + static_cast<std::ptrdiff_t>(i),
                    order.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
    return order;
}

}  // namespace stepwell::tasks::etl
