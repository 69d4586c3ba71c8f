// The values that templates compute with: what Python has, as far as Jinja templates can tell the
// difference. Lists, dicts and objects are shared, as in Python: a copy of a Value names the same
// list.
//
// Threads: a Value is not locked; one render uses its values from one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace stepwell::tasks::jinja {

class Value;
class Dict;
class Interpreter;
using List = std::vector<Value>;

/// What ends the evaluation early: a fault, or one of the non-local exits.
struct Signal {
    enum class Kind { error, returned, broke, continued };
    Kind kind = Kind::error;
    std::string message;  // of an error; begins with "file:line: " once placed
    bool is_placed = false;
    std::shared_ptr<const Value> value;  // of `returned`
};

template <class T>
using Outcome = Result<T, Signal>;

inline Failure<Signal> template_fail(std::string message) {
    return {Signal{Signal::Kind::error, std::move(message), false, nullptr}};
}

struct Arguments {
    std::vector<Value> positional;
    std::vector<std::pair<std::string, Value>> named;

    /// The argument by position or by name; null where it was not given.
    [[nodiscard]] const Value* get(std::size_t position, std::string_view name) const;
};

/// Runs in the interpreter of the render that calls it.
using NativeFunction = std::function<Outcome<Value>(Interpreter&, const Arguments&)>;

struct Callable {
    std::string name;
    NativeFunction call;
};

struct Tuple {
    List elements;
};

/// A value that native code lends to templates. It shows only what it chooses to.
class Object {
public:
    virtual ~Object() = default;
    [[nodiscard]] virtual std::string type_name() const = 0;
    [[nodiscard]] virtual std::string text() const { return "<" + type_name() + ">"; }
    /// The attribute, or nothing where there is none.
    virtual std::optional<Value> attribute(std::string_view name) = 0;
    /// `object.name = value`; false where the object does not take it.
    virtual bool assign(std::string_view name, const Value& value);
    virtual Outcome<Value> call(Interpreter& interpreter, const Arguments& arguments);
};

struct Undefined {
    std::string hint;  // "'x' is undefined"
};
struct None {};

class Value {
public:
    using Data = std::variant<Undefined, None, bool, std::int64_t, double, std::string,
                              std::shared_ptr<List>, std::shared_ptr<Tuple>, std::shared_ptr<Dict>,
                              std::shared_ptr<Callable>, std::shared_ptr<Object>>;

    Value() : data_(None{}) {}
    template <class T>
    requires(!std::is_same_v<std::decay_t<T>, Value>) Value(T value)
        : data_(convert(std::move(value))) {}

    static Value undefined(std::string hint) { return Value(Undefined{std::move(hint)}); }
    static Value list(List elements = {});
    static Value tuple(List elements);
    static Value dict();
    static Value function(std::string name, NativeFunction call);
    static Value from_json(const Json& json);

    template <class T>
    [[nodiscard]] const T* as() const {
        return std::get_if<T>(&data_);
    }
    [[nodiscard]] List* as_list() const;
    [[nodiscard]] const List* as_sequence() const;  // of a list or a tuple
    [[nodiscard]] Dict* as_dict() const;
    [[nodiscard]] const std::string* as_text() const { return as<std::string>(); }
    [[nodiscard]] bool is_undefined() const { return as<Undefined>() != nullptr; }
    [[nodiscard]] bool is_none() const { return as<None>() != nullptr; }
    [[nodiscard]] bool is_number() const;        // bool, int or float
    [[nodiscard]] bool is_integer() const;       // bool or int
    [[nodiscard]] std::int64_t integer() const;  // REQUIRES: is_integer()
    [[nodiscard]] double number() const;         // REQUIRES: is_number()
    [[nodiscard]] const Data& data() const { return data_; }

    [[nodiscard]] bool is_true() const;
    /// Python's str(); nothing for undefined.
    [[nodiscard]] std::string text() const;
    /// Python's repr().
    [[nodiscard]] std::string repr() const;
    /// "str", "int", "NoneType", ...: for messages.
    [[nodiscard]] std::string type_name() const;
    /// Objects by their text; functions null.
    [[nodiscard]] Json to_json() const;

private:
    template <class T>
    static Data convert(T value) {
        if constexpr (std::is_same_v<T, bool>)
            return value;
        else if constexpr (std::is_integral_v<T>)
            return static_cast<std::int64_t>(value);
        else if constexpr (std::is_convertible_v<T, std::string_view>)
            return std::string(std::string_view(value));
        else if constexpr (std::is_convertible_v<T, std::shared_ptr<Object>>)
            return std::shared_ptr<Object>(std::move(value));
        else
            return Data(std::move(value));
    }
    Data data_;
};

/// Insertion-ordered, as Python's. 1, 1.0 and True are one key.
class Dict {
public:
    [[nodiscard]] const Value* find(const Value& key) const;
    void set(Value key, Value value);
    bool erase(const Value& key);
    void clear();
    [[nodiscard]] const std::vector<std::pair<Value, Value>>& entries() const { return entries_; }

private:
    std::vector<std::pair<Value, Value>> entries_;
    std::unordered_map<std::string, std::size_t> index_;
};

bool equal(const Value& left, const Value& right);
/// Negative, zero, positive; an error where Python has no order between the two.
Outcome<int> compare(const Value& left, const Value& right);
/// The elements that a `for` walks over.
Outcome<List> elements_of(const Value& value);
Outcome<std::int64_t> length_of(const Value& value);
Outcome<bool> contains(const Value& container, const Value& element);
/// Python's repr of a float: "1.0", "0.1", "1e+16".
std::string float_text(double value);

}  // namespace stepwell::tasks::jinja
