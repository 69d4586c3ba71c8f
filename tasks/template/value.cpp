// Python's str, repr, truth, equality and order for template values.
#include "tasks/template/value.hpp"

#include <charconv>
#include <cmath>

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

Value Value::list(List elements) {
    return Value(std::make_shared<List>(std::move(elements)));
}
Value Value::tuple(List elements) {
    return Value(std::make_shared<Tuple>(Tuple{std::move(elements)}));
}
Value Value::dict() {
    return Value(std::make_shared<Dict>());
}
Value Value::function(std::string name, NativeFunction call) {
    return Value(std::make_shared<Callable>(Callable{std::move(name), std::move(call)}));
}

Value Value::from_json(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return json.get<std::int64_t>();
        case Json::value_t::number_float:
            return json.get<double>();
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
    const auto* list = as<std::shared_ptr<List>>();
    return list != nullptr ? list->get() : nullptr;
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

namespace {

std::string joined_reprs(const List& elements) {
    std::string result;
    for (const auto& element : elements) {
        if (!result.empty()) result += ", ";
        result += element.repr();
    }
    return result;
}

std::string dict_repr(const Dict& dict) {
    std::string result = "{";
    for (const auto& [key, value] : dict.entries()) {
        if (result.size() > 1) result += ", ";
        result += key.repr() + ": " + value.repr();
    }
    return result + "}";
}

std::string string_repr(const std::string& text) {
    const bool has_single = text.find('\'') != std::string::npos;
    const char quote = has_single && text.find('"') == std::string::npos ? '"' : '\'';
    std::string result(1, quote);
    for (const char c : text) {
        if (c == '\n')
            result += "\\n";
        else if (c == '\t')
            result += "\\t";
        else if (c == '\r')
            result += "\\r";
        else if (c == '\\' || c == quote)
            result += {'\\', c};
        else
            result += c;
    }
    return result + quote;
}

/// Cycles print as Python's "..."; so does what is nested deeper than anybody reads.
constexpr int kReprDepthMax = 64;
thread_local int repr_depth = 0;

struct ReprDepth {
    ReprDepth() { ++repr_depth; }
    ~ReprDepth() { --repr_depth; }
    ReprDepth(const ReprDepth&) = delete;
    ReprDepth& operator=(const ReprDepth&) = delete;
};

}  // namespace

std::string float_text(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    char buffer[64];
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
    std::string scientific(buffer, end);
    const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
    if (exponent < -4 || exponent >= 16) return scientific;
    const auto fixed_end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    std::string fixed(buffer, fixed_end);
    if (fixed.find('.') == std::string::npos) fixed += ".0";
    return fixed;
}

std::string Value::text() const {
    if (const auto* string = as_text()) return *string;
    if (is_undefined()) return {};
    return repr();
}

std::string Value::repr() const {
    const ReprDepth depth;
    if (repr_depth > kReprDepthMax) return "...";
    if (is_undefined()) return "Undefined";
    if (is_none()) return "None";
    if (const auto* flag = as<bool>()) return *flag ? "True" : "False";
    if (const auto* whole = as<std::int64_t>()) return std::to_string(*whole);
    if (const auto* real = as<double>()) return float_text(*real);
    if (const auto* string = as_text()) return string_repr(*string);
    if (const auto* list = as_list()) return "[" + joined_reprs(*list) + "]";
    if (const auto* tuple = as_sequence()) {
        return "(" + joined_reprs(*tuple) + (tuple->size() == 1 ? ",)" : ")");
    }
    if (const auto* dict = as_dict()) return dict_repr(*dict);
    if (const auto* callable = as<std::shared_ptr<Callable>>()) {
        return "<function " + (*callable)->name + ">";
    }
    return std::get<std::shared_ptr<Object>>(data_)->text();
}

std::string Value::type_name() const {
    static constexpr const char* kNames[] = {"Undefined", "NoneType", "bool",  "int",  "float",
                                             "str",       "list",     "tuple", "dict", "function"};
    if (const auto* object = as<std::shared_ptr<Object>>()) return (*object)->type_name();
    return kNames[data_.index()];
}

Json Value::to_json() const {
    const ReprDepth depth;
    if (repr_depth > kReprDepthMax) return nullptr;
    if (const auto* flag = as<bool>()) return *flag;
    if (const auto* whole = as<std::int64_t>()) return *whole;
    if (const auto* real = as<double>()) return *real;
    if (const auto* string = as_text()) return *string;
    if (const auto* sequence = as_sequence()) {
        Json array = Json::array();
        for (const auto& element : *sequence) array.push_back(element.to_json());
        return array;
    }
    if (const auto* dict = as_dict()) {
        Json object = Json::object();
        for (const auto& [key, value] : dict->entries()) object[key.text()] = value.to_json();
        return object;
    }
    if (const auto* object = as<std::shared_ptr<Object>>()) return (*object)->text();
    return nullptr;
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

}  // namespace

const Value* Dict::find(const Value& key) const {
    const auto found = index_.find(key_text(key));
    return found == index_.end() ? nullptr : &entries_[found->second].second;
}

void Dict::set(Value key, Value value) {
    const auto [place, is_new] = index_.try_emplace(key_text(key), entries_.size());
    if (is_new)
        entries_.emplace_back(std::move(key), std::move(value));
    else
        entries_[place->second].second = std::move(value);
}

bool Dict::erase(const Value& key) {
    const auto found = index_.find(key_text(key));
    if (found == index_.end()) return false;
    const std::size_t position = found->second;
    entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
    index_.erase(found);
    for (auto& [text, place] : index_) {
        if (place > position) --place;
    }
    return true;
}

void Dict::clear() {
    entries_.clear();
    index_.clear();
}

namespace {

bool equal_lists(const List& left, const List& right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (!equal(left[i], right[i])) return false;
    }
    return true;
}

bool equal_dicts(const Dict& left, const Dict& right) {
    if (left.entries().size() != right.entries().size()) return false;
    for (const auto& [key, value] : left.entries()) {
        const Value* other = right.find(key);
        if (other == nullptr || !equal(value, *other)) return false;
    }
    return true;
}

}  // namespace

bool equal(const Value& left, const Value& right) {
    if (left.is_number() && right.is_number()) {
        if (left.is_integer() && right.is_integer()) return left.integer() == right.integer();
        return left.number() == right.number();
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
        return left.number() < right.number() ? -1 : left.number() > right.number() ? 1 : 0;
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
        for (auto& character : characters(*string)) elements.emplace_back(std::move(character));
        return elements;
    }
    return template_fail("'" + value.type_name() + "' object is not iterable");
}

Outcome<std::int64_t> length_of(const Value& value) {
    if (value.is_undefined()) return std::int64_t{0};
    if (value.is_number() || value.is_none()) {
        return template_fail("object of type '" + value.type_name() + "' has no len()");
    }
    return static_cast<std::int64_t>(SW_TRY(elements_of(value)).size());
}

Outcome<bool> contains(const Value& container, const Value& element) {
    if (const auto* string = container.as_text()) {
        if (element.as_text() == nullptr) {
            return template_fail("'in <string>' requires string as left operand, not " +
                                 element.type_name());
        }
        return string->find(*element.as_text()) != std::string::npos;
    }
    if (const auto* dict = container.as_dict()) return dict->find(element) != nullptr;
    if (container.is_none() || container.is_number()) {
        return template_fail("argument of type '" + container.type_name() + "' is not iterable");
    }
    for (const auto& candidate : SW_TRY(elements_of(container))) {
        if (equal(candidate, element)) return true;
    }
    return false;
}

}  // namespace stepwell::tasks::jinja
