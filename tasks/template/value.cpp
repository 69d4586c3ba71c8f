// Truth, equality and order of template values, as Python has them.
#include "tasks/template/value.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "tasks/template/containment.hpp"
#include "tasks/template/text.hpp"

namespace stepwell::tasks::jinja {

const Value* Arguments::get(std::size_t position, std::string_view name) const {
    if (position < positional.size()) return &positional[position];
    for (const auto& [key, value] : named) {
        if (key == name) return &value;
    }
    return nullptr;
}

bool Object::assign(std::string_view, const Value&) {
    return false;
}

Outcome<Value> Object::call(Interpreter&, const Arguments&) {
    return template_fail("'" + type_name() + "' object is not callable");
}

namespace {

/// Values whose last owner goes: freeing what is in them frees no further level by recursion,
/// unless there is no memory to note them.
void bury(List values) noexcept {
    thread_local List* open = nullptr;
    if (open != nullptr) {
        try {
            for (auto& value : values) open->push_back(std::move(value));
        } catch (const std::exception&) {
        }
        return;
    }
    open = &values;
    while (!values.empty()) {
        const Value last = std::move(values.back());
        values.pop_back();
    }
    open = nullptr;
}

bool has_parts(const Value& value) {
    return value.as_sequence() != nullptr || value.as_dict() != nullptr ||
           value.as<std::shared_ptr<Object>>() != nullptr;
}

}  // namespace

Sequence::~Sequence() {
    if (std::any_of(elements.begin(), elements.end(), has_parts)) bury(std::move(elements));
}

Dict::~Dict() {
    clear();
}

Value Value::list(List elements) {
    return Value(std::make_shared<Sequence>(std::move(elements)));
}
Value Value::tuple(List elements) {
    return Value(std::make_shared<Tuple>(std::move(elements)));
}
Value Value::group(Value grouper, Value list) {
    auto result = std::make_shared<Tuple>(List{std::move(grouper), std::move(list)});
    result->is_group = true;
    return Value(std::move(result));
}
Value Value::dict() {
    return Value(std::make_shared<Dict>());
}
Value Value::function(std::string name, NativeFunction call) {
    return Value(std::make_shared<Callable>(Callable{std::move(name), std::move(call), nullptr}));
}

Value Value::from_json(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_unsigned:
            // What does not fit is at least printed as it is.
            if (json.get<std::uint64_t>() > INT64_MAX) return json.dump();
            return json.get<std::int64_t>();
        case Json::value_t::number_integer:
            return json.get<std::int64_t>();
        case Json::value_t::number_float:
            return json.get<double>();
        case Json::value_t::binary:  // a whole number beyond 64 bits
            return to_text(json);
        case Json::value_t::string:
            return json.get<std::string>();
        case Json::value_t::array: {
            List elements;
            for (const auto& element : json) elements.push_back(from_json(element));
            return list(std::move(elements));
        }
        case Json::value_t::object: {
            Value result = dict();
            for (const auto& [key, value] : json.items())
                result.as_dict()->set(key, from_json(value));
            return result;
        }
        default:
            return None{};
    }
}

List* Value::as_list() const {
    const auto* list = as<std::shared_ptr<Sequence>>();
    return list != nullptr ? &(*list)->elements : nullptr;
}

bool Value::is_frozen() const {
    if (const auto* list = as<std::shared_ptr<Sequence>>()) return (*list)->is_frozen;
    return as_dict() != nullptr && as_dict()->is_frozen;
}

void Value::freeze() const {
    std::unordered_set<const void*> seen;
    List open = {*this};
    while (!open.empty()) {
        const Value value = std::move(open.back());
        open.pop_back();
        const Dict* parts = value.as_dict();
        const void* identity = parts;
        if (const List* list = value.as_sequence()) identity = list;
        if (const auto* object = value.as<std::shared_ptr<Object>>()) {
            identity = object->get();
            const auto* holder = dynamic_cast<const Container*>(object->get());
            parts = holder != nullptr ? &holder->parts() : nullptr;
            (*object)->freeze();
        }
        if (identity == nullptr || !seen.insert(identity).second) continue;
        if (const auto* list = value.as<std::shared_ptr<Sequence>>()) (*list)->is_frozen = true;
        if (Dict* own = value.as_dict()) own->is_frozen = true;
        if (const List* list = value.as_sequence())
            open.insert(open.end(), list->begin(), list->end());
        if (parts == nullptr) continue;
        for (const auto& [key, part] : parts->entries()) open.push_back(part);
    }
}

