// What JSONata expressions work on. A value is sixteen bytes that are copied at will: what is
// larger stands in the arena of the evaluation, or in the JSON document that the caller has given,
// which is looked into and never copied.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/big_integer.hpp"
#include "engine/base/work.hpp"
#include "engine/expression/jsonata/arena.hpp"

namespace stepwell::expression::jsonata {

struct Array;
struct Function;
struct Object;
struct Tuple;

enum class Kind : std::uint8_t {
    undefined,
    null,
    boolean,
    number,
    string,
    array,
    object,
    function,
    tuple,  // an element of a stream with bindings; never seen by an expression
};

class Value {
public:
    Value() : number_(0) {}
    static Value null() { return Value(Kind::null); }
    static Value of(bool value) {
        Value made(Kind::boolean);
        made.boolean_ = value;
        return made;
    }
    static Value of(double value) {
        Value made(Kind::number);
        made.number_ = value;
        return made;
    }
    static Value of_count(std::size_t count) { return of(static_cast<double>(count)); }
    /// REQUIRES: the text outlives it.
    static Value of(std::string_view text) {
        Value made(Kind::string);
        made.length_ = static_cast<std::uint32_t>(text.size());
        made.text_ = text.data();
        return made;
    }
    static Value of(const char* text) = delete;
    static Value of(Array* array) {
        Value made(Kind::array);
        made.array_ = array;
        return made;
    }
    static Value of(Object* object) {
        Value made(Kind::object);
        made.object_ = object;
        return made;
    }
    static Value of(const Function* function) {
        Value made(Kind::function);
        made.function_ = function;
        return made;
    }
    static Value of(Tuple* tuple) {
        Value made(Kind::tuple);
        made.tuple_ = tuple;
        return made;
    }
    /// REQUIRES: the document outlives it.
    static Value of(const Json& json);

    [[nodiscard]] Kind kind() const { return kind_; }
    [[nodiscard]] bool is_undefined() const { return kind_ == Kind::undefined; }
    [[nodiscard]] bool is_number() const { return kind_ == Kind::number; }
    [[nodiscard]] bool is_string() const { return kind_ == Kind::string; }
    [[nodiscard]] bool is_array() const { return kind_ == Kind::array; }
    [[nodiscard]] bool is_object() const { return kind_ == Kind::object; }
    [[nodiscard]] bool is_function() const { return kind_ == Kind::function; }

    [[nodiscard]] bool boolean() const { return boolean_; }
    [[nodiscard]] double number() const {
        if (form_ == Form::big_integer) return to_double(*json_);
        if (form_ == Form::signed_integer) return static_cast<double>(signed_);
        if (form_ == Form::unsigned_integer) return static_cast<double>(unsigned_);
        return number_;
    }
    [[nodiscard]] std::string_view text() const { return {text_, length_}; }
    [[nodiscard]] const Function& function() const { return *function_; }
    [[nodiscard]] Tuple& tuple() const { return *tuple_; }
    /// Null where it stands in a document of the caller.
    [[nodiscard]] Array* array() const { return form_ == Form::made ? array_ : nullptr; }
    [[nodiscard]] Object* object() const { return form_ == Form::made ? object_ : nullptr; }
    /// REQUIRES: array() or object() is null.
    [[nodiscard]] const Json& json() const { return *json_; }

    /// How many elements, and one of them. REQUIRES: an array; `at` is below size().
    [[nodiscard]] std::size_t size() const;
    [[nodiscard]] Value operator[](std::size_t at) const;

    /// What an object has under `key`; undefined where it has no such member.
    [[nodiscard]] Value member(std::string_view key) const;
    [[nodiscard]] std::size_t members() const;

    /// Whether both are the same number, text or thing; no look inside.
    [[nodiscard]] bool is_identical(const Value& other) const;

    /// A number as JSON: what was never computed comes out as it came in.
    [[nodiscard]] Json number_as_json() const;

private:
    enum class Form : std::uint8_t {
        made,
        json,              // array, object: in the caller's document
        signed_integer,    // number: beyond what a double holds exactly
        unsigned_integer,  // the same
        given_double,      // number: written with a fraction or exponent
        big_integer,       // number: in the caller's document
    };
    explicit Value(Kind kind) : kind_(kind), number_(0) {}

