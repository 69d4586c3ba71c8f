// Operators, constructors, grouping and transformation.
#include <algorithm>
#include <cmath>

#include "engine/base/utf8.hpp"
#include "engine/expression/jsonata/evaluator.hpp"
#include "engine/expression/jsonata/library.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr double kRangeMax = 1e7;

bool is_whole(const Value& value) {
    return value.is_number() && std::isfinite(value.number()) &&
           std::floor(value.number()) == value.number();
}

double computed(Operator op, double a, double b) {
    switch (op) {
        case Operator::add:
            return a + b;
        case Operator::subtract:
            return a - b;
        case Operator::multiply:
            return a * b;
        case Operator::divide:
            return a / b;
        default:
            return std::fmod(a, b);
    }
}

/// A fault of an operator, and all that comes from the right side of `and` and `or`, is told as
/// its.
void tell_operator(Fault& fault, const Node& node) {
    if (fault.code == "U1001") return;
    fault.position = static_cast<std::int64_t>(node.position);
    fault.token = node.text;
    fault.has_token = true;
}

template <class T>
bool holds(Operator op, const T& order) {
    switch (op) {
        case Operator::less:
            return order < 0;
        case Operator::less_or_equal:
            return order <= 0;
        case Operator::greater:
            return order > 0;
        default:
            return order >= 0;
    }
}

}  // namespace

Maybe Evaluator::binary(const Node& node, const Value& input, Frame* frame) {
    const Value left = SW_TRY(evaluate(*node.left, input, frame));
    if (node.op == Operator::and_ || node.op == Operator::or_) {
        if (is_true(left, work()) == (node.op == Operator::or_)) {
            return Value::of(node.op == Operator::or_);
        }
        const Maybe answer = evaluate(*node.right, input, frame);
        if (answer) return Value::of(is_true(*answer, work()));
        tell_operator(*answer.error().fault, node);
        return answer;
    }
    const Value right = SW_TRY(evaluate(*node.right, input, frame));
    Maybe result = Value();
    switch (node.op) {
        case Operator::equal:
        case Operator::not_equal:
            if (left.is_undefined() || right.is_undefined()) return Value::of(false);
            result = Value::of(is_equal(left, right, work()) == (node.op == Operator::equal));
            break;
        case Operator::less:
        case Operator::less_or_equal:
        case Operator::greater:
        case Operator::greater_or_equal:
            result = comparison(node, left, right);
            break;
        case Operator::concatenate:
            result = concatenation(left, right);
            break;
        case Operator::range:
            result = range(node, left, right);
            break;
        case Operator::in: {
            if (left.is_undefined() || right.is_undefined()) return Value::of(false);
            bool is_in = !right.is_array() && left.is_identical(right);
            const std::size_t size = right.is_array() ? right.size() : 0;
            for (std::size_t i = 0; !is_in && i < size; ++i) {
                SW_TRY(spend());
                is_in = left.is_identical(right[i]);
            }
            result = Value::of(is_in);
            break;
        }
        default:
            result = numeric(node, left, right);
    }
    if (result) return result;
    tell_operator(*result.error().fault, node);
    return result;
}

/// What has become infinite is found when it is used.
Result<void, Raised> Evaluator::check_number(const Value& value) {
    if (value.is_number() && std::isinf(value.number())) return raise("D1001", value);
    return {};
}

Maybe Evaluator::numeric(const Node& node, const Value& left, const Value& right) {
    const auto fits = [](const Value& v) {
        return v.is_undefined() || (v.is_number() && !std::isnan(v.number()));
    };
    SW_TRY(check_number(left));
    if (!fits(left)) return raise("T2001", left);
    SW_TRY(check_number(right));
    if (!fits(right)) return raise("T2002", right);
    if (left.is_undefined() || right.is_undefined()) return Value();
    return Value::of(computed(node.op, left.number(), right.number()));
}

Maybe Evaluator::comparison(const Node& node, const Value& left, const Value& right) {
    const auto fits = [](const Value& v) {
        return v.is_undefined() || v.is_number() || v.is_string();
    };
    if (!fits(left) || !fits(right)) {
        const bool is_left_wrong = !left.is_number() && !left.is_string();
        return raise("T2010", is_left_wrong ? left : right);
    }
    if (left.is_undefined() || right.is_undefined()) return Value();
    if (left.kind() != right.kind()) {
        auto raised = raise("T2009", left);
        fault_->value2 = json_text(right);
        return raised;
    }
    if (left.is_number()) return Value::of(holds(node.op, left.number() <=> right.number()));
    SW_TRY(spend(cost_to_read(left.text().size())));
    const int order = utf16_less(left.text(), right.text())   ? -1
                      : utf16_less(right.text(), left.text()) ? 1
                                                              : 0;
    return Value::of(holds(node.op, order));
}

