// Walks the tree. Internal to engine/expression/jsonata.
//
// Every step pays with Work, everything made stands in one arena, and calls nest no deeper than a
// limit: an expression that loops, grows or recurses ends with U1001.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/prng.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/expression/jsonata/expression.hpp"
#include "engine/expression/jsonata/fault.hpp"
#include "engine/expression/jsonata/node.hpp"
#include "engine/expression/jsonata/value.hpp"

namespace stepwell::expression::jsonata {

/// Says that the evaluation has failed; why is kept by its evaluator.
struct Raised {
    Fault* fault;
};
using Maybe = Result<Value, Raised>;

/// Variables that a block, a call or a tuple has bound.
struct Frame {
    Frame* parent = nullptr;
    Binding* bindings = nullptr;
    std::uint32_t size = 0;
    std::uint32_t capacity = 0;  // 0 with a size: the bindings are a tuple's

    void bind(Arena& arena, Symbol symbol, Value value);
};

class Evaluator;

/// Of the eight megabytes that a thread has.
inline constexpr std::ptrdiff_t kStackBytesMax = 5'242'880;

/// What a function of the library is called with.
struct Call {
    Evaluator& evaluator;
    std::span<const Value> arguments;
    Value input;
    Frame* frame;

    [[nodiscard]] std::size_t count() const { return arguments.size(); }
    /// Undefined where there are fewer.
    [[nodiscard]] Value operator[](std::size_t i) const {
        return i < arguments.size() ? arguments[i] : Value();
    }
};

struct Builtin {
    std::string_view name;
    std::string_view signature;
    std::size_t arity;  // how many arguments a function that calls it back passes at most
    Maybe (*call)(const Call& call);
};

/// A builtin as the table holds it, its signature read.
struct Native {
    const Builtin* builtin = nullptr;
    std::optional<Signature> signature;
};

/// Null where the library has no such function.
const Native* find_native(std::string_view name);

struct Function {
    enum class Kind : std::uint8_t {
        native,
        lambda,
        tail_call,  // a call that waits until its caller has returned
        partial,
        closure,  // a function as an argument: what it is called on is not its context
        regex,
        next_match,
        transform,
        composition,  // first, then second
    };
    Kind kind = Kind::native;
    const Native* native = nullptr;
    const Node* node = nullptr;  // lambda, tail call, transform
    Frame* frame = nullptr;
    Value input;
    const Function* first = nullptr;  // partial, closure, composition
    const Function* second = nullptr;
    const Value* fixed = nullptr;  // partial: the arguments that it has
    const bool* is_open = nullptr;
    std::uint32_t count = 0;
    const Regex* regex = nullptr;
    std::string_view text;  // next match: in what, and from where
    std::size_t from = 0;
    std::size_t from_units = 0;  // the same in UTF-16
};

/// How many arguments somebody who calls it back passes at most.
std::size_t arity_of(const Function& function);

/// From where a function is called, for messages.
struct Caller {
    std::string_view name;  // empty: unknown
    std::size_t position = 0;
    bool is_known = false;
};

class Evaluator {
public:
    Evaluator(const Tree& tree, const Options& options, const Environment& environment);

    /// The result; undefined where there is none.
    Maybe run(const Value& input);

    // --- for the functions of the library ---

    Arena& arena() { return arena_; }
    Work& work() { return environment_.work; }
    Prng& random() { return environment_.random; }
    [[nodiscard]] const Environment& environment() const { return environment_; }
    [[nodiscard]] const Options& options() const { return options_; }

    [[nodiscard]] stepwell::Failure<Raised> raise(std::string code);
    [[nodiscard]] stepwell::Failure<Raised> raise(Fault fault);
    [[nodiscard]] stepwell::Failure<Raised> raise(std::string code, const Value& value);

    /// Pays; fails where that is too much, or what was made is.
    Result<void, Raised> spend(std::uint64_t units = 1);
    /// Whether so many bytes may be made in all; costs nothing.
    Result<void, Raised> fits(std::size_t bytes);
    /// To be asked before so many bytes are made, and pays for them.
    Result<void, Raised> make_room(std::size_t bytes);

    Maybe apply(const Value& function, std::span<const Value> arguments, const Value& input,
                const Caller& caller = {});
    /// Calls back with as many of the arguments as the function takes.
    Maybe call_back(const Value& function, const Value& first, const Value& second,
                    const Value& third);
    /// The matches of a pattern or of a function that behaves like one: each an object with match,
    /// start, end, groups and next.
    Maybe match(const Value& matcher, std::string_view text);
    Maybe next_match(const Value& match);
    /// Parses and evaluates: `$eval`.
    Maybe evaluate_text(std::string_view text, const Value& input, Frame* frame);