    Kind kind_ = Kind::undefined;
    Form form_ = Form::made;
    std::uint32_t length_ = 0;
    union {
        bool boolean_;
        double number_;
        std::int64_t signed_;
        std::uint64_t unsigned_;
        const char* text_;
        Array* array_;
        Object* object_;
        const Function* function_;
        Tuple* tuple_;
        const Json* json_;
    };
};

/// What results of paths are, and what arrays become that stand for more than themselves.
struct Array {
    Value* items = nullptr;
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
    bool is_sequence = false;      // of no element: nothing; of one: that element
    bool keeps_singleton = false;  // a sequence that stays an array
    bool is_constructed = false;   // `[...]` in a path: not flattened into its surroundings
    bool is_wrapper = false;       // around the input, where that is an array
    bool is_tuple_stream = false;

    void push(Arena& arena, Value item) {
        if (size == capacity) grow(arena, size + 1);
        items[size++] = item;
    }
    /// Makes room for `count` elements in all.
    void grow(Arena& arena, std::size_t count);
};

struct Member {
    std::string_view key;
    Value value;
};

/// Members in the order in which they came; indexed where they are many.
struct Object {
    Member* items = nullptr;
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;
    std::uint32_t* slots = nullptr;
    std::uint32_t mask = 0;

    /// Null where there is none.
    [[nodiscard]] Member* find(std::string_view key) const;
    /// Replaces the value of a member that is there. REQUIRES: the key outlives the evaluation.
    void set(Arena& arena, std::string_view key, Value value);
    void erase(Arena& arena, std::string_view key);

private:
    void index(Arena& arena);
};

/// A variable of an expression: its number in the table of the names.
using Symbol = std::uint32_t;

struct Binding {
    Symbol symbol = 0;
    Value value;
};

/// An element of a path's step together with what steps before have bound.
struct Tuple {
    Value at;
    Binding* bindings = nullptr;
    std::uint32_t size = 0;

    [[nodiscard]] const Value* find(Symbol symbol) const {
        for (std::uint32_t i = 0; i < size; ++i) {
            if (bindings[i].symbol == symbol) return &bindings[i].value;
        }
        return nullptr;
    }
};

inline Array* new_array(Arena& arena, std::size_t capacity = 0) {
    Array* array = arena.make<Array>();
    if (capacity > 0) array->grow(arena, capacity);
    return array;
}
inline Array* new_sequence(Arena& arena) {
    Array* array = arena.make<Array>();
    array->is_sequence = true;
    return array;
}
inline Array* new_sequence(Arena& arena, Value only) {
    Array* array = new_sequence(arena);
    array->push(arena, only);
    return array;
}

inline bool is_sequence(const Value& value) {
    return value.is_array() && value.array() && value.array()->is_sequence;
}
inline bool is_constructed(const Value& value) {
    return value.is_array() && value.array() && value.array()->is_constructed;
}
inline bool is_tuple_stream(const Value& value) {
    return value.is_array() && value.array() && value.array()->is_tuple_stream;
}

/// Calls `use(key, value)` for each member of an object.
template <class Use>
void for_each_member(const Value& object, Use use) {
    if (const Object* made = object.object()) {
        for (std::uint32_t i = 0; i < made->size; ++i)
            use(made->items[i].key, made->items[i].value);
        return;
    }
    for (const auto& [key, value] : object.json().get_ref<const Json::object_t&>()) {
        use(std::string_view(key), Value::of(value));
    }
}

/// `b` after `a`, each an array or one element; either may be undefined.
Value appended(Arena& arena, const Value& a, const Value& b);

/// Deep; members in any order; functions only to themselves. False where the work is spent.
bool is_equal(const Value& a, const Value& b, Work& work);

/// What `$boolean` says of it.
bool is_true(const Value& value, Work& work);

/// A copy of all that can be changed: arrays and objects. Nothing where the arena is full.
Value deep_copy(Arena& arena, const Value& value, Work& work);

/// How deep arrays and objects stand in each other, up to `limit`.
bool is_deeper_than(const Value& value, int limit);

/// JSON as JavaScript writes it, for messages: numbers in full, functions left out.
std::string json_text(const Value& value);

/// As a document of the engine. Undefined elements become null, undefined members and functions
/// are left out. REQUIRES: not deeper than kJsonDepthMax.
Json to_json(const Value& value);

}  // namespace stepwell::expression::jsonata