Maybe Evaluator::concatenation(const Value& left, const Value& right) {
    std::string joined;
    SW_TRY(add_text(*this, left, joined));
    std::string behind;
    SW_TRY(add_text(*this, right, behind));
    SW_TRY(make_room(joined.size() + behind.size()));
    append_text(joined, behind);
    return text(joined);
}

Maybe Evaluator::range(const Node&, const Value& left, const Value& right) {
    if (!left.is_undefined() && !is_whole(left)) return raise("T2003", left);
    if (!right.is_undefined() && !is_whole(right)) return raise("T2004", right);
    if (left.is_undefined() || right.is_undefined() || left.number() > right.number()) {
        return Value();
    }
    const double size = right.number() - left.number() + 1;
    if (size > kRangeMax) return raise("D2014", Value::of(size));
    const auto count = static_cast<std::size_t>(size);
    SW_TRY(make_room(count * sizeof(Value)));
    SW_TRY(spend(count / 4));
    Array* numbers = new_sequence(arena_);
    numbers->grow(arena_, count);
    for (std::size_t i = 0; i < count; ++i) {
        numbers->push(arena_, Value::of(left.number() + static_cast<double>(i)));
    }
    return Value::of(numbers);
}

Maybe Evaluator::negation(const Node& node, const Value& input, Frame* frame) {
    const Value value = SW_TRY(evaluate(*node.left, input, frame));
    if (value.is_undefined()) return value;
    SW_TRY(check_number(value));
    if (value.is_number()) return Value::of(-value.number());
    auto raised = raise("D1002", value);
    fault_->position = static_cast<std::int64_t>(node.position);
    fault_->token = node.text;
    fault_->has_token = true;
    return raised;
}

Maybe Evaluator::array(const Node& node, const Value& input, Frame* frame) {
    Array* made = new_array(arena_);
    for (const Node* item : node.items) {
        const Value value = SW_TRY(evaluate(*item, input, frame));
        if (value.is_undefined()) continue;
        if (item->kind == NodeKind::array || !value.is_array()) {
            made->push(arena_, value);
            continue;
        }
        const bool is_fresh = item->kind == NodeKind::binary && item->op == Operator::range;
        if (is_fresh && node.items.size() == 1) {
            made = value.array();
            made->is_sequence = false;
            continue;
        }
        const std::size_t size = value.size();
        SW_TRY(make_room(size * sizeof(Value)));
        if (made->size + size > made->capacity) made->grow(arena_, made->size + size);
        for (std::size_t i = 0; i < size; ++i) made->push(arena_, value[i]);
    }
    if (node.is_constructed) made->is_constructed = true;
    return Value::of(made);
}

// --- grouping ---

/// What is bound beside each of the tuples, collected.
Tuple* Evaluator::reduced(const Value& tuples) {
    if (!tuples.is_array()) return &tuples.tuple();
    std::uint32_t symbols = 0;
    for (std::size_t i = 0; i < tuples.size(); ++i) symbols += tuples[i].tuple().size;
    Tuple* all = extended(tuples[0].tuple(), symbols);
    for (std::size_t i = 1; i < tuples.size(); ++i) {
        const Tuple& tuple = tuples[i].tuple();
        all->at = appended(arena_, all->at, tuple.at);
        for (std::uint32_t j = 0; j < tuple.size; ++j) {
            const Binding& binding = tuple.bindings[j];
            const Value* before = all->find(binding.symbol);
            set(*all, binding.symbol,
                before ? appended(arena_, *before, binding.value) : binding.value);
        }
    }
    return all;
}

/// As appended(), without a copy for each.
void Evaluator::add_to_group(Value& data, bool& is_list, const Value& item) {
    if (item.is_undefined() || data.is_undefined()) {
        data = appended(arena_, data, item);
        return;
    }
    if (!is_list) {
        data = appended(arena_, data, item);
        is_list = true;
        return;
    }
    if (!item.is_array()) return data.array()->push(arena_, item);
    for (std::size_t i = 0; i < item.size(); ++i) data.array()->push(arena_, item[i]);
}