const List* Value::as_sequence() const {
    if (const auto* tuple = as<std::shared_ptr<Tuple>>()) return &(*tuple)->elements;
    return as_list();
}

Dict* Value::as_dict() const {
    const auto* dict = as<std::shared_ptr<Dict>>();
    return dict != nullptr ? dict->get() : nullptr;
}

bool Value::is_integer() const {
    return as<bool>() != nullptr || as<std::int64_t>() != nullptr;
}
bool Value::is_number() const {
    return is_integer() || as<double>() != nullptr;
}

std::int64_t Value::integer() const {
    if (const auto* flag = as<bool>()) return *flag ? 1 : 0;
    return std::get<std::int64_t>(data_);
}

double Value::number() const {
    if (const auto* real = as<double>()) return *real;
    return static_cast<double>(integer());
}

bool Value::is_true() const {
    if (is_undefined() || is_none()) return false;
    if (is_number()) return number() != 0.0;
    if (const auto* string = as_text()) return !string->empty();
    if (const auto* sequence = as_sequence()) return !sequence->empty();
    if (const auto* dict = as_dict()) return !dict->entries().empty();
    return true;
}

std::string Value::type_name() const {
    static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool",  "int",  "float",
                                             "str",       "list",     "tuple", "dict", "function"};
    if (const auto* object = as<std::shared_ptr<Object>>()) return (*object)->type_name();
    return kNames[data_.index()];
}

namespace {

std::string key_text(const Value& key) {
    if (const auto* real = key.as<double>();
        real != nullptr && std::trunc(*real) == *real && std::abs(*real) < 9e15) {
        return "n" + std::to_string(static_cast<std::int64_t>(*real));
    }
    if (key.is_integer()) return "n" + std::to_string(key.integer());
    if (const auto* string = key.as_text()) return "s" + *string;
    return "o" + key.repr();
}

/// About what an entry of the index takes beside its key.
constexpr std::size_t kIndexEntryBytes = 64;

}  // namespace

bool is_hashable(const Value& value) {
    if (value.as_list() != nullptr || value.as_dict() != nullptr) return false;
    const List* tuple = value.as_sequence();
    Meter::current().check_stack();
    Meter::current().spend(1);
    return tuple == nullptr || std::all_of(tuple->begin(), tuple->end(), is_hashable);
}

const Value* Dict::find(const Value& key) const {
    const auto found = index_.find(key_text(key));
    return found == index_.end() ? nullptr : &entries_[found->second].second;
}

void Dict::set(Value key, Value value) {
    const auto [place, is_new] = index_.try_emplace(key_text(key), entries_.size());
    if (!is_new) {
        entries_[place->second].second = std::move(value);
        return;
    }
    entries_.emplace_back(std::move(key), std::move(value));
    const std::size_t bytes = kIndexEntryBytes + place->first.size();
    charged_ += bytes;
    Meter::current().take(bytes);
}

bool Dict::erase(const Value& key) {
    const auto found = index_.find(key_text(key));
    if (found == index_.end()) return false;
    const std::size_t position = found->second;
    const std::size_t bytes = kIndexEntryBytes + found->first.size();
    charged_ -= bytes;
    Meter::current().give(bytes);
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
    index_.erase(found);
    for (auto& [text, place] : index_) {
        if (place > position) --place;
    }
    return true;
}

void Dict::clear() {
    List values;
    try {
        for (auto& [key, value] : entries_) {
            if (has_parts(key)) values.push_back(std::move(key));
            if (has_parts(value)) values.push_back(std::move(value));
        }
    } catch (const std::exception&) {  // no memory to note them
    }
    entries_.clear();
    index_.clear();
    Meter::current().give(std::exchange(charged_, 0));
    bury(std::move(values));
}

namespace {

bool equal_lists(const List& left, const List& right) {
    if (left.size() != right.size()) return false;
    Meter::current().check_stack();
    Meter::current().spend(left.size());
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (!equal(left[i], right[i])) return false;
    }
    return true;
}

bool equal_dicts(const Dict& left, const Dict& right) {
    if (left.entries().size() != right.entries().size()) return false;
    Meter::current().check_stack();
    Meter::current().spend(left.entries().size());
    for (const auto& [key, value] : left.entries()) {
        const Value* other = right.find(key);
        if (other == nullptr || !equal(value, *other)) return false;
    }
    return true;
}

}  // namespace

namespace {

/// Whole numbers of 64 bits and doubles, both without loss.
long double exact(const Value& value) {
    if (const auto* real = value.as<double>()) return *real;
    return static_cast<long double>(value.integer());
}

}  // namespace

