// Paths: steps, filters, wildcards, tuples and order.
#include <algorithm>
#include <cmath>

#include "engine/base/utf8.hpp"
#include "engine/expression/jsonata/evaluator.hpp"
#include "engine/expression/jsonata/nesting.hpp"
#include "engine/expression/jsonata/sort.hpp"

namespace stepwell::expression::jsonata {
namespace {

bool is_plain_name(const Node& node) {
    return node.kind == NodeKind::name && node.stages.empty() && !node.grouping &&
           !node.has_tuples && !node.focus && !node.index && !node.ancestor;
}

/// Adds an answer of a step to its results: arrays are flattened unless they were written as one.
void add_flat(Arena& arena, Array& results, const Value& answer) {
    if (!answer.is_array() || is_constructed(answer)) return results.push(arena, answer);
    const std::size_t size = answer.size();
    for (std::size_t i = 0; i < size; ++i) results.push(arena, answer[i]);
}

void add_all_flat(Arena& arena, Array& results, const Value& value, Work& work) {
    const Nesting nesting;
    if (Nesting::is_too_deep(work)) return;
    if (!value.is_array()) return results.push(arena, value);
    const std::size_t size = value.size();
    for (std::size_t i = 0; i < size; ++i) add_all_flat(arena, results, value[i], work);
}

bool is_list_of_numbers(const Value& value) {
    if (!value.is_array()) return false;
    const std::size_t size = value.size();
    for (std::size_t i = 0; i < size; ++i) {
        if (!value[i].is_number()) return false;
    }
    return true;
}

}  // namespace

/// The front of a path, as long as it leads through objects: the usual case needs no sequences.
/// `at` says how many steps were taken; where not all were, the value is the input of the rest.
Maybe Evaluator::path_of_names(const Node& node, Value current, std::size_t& at, bool& is_done) {
    is_done = true;
    for (at = 0; at < node.items.size(); ++at) {
        if (!current.is_object() || !is_plain_name(*node.items[at])) {
            is_done = current.is_undefined();
            return current;
        }
        SW_TRY(spend());
        current = current.member(node.items[at]->text);
        if (current.is_undefined()) return current;
    }
    return current;
}

/// What the steps before have found, as the input of the next one: of an array that is empty, or
/// that is to be sorted, it matters that it is no array of its own any more.
Maybe Evaluator::as_input(const Node& next, const Value& found) {
    const bool is_list = found.is_array() && !is_constructed(found);
    if (!is_list || (found.size() > 0 && next.kind != NodeKind::sort)) return found;
    SW_TRY(make_room(found.size() * sizeof(Value)));
    Array* sequence = new_sequence(arena_);
    for (std::size_t i = 0; i < found.size(); ++i) sequence->push(arena_, found[i]);
    return Value::of(sequence);
}

Maybe Evaluator::path(const Node& node, const Value& input, Frame* frame) {
    const bool keeps = node.keeps_singleton_array;
    std::size_t at = 0;
    Value current = input;
    if (input.is_object() && !node.has_tuples) {
        bool is_done = false;
        current = SW_TRY(path_of_names(node, input, at, is_done));
        if (is_done && !keeps && !node.grouping) return current;
        if (at > 0 && current.is_undefined()) current = Value::of(new_sequence(arena_));
        if (at > 0 && at < node.items.size()) current = SW_TRY(as_input(*node.items[at], current));
    }
    const bool is_list = current.is_array() && (at > 0 ? !is_constructed(current)
                                                       : node.items[0]->kind != NodeKind::variable);
    if (!is_list && !(at > 0 && at == node.items.size())) {
        current = Value::of(new_sequence(arena_, current));
    }

    bool has_tuples = false;
    Value tuples;
    Value result = at > 0 ? current : Value();
    for (; at < node.items.size(); ++at) {
        const Node& item = *node.items[at];
        has_tuples = has_tuples || item.has_tuples;
        if (at == 0 && item.is_constructed) {
            result = SW_TRY(evaluate(item, current, frame));
        } else if (has_tuples) {
            tuples = SW_TRY(tuple_step(item, current, tuples, frame));
        } else {
            result = SW_TRY(step(item, current, frame, at + 1 == node.items.size()));
        }
        const bool is_empty = result.is_undefined() || (result.is_array() && result.size() == 0);
        if (!has_tuples && is_empty) break;
        if (!item.focus && !has_tuples) current = result;
    }
    if (has_tuples) {
        result = tuples;
        if (!node.has_tuples) {
            Array* values = new_sequence(arena_);
            for (std::size_t i = 0; i < tuples.size(); ++i) {
                values->push(arena_, tuples[i].tuple().at);
            }
            result = Value::of(values);
        }
    }
    if (keeps) {
        const bool is_one = !result.is_array() || (is_constructed(result) && !is_sequence(result));
        if (result.is_undefined()) {
            result = Value::of(new_sequence(arena_));
        } else if (is_one) {
            result = Value::of(new_sequence(arena_, result));
        }
        if (result.array()) result.array()->keeps_singleton = true;
    }
    if (node.grouping) return group(*node.grouping, has_tuples ? tuples : result, frame);
    return result;
}

Maybe Evaluator::step(const Node& node, const Value& input, Frame* frame, bool is_last) {
    if (node.kind == NodeKind::sort) {
        const Value sorted = SW_TRY(sort(node, input, frame));
        return stages(node, sorted, frame);
    }
    Array* answers = new_sequence(arena_);
    const std::size_t size = input.size();
    const bool is_name = is_plain_name(node);
    for (std::size_t i = 0; i < size; ++i) {
        Value answer;
        if (is_name) {
            SW_TRY(spend());
            answer = member_of(input[i], node.text);
            if (is_sequence(answer)) answer = SW_TRY(finished(node, answer));
        } else {
            answer = SW_TRY(evaluate(node, input[i], frame));
            for (const Stage& stage : node.stages) {
                answer = SW_TRY(filter(*stage.filter, answer, frame));
            }
        }
        if (answer.is_undefined()) continue;
        answers->push(arena_, answer);
    }
    const bool is_one_array = is_last && answers->size == 1 && answers->items[0].is_array() &&
                              !is_sequence(answers->items[0]);
    if (is_one_array) return answers->items[0];
    const bool has_arrays = std::any_of(answers->items, answers->items + answers->size,
                                        [](const Value& v) { return v.is_array(); });
    if (!has_arrays) return Value::of(answers);
    Array* results = new_sequence(arena_);
    for (std::uint32_t i = 0; i < answers->size; ++i) {
        add_flat(arena_, *results, answers->items[i]);
    }
    SW_TRY(spend(results->size / 8));
    return Value::of(results);
}

// --- tuples ---

Tuple* Evaluator::extended(const Tuple& from, std::uint32_t more) {
    Tuple* made = arena_.make<Tuple>(from.at);
    made->bindings = arena_.make_array<Binding>(from.size + more);
    std::copy_n(from.bindings, from.size, made->bindings);
    made->size = from.size;
    return made;
}

/// REQUIRES: it was extended by as many as are new.
void Evaluator::set(Tuple& tuple, Symbol symbol, const Value& value) {
    for (std::uint32_t i = 0; i < tuple.size; ++i) {
        if (tuple.bindings[i].symbol == symbol) {
            tuple.bindings[i].value = value;
            return;
        }
    }
    tuple.bindings[tuple.size++] = {symbol, value};
}

Maybe Evaluator::tuple_step(const Node& node, const Value& input, const Value& tuples,
                            Frame* frame) {
    Array* made = new_sequence(arena_);
    made->is_tuple_stream = true;
    if (node.kind == NodeKind::sort) {
        const bool has_tuples = !tuples.is_undefined();
        const Value sorted = SW_TRY(sort(node, has_tuples ? tuples : input, frame));
        for (std::size_t i = 0; sorted.is_array() && i < sorted.size(); ++i) {
            Tuple* tuple = has_tuples ? extended(sorted[i].tuple(), 1)
                                      : extended(Tuple{sorted[i], nullptr, 0}, 1);
            if (node.index && !has_tuples) set(*tuple, node.index, Value::of_count(i));
            made->push(arena_, Value::of(tuple));
        }
        return stages(node, Value::of(made), frame);
    }
    const Value& from = tuples.is_undefined() ? input : tuples;
    const std::size_t size = from.size();
    for (std::size_t i = 0; i < size; ++i) {
        const Value item = from[i];
        const Tuple first{tuples.is_undefined() ? item : Value(), nullptr, 0};
        const Tuple& tuple = tuples.is_undefined() ? first : item.tuple();
        const Value found = SW_TRY(evaluate(node, tuple.at, frame_of(tuple, frame)));
        if (!found.is_undefined()) SW_TRY(add_tuples(node, tuple, found, *made));
    }
    return stages(node, Value::of(made), frame);
}

Result<void, Raised> Evaluator::add_tuples(const Node& node, const Tuple& from, const Value& found,
                                           Array& tuples) {
    const bool is_stream = is_tuple_stream(found);
    const std::size_t size = found.is_array() ? found.size() : 1;
    for (std::size_t i = 0; i < size; ++i) {
        SW_TRY(spend());
        const Value item = found.is_array() ? found[i] : found;
        Tuple* tuple = nullptr;
        if (is_stream) {
            const Tuple& inner = item.tuple();
            tuple = extended(from, inner.size);
            for (std::uint32_t j = 0; j < inner.size; ++j) {
                set(*tuple, inner.bindings[j].symbol, inner.bindings[j].value);
            }
            tuple->at = inner.at;
        } else {
            tuple = extended(from, 3);
            if (node.focus) {
                set(*tuple, node.focus, item);
            } else {
                tuple->at = item;
            }
            if (node.index) set(*tuple, node.index, Value::of_count(i));
            if (node.ancestor) set(*tuple, node.ancestor->label, from.at);
        }
        tuples.push(arena_, Value::of(tuple));
    }
    return {};
}

/// Of a step that has tuples, or of one that is sorted.
Maybe Evaluator::stages(const Node& node, const Value& input, Frame* frame) {
    Value result = input;
    for (const Stage& stage : node.stages) {
        if (stage.filter) {
            result = SW_TRY(filter(*stage.filter, result, frame));
            continue;
        }
        for (std::size_t i = 0; i < result.size(); ++i) {
            Value& item = result.array()->items[i];
            if (item.kind() != Kind::tuple) continue;
            Tuple* tuple = extended(item.tuple(), 1);
            set(*tuple, stage.index, Value::of_count(i));
            item = Value::of(tuple);
        }
    }
    return result;
}

// --- filters ---

Maybe Evaluator::filter(const Node& predicate, const Value& input, Frame* frame) {
    Array* results = new_sequence(arena_);
    const bool has_tuples = is_tuple_stream(input);
    results->is_tuple_stream = has_tuples;
    const Value list = input.is_array() ? input : Value::of(new_sequence(arena_, input));
    const std::size_t size = list.size();
    if (predicate.kind == NodeKind::number && predicate.predicates.empty()) {
        double index = std::floor(predicate.number);
        if (index < 0) index += static_cast<double>(size);
        if (!(index >= 0 && index < static_cast<double>(size))) return Value::of(results);
        const Value item = list[static_cast<std::size_t>(index)];
        if (item.is_array()) return item;
        if (!item.is_undefined()) results->push(arena_, item);
        return Value::of(results);
    }
    for (std::size_t i = 0; i < size; ++i) {
        const Value item = list[i];
        const Value context = has_tuples ? item.tuple().at : item;
        Frame* inner = has_tuples ? frame_of(item.tuple(), frame) : frame;
        const Value answer = SW_TRY(evaluate(predicate, context, inner));
        if (SW_TRY(is_chosen(answer, i, size))) results->push(arena_, item);
    }
    return Value::of(results);
}

/// By number: the element at that place, or counted from the end; else by what is true.
Result<bool, Raised> Evaluator::is_chosen(const Value& answer, std::size_t at, std::size_t size) {
    const auto is_here = [&](double index) {
        index = std::floor(index);
        if (index < 0) index += static_cast<double>(size);
        return index == static_cast<double>(at);
    };
    if (answer.is_number()) return is_here(answer.number());
    if (!is_list_of_numbers(answer)) return is_true(answer, work());
    const std::size_t count = answer.size();
    SW_TRY(spend(count));
    for (std::size_t i = 0; i < count; ++i) {
        if (is_here(answer[i].number())) return true;
    }
    return false;
}

// --- members ---

Value Evaluator::member_of(const Value& input, std::string_view key) {
    if (input.is_object()) return input.member(key);
    if (!input.is_array()) return {};
    Array* results = new_sequence(arena_);
    const std::size_t size = input.size();
    for (std::size_t i = 0; i < size; ++i) {
        if (!environment_.work.spend() || is_too_deep()) break;
        ++depth_;
        const Value found = member_of(input[i], key);
        --depth_;
        if (found.is_undefined()) continue;
        if (found.is_array()) {
            for (std::size_t j = 0; j < found.size(); ++j) results->push(arena_, found[j]);
        } else {
            results->push(arena_, found);
        }
    }
    return Value::of(results);
}

Maybe Evaluator::wildcard(const Value& input) {
    Value from = input;
    if (input.is_array() && input.array() && input.array()->is_wrapper && input.size() > 0) {
        from = input[0];
    }
    Array* results = new_sequence(arena_);
    const auto add = [&](const Value& value) {
        environment_.work.spend();
        if (value.is_array()) {
            // What arrays were put into is an array itself, also of one element.
            results->is_sequence = false;
            add_all_flat(arena_, *results, value, work());
        } else {
            results->push(arena_, value);
        }
    };
    if (from.is_array()) {
        for (std::size_t i = 0; i < from.size(); ++i) add(from[i]);
    } else if (from.is_object()) {
        for_each_member(from, [&](std::string_view, const Value& value) { add(value); });
    }
    SW_TRY(spend(results->size));
    return Value::of(results);
}

Maybe Evaluator::descendants(const Value& input) {
    Array* found = new_sequence(arena_);
    if (!input.is_undefined()) SW_TRY(add_descendants(input, *found));
    if (found->size == 1) return found->items[0];
    return Value::of(found);
}

Result<void, Raised> Evaluator::add_descendants(const Value& input, Array& found) {
    SW_TRY(spend());
    if (is_too_deep()) return raise("U1001");
    ++depth_;
    if (!input.is_array()) found.push(arena_, input);
    Result<void, Raised> added;
    if (input.is_array()) {
        for (std::size_t i = 0; added && i < input.size(); ++i) {
            added = add_descendants(input[i], found);
        }
    } else if (input.is_object()) {
        for_each_member(input, [&](std::string_view, const Value& value) {
            if (added) added = add_descendants(value, found);
        });
    }
    --depth_;
    return added;
}

// --- order ---

Result<bool, Raised> Evaluator::is_after(const Node& node, const Value& a, const Value& b,
                                         bool is_tuple, Frame* frame) {
    const auto value_of = [&](const SortTerm& term, const Value& item) -> Maybe {
        if (!is_tuple) return evaluate(*term.expression, item, frame);
        return evaluate(*term.expression, item.tuple().at, frame_of(item.tuple(), frame));
    };
    for (const SortTerm& term : node.terms) {
        const Value x = SW_TRY(value_of(term, a));
        const Value y = SW_TRY(value_of(term, b));
        if (x.is_undefined() || y.is_undefined()) {
            if (x.is_undefined() && y.is_undefined()) continue;
            return x.is_undefined();
        }
        const auto is_comparable = [](const Value& v) { return v.is_number() || v.is_string(); };
        if (!is_comparable(x) || !is_comparable(y)) {
            auto raised = raise("T2008", is_comparable(x) ? y : x);
            fault_->position = static_cast<std::int64_t>(node.position);
            return raised;
        }
        if (x.kind() != y.kind()) {
            auto raised = raise("T2007", x);
            fault_->value2 = json_text(y);
            fault_->position = static_cast<std::int64_t>(node.position);
            return raised;
        }
        if (x.is_identical(y)) continue;
        const bool is_less =
            x.is_number() ? x.number() < y.number() : utf16_less(x.text(), y.text());
        return is_less == term.is_descending;
    }
    return false;
}

Maybe Evaluator::sort(const Node& node, const Value& input, Frame* frame) {
    if (!input.is_array() || input.size() <= 1) return input;
    const bool is_tuple = is_tuple_stream(input);
    std::vector<Value> items;
    for (std::size_t i = 0; i < input.size(); ++i) items.push_back(input[i]);
    SW_TRY(sort_values(items, [&](const Value& a, const Value& b) {
        return is_after(node, a, b, is_tuple, frame);
    }));
    Array* sorted = new_array(arena_, items.size());
    for (const Value& item : items) sorted->push(arena_, item);
    sorted->is_tuple_stream = is_tuple;
    return Value::of(sorted);
}

}  // namespace stepwell::expression::jsonata