    Value text(std::string_view text) { return Value::of(arena_.keep(text)); }

private:
    Maybe evaluate(const Node& node, const Value& input, Frame* frame);
    Maybe evaluate_kind(const Node& node, const Value& input, Frame* frame);
    /// Whether no other level fits: by their number, or by the stack that they take, which is
    /// several times as much under a sanitizer.
    [[nodiscard]] bool is_too_deep() const {
        const auto* here = static_cast<const char*>(__builtin_frame_address(0));
        return depth_ >= options_.depth_max || stack_begin_ - here > kStackBytesMax;
    }
    Maybe finished(const Node& node, const Value& result);
    Value closure(const Node& node, const Value& input, Frame* frame);
    Value variable(const Node& node, const Value& input, Frame* frame);
    Value lookup(Symbol symbol, Frame* frame);
    /// What is bound to a name that the evaluator itself asks for.
    Value named(std::string_view name, Frame* frame);
    Value global(Symbol symbol);
    Value given_or_native(std::string_view name);
    Frame* new_frame(Frame* parent);
    Frame* frame_of(const Tuple& tuple, Frame* parent);

    // evaluator_path.cpp
    Maybe path(const Node& node, const Value& input, Frame* frame);
    Maybe as_input(const Node& next, const Value& found);
    Maybe path_of_names(const Node& node, Value current, std::size_t& at, bool& is_done);
    Maybe step(const Node& node, const Value& input, Frame* frame, bool is_last);
    Maybe tuple_step(const Node& node, const Value& input, const Value& tuples, Frame* frame);
    Result<void, Raised> add_tuples(const Node& node, const Tuple& from, const Value& found,
                                    Array& tuples);
    Tuple* extended(const Tuple& from, std::uint32_t more);
    static void set(Tuple& tuple, Symbol symbol, const Value& value);
    Maybe stages(const Node& node, const Value& input, Frame* frame);
    Maybe filter(const Node& predicate, const Value& input, Frame* frame);
    Result<bool, Raised> is_chosen(const Value& answer, std::size_t at, std::size_t size);
    Value member_of(const Value& input, std::string_view key);
    Maybe wildcard(const Value& input);
    Maybe descendants(const Value& input);
    Result<void, Raised> add_descendants(const Value& input, Array& found);
    Maybe sort(const Node& node, const Value& input, Frame* frame);
    Result<bool, Raised> is_after(const Node& node, const Value& a, const Value& b, bool is_tuple,
                                  Frame* frame);

    // evaluator_operators.cpp
    Maybe binary(const Node& node, const Value& input, Frame* frame);
    Maybe numeric(const Node& node, const Value& left, const Value& right);
    Result<void, Raised> check_number(const Value& value);
    Maybe comparison(const Node& node, const Value& left, const Value& right);
    Maybe range(const Node& node, const Value& left, const Value& right);
    Maybe concatenation(const Value& left, const Value& right);
    Maybe negation(const Node& node, const Value& input, Frame* frame);
    Maybe array(const Node& node, const Value& input, Frame* frame);
    Maybe group(const Node& node, const Value& input, Frame* frame);
    void add_to_group(Value& data, bool& is_list, const Value& item);
    Tuple* reduced(const Value& tuples);
    Maybe transform(const Function& function, const Value& object);
    Result<void, Raised> transform_one(const Node& node, const Value& match, Frame* frame);

    // evaluator_calls.cpp
    Maybe function(const Node& node, const Value& input, Frame* frame, const Value* first);
    Result<std::vector<Value>, Raised> arguments(const Node& node, const Value& input, Frame* frame,
                                                 const Value* first);
    Maybe partial(const Node& node, const Value& input, Frame* frame);
    Maybe chain(const Node& node, const Value& input, Frame* frame);
    Maybe apply_once(const Value& function, std::span<const Value> arguments, const Value& input,
                     Frame* frame, bool is_checked);
    Maybe apply_function(const Function& function, std::span<const Value> arguments,
                         const Value& input, Frame* frame, bool is_checked);
    Maybe lambda(const Function& function, std::span<const Value> arguments);
    Maybe match_from(const Function& function, std::string_view text, std::size_t from,
                     std::size_t from_units);
    void name_fault(Fault& fault, const Caller& caller, bool is_inside = false) const;
    Value suggestion(const Node& procedure, Frame* frame);

    const Tree* tree_;
    const Options& options_;
    const Environment& environment_;
    Arena arena_;
    std::vector<std::unique_ptr<Tree>> evaluated_;  // by $eval
    std::vector<std::optional<Value>> globals_;
    std::unique_ptr<Fault> fault_;
    Value root_;
    int depth_ = 0;
    /// Where the stack stood when this began.
    const char* stack_begin_ = static_cast<const char*>(__builtin_frame_address(0));
};

}  // namespace stepwell::expression::jsonata