bool equal(const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) {
        if (left.is_integer() && right.is_integer()) return left.integer() == right.integer();
        return exact(left) == exact(right);
    }
    if (left.data().index() != right.data().index()) return false;
    if (left.is_undefined() || left.is_none()) return true;
    if (const auto* string = left.as_text()) return *string == *right.as_text();
    if (const auto* sequence = left.as_sequence()) {
        return sequence == right.as_sequence() || equal_lists(*sequence, *right.as_sequence());
    }
    if (const auto* dict = left.as_dict()) {
        return dict == right.as_dict() || equal_dicts(*dict, *right.as_dict());
    }
    if (const auto* function = left.as<std::shared_ptr<Callable>>()) {
        return *function == *right.as<std::shared_ptr<Callable>>();
    }
    const auto& object = *left.as<std::shared_ptr<Object>>();
    const auto& other = *right.as<std::shared_ptr<Object>>();
    return object == other ||
           (object->type_name() == other->type_name() && object->text() == other->text());
}

Outcome<int> compare(const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) {
        if (left.is_integer() && right.is_integer()) {
            return left.integer() < right.integer() ? -1 : left.integer() > right.integer() ? 1 : 0;
        }
        // Not a number is neither less nor greater: no order answers to that, and none is asked
        // for.
        return exact(left) < exact(right) ? -1 : exact(left) > exact(right) ? 1 : 0;
    }
    if (left.as_text() != nullptr && right.as_text() != nullptr) {
        return left.as_text()->compare(*right.as_text());
    }
    const List* first = left.as_sequence();
    const List* second = right.as_sequence();
    if (first == nullptr || second == nullptr) {
        return template_fail("'<' not supported between instances of '" + left.type_name() +
                             "' and '" + right.type_name() + "'");
    }
    const bool are_alike = (left.as_list() != nullptr) == (right.as_list() != nullptr);
    if (!are_alike)
        return template_fail("'<' not supported between instances of '" + left.type_name() +
                             "' and '" + right.type_name() + "'");
    Meter::current().check_stack();
    Meter::current().spend(first->size());
    for (std::size_t i = 0; i < std::min(first->size(), second->size()); ++i) {
        if (!equal((*first)[i], (*second)[i])) return compare((*first)[i], (*second)[i]);
    }
    return static_cast<int>(first->size()) - static_cast<int>(second->size());
}

Outcome<List> elements_of(const Value& value) {
    if (value.is_undefined()) return List{};
    if (const auto* sequence = value.as_sequence()) return List(*sequence);
    List elements;
    if (const auto* dict = value.as_dict()) {
        for (const auto& [key, unused] : dict->entries()) elements.push_back(key);
        return elements;
    }
    if (const auto* string = value.as_text()) {
        for (auto& character : characters(*string)) elements.push_back(Value(std::move(character)));
        return elements;
    }
    return template_fail("'" + value.type_name() + "' object is not iterable");
}

Outcome<std::int64_t> length_of(const Value& value) {
    if (value.is_undefined()) return std::int64_t{0};
    if (value.is_number() || value.is_none()) {
        return template_fail("object of type '" + value.type_name() + "' has no len()");
    }
    if (const auto* text = value.as_text()) return static_cast<std::int64_t>(width_of(*text));
    if (const List* sequence = value.as_sequence())
        return static_cast<std::int64_t>(sequence->size());
    return static_cast<std::int64_t>(SW_TRY(elements_of(value)).size());
}

Failure<Signal> unhashable(const Value& value) {
    return template_fail("a '" + value.type_name() + "' cannot be the key of a dict");
}

Outcome<bool> contains(const Value& container, const Value& element) {
    if (const auto* string = container.as_text()) {
        if (element.as_text() == nullptr) {
            return template_fail("'in <string>' requires string as left operand, not " +
                                 element.type_name());
        }
        Meter::current().spend(string->size() / 256);
        return string->find(*element.as_text()) != std::string::npos;
    }
    if (const auto* dict = container.as_dict()) {
        if (!is_hashable(element)) return unhashable(element);
        return dict->find(element) != nullptr;
    }
    if (container.is_none() || container.is_number()) {
        return template_fail("argument of type '" + container.type_name() + "' is not iterable");
    }
    for (const auto& candidate : SW_TRY(elements_of(container))) {
        if (equal(candidate, element)) return true;
    }
    return false;
}

}  // namespace stepwell::tasks::jinja