Maybe Evaluator::group(const Node& node, const Value& input, Frame* frame) {
    struct Group {
        std::string_view key;
        std::size_t pair;
        Value data;
        bool is_list = false;  // made here of several
    };
    std::vector<Group> groups;
    Object* index = arena_.make<Object>();  // key to place in groups
    const bool has_tuples = is_tuple_stream(input);
    Value list = input.is_array() ? input : Value::of(new_sequence(arena_, input));
    if (list.size() == 0) list = Value::of(new_sequence(arena_, Value()));
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Value item = list[i];
        const bool is_tuple = item.kind() == Kind::tuple;
        const Value context = is_tuple ? item.tuple().at : item;
        Frame* inner = is_tuple ? frame_of(item.tuple(), frame) : frame;
        for (std::size_t pair = 0; pair < node.items.size(); pair += 2) {
            const Value key = SW_TRY(evaluate(*node.items[pair], context, inner));
            if (key.is_undefined()) continue;
            if (!key.is_string()) {
                auto raised = raise("T1003", key);
                fault_->position = static_cast<std::int64_t>(node.position);
                return raised;
            }
            const Value at = index->size > 0 ? Value::of(index).member(key.text()) : Value();
            if (at.is_undefined()) {
                index->set(arena_, key.text(), Value::of_count(groups.size()));
                groups.push_back({key.text(), pair, item, false});
                continue;
            }
            Group& group = groups[static_cast<std::size_t>(at.number())];
            if (group.pair != pair) {
                auto raised = raise("D1009", key);
                fault_->position = static_cast<std::int64_t>(node.position);
                return raised;
            }
            add_to_group(group.data, group.is_list, item);
        }
    }
    Object* result = arena_.make<Object>();
    for (const Group& group : groups) {
        Value context = group.data;
        Frame* inner = frame;
        if (has_tuples) {
            Tuple* tuple = reduced(context);
            context = tuple->at;
            inner = frame_of(*tuple, frame);
        }
        const Value value = SW_TRY(evaluate(*node.items[group.pair + 1], context, inner));
        if (!value.is_undefined()) result->set(arena_, group.key, value);
    }
    return Value::of(result);
}

// --- transformation ---

Maybe Evaluator::transform(const Function& function, const Value& object) {
    if (object.is_undefined()) return object;
    const Node& node = *function.node;
    const Value clone = named("clone", function.frame);
    if (!clone.is_function()) {
        auto raised = raise("T2013");
        fault_->position = static_cast<std::int64_t>(node.position);
        return raised;
    }
    const Value result = SW_TRY(apply(clone, std::span(&object, 1), Value::null()));
    const Value matches = SW_TRY(evaluate(*node.left, result, function.frame));
    if (matches.is_undefined()) return result;
    const std::size_t size = matches.is_array() ? matches.size() : 1;
    for (std::size_t i = 0; i < size; ++i) {
        SW_TRY(transform_one(node, matches.is_array() ? matches[i] : matches, function.frame));
    }
    return result;
}

Result<void, Raised> Evaluator::transform_one(const Node& node, const Value& match, Frame* frame) {
    const auto refuse = [&](std::string code, const Node& part, const Value& value) {
        auto raised = raise(std::move(code), value);
        fault_->position = static_cast<std::int64_t>(part.position);
        return raised;
    };
    Object* object = match.is_object() ? match.object() : nullptr;
    const Value update = SW_TRY(evaluate(*node.right, match, frame));
    if (!update.is_undefined()) {
        if (!update.is_object()) return refuse("T2011", *node.right, update);
        for_each_member(update, [&](std::string_view key, const Value& value) {
            // A copy: it may hold the object itself.
            if (object) object->set(arena_, key, deep_copy(arena_, value, work()));
        });
    }
    if (!node.third) return {};
    const Value deletions = SW_TRY(evaluate(*node.third, match, frame));
    if (deletions.is_undefined()) return {};
    const std::size_t size = deletions.is_array() ? deletions.size() : 1;
    for (std::size_t i = 0; i < size; ++i) {
        const Value name = deletions.is_array() ? deletions[i] : deletions;
        if (!name.is_string()) return refuse("T2012", *node.third, deletions);
    }
    for (std::size_t i = 0; i < size && object; ++i) {
        object->erase(arena_, (deletions.is_array() ? deletions[i] : deletions).text());
    }
    return {};
}

}  // namespace stepwell::expression::jsonata
