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
#include "tasks/template/meter.hpp"

namespace stepwell::tasks::jinja {

class Value;
class Dict;
class Interpreter;
struct Macro;
using List = std::vector<Value, Counted<Value>>;

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

struct Arguments;

/// Runs in the interpreter of the render that calls it.
using NativeFunction = std::function<Outcome<Value>(Interpreter&, const Arguments&)>;

struct Callable {
    std::string name;
    NativeFunction call;
    std::shared_ptr<const Macro> macro;  // null for native functions
};

/// A text. Never changes, so that values share it.
class Text {
public:
    explicit Text(std::string text) : text_(std::move(text)) {
        Meter::current().take(sizeof(Text) + text_.capacity());
    }
    ~Text() { Meter::current().give(sizeof(Text) + text_.capacity()); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    const std::string text_;
};

struct Sequence;
struct Tuple;

/// A value that native code lends to templates. It shows only what it chooses to.
class Object : public std::enable_shared_from_this<Object> {
public:
    virtual ~Object() = default;
    [[nodiscard]] virtual std::string type_name() const = 0;
    [[nodiscard]] virtual std::string text() const { return "<" + type_name() + ">"; }
    /// The attribute, or nothing where there is none.
    virtual std::optional<Value> attribute(std::string_view name) = 0;
    /// `object.name = value`; false where the object does not take it.
    virtual bool assign(std::string_view name, const Value& value);
    virtual Outcome<Value> call(Interpreter& interpreter, const Arguments& arguments);
    /// From now on assign() and whatever else changes it are refused.
    virtual void freeze() {}
};

struct Undefined {
    std::shared_ptr<const std::string> hint;  // "'x' is undefined"
};
struct None {};

class Value {
public:
    using Data =
        std::variant<Undefined, None, bool, std::int64_t, double, std::shared_ptr<const Text>,
                     std::shared_ptr<Sequence>, std::shared_ptr<Tuple>, std::shared_ptr<Dict>,
                     std::shared_ptr<Callable>, std::shared_ptr<Object>>;

    Value() : data_(None{}) {}
    template <class T>
    requires(!std::is_same_v<std::decay_t<T>, Value>) Value(T value)
        : data_(convert(std::move(value))) {}

    static Value undefined(std::string hint) {
        return Value(Undefined{std::make_shared<const std::string>(std::move(hint))});
    }
    static Value list(List elements = {});
    static Value tuple(List elements);
    static Value group(Value grouper, Value list);  // what groupby gives
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
    [[nodiscard]] const std::string* as_text() const {
        const auto* text = as<std::shared_ptr<const Text>>();
        return text != nullptr ? &(*text)->text() : nullptr;
    }
    /// Whether it is a list or dict of a macro file, which no template may change.
    [[nodiscard]] bool is_frozen() const;
    /// Freezes it and all its parts.
    void freeze() const;
    [[nodiscard]] bool is_undefined() const { return as<Undefined>() != nullptr; }
    [[nodiscard]] bool is_none() const { return as<None>() != nullptr; }
    [[nodiscard]] bool is_number() const;        // bool, int or float
    [[nodiscard]] bool is_integer() const;       // bool or int
    [[nodiscard]] std::int64_t integer() const;  // REQUIRES: is_integer()
    [[nodiscard]] double number() const;         // REQUIRES: is_number()
    [[nodiscard]] const Data& data() const { return data_; }

    [[nodiscard]] bool is_true() const;
    /// Python's str(); nothing for undefined. Throws LimitExceeded where it would be too long, as
    /// do the next and to_json().
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
            return std::make_shared<const Text>(std::string(std::string_view(value)));
        else if constexpr (std::is_convertible_v<T, std::shared_ptr<Object>>)
            return std::shared_ptr<Object>(std::move(value));
        else
            return Data(std::move(value));
    }
    Data data_;
};

struct Arguments {
    List positional;
    std::vector<std::pair<std::string, Value>> named;

    /// The argument by position or by name; null where it was not given.
    [[nodiscard]] const Value* get(std::size_t position, std::string_view name) const;
};

/// The elements of a list or a tuple. However deeply they are nested, they are freed one by one.
struct Sequence {
    explicit Sequence(List values) : elements(std::move(values)) {}
    ~Sequence();
    Sequence(const Sequence&) = delete;
    Sequence& operator=(const Sequence&) = delete;
    List elements;
    bool is_frozen = false;  // of a macro file: several threads read it
};
struct Tuple : Sequence {
    using Sequence::Sequence;
    bool is_group = false;  // of groupby: has the names grouper and list
};

/// Insertion-ordered, as Python's. 1, 1.0 and True are one key.
class Dict {
public:
    Dict() = default;
    ~Dict();
    Dict(const Dict&) = delete;
    Dict& operator=(const Dict&) = delete;
    [[nodiscard]] const Value* find(const Value& key) const;
    void set(Value key, Value value);
    bool erase(const Value& key);
    void clear();
    using Entries = std::vector<std::pair<Value, Value>, Counted<std::pair<Value, Value>>>;
    [[nodiscard]] const Entries& entries() const { return entries_; }
    bool is_frozen = false;  // of a macro file

private:
    Entries entries_;
    std::size_t charged_ = 0;  // for the index
    std::unordered_map<std::string, std::size_t> index_;
};

/// Whether a dict may have it as a key: no lists, dicts, or tuples of them.
bool is_hashable(const Value& value);
Failure<Signal> unhashable(const Value& value);
/// Throw LimitExceeded where comparing takes too long or goes too deep.
bool equal(const Value& left, const Value& right);
/// Negative, zero, positive; an error where Python has no order between the two.
Outcome<int> compare(const Value& left, const Value& right);
/// The elements that a `for` walks over.
Outcome<List> elements_of(const Value& value);
Outcome<std::int64_t> length_of(const Value& value);
Outcome<bool> contains(const Value& container, const Value& element);
/// Python's repr() of a text, or its ascii().
std::string string_repr(std::string_view text, bool is_ascii);
/// Python's repr of a float: "1.0", "0.1", "1e+16".
std::string float_text(double value);

}  // namespace stepwell::tasks::jinja
