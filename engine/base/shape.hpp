// What a value may be: the parameters of a task, a section of the configuration. Declared once, by
// whoever reads it; from the declaration come the checks before anything runs, the readers'
// defaults, the editors' schema and the reference pages.
//
//     shape::object({shape::texts("keys", "columns that identify a row").needed(),
//                    shape::text("mode", "what becomes of rows that are there")
//                        .one_of({"append", "replace"}).or_else("append")})
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"

namespace stepwell {

/// Immutable once it is declared; safe to share between threads. null counts as absent everywhere.
struct Shape {
    enum class Kind {
        any,      // whatever JSON has
        text,     // a string
        scalar,   // a string; numbers and booleans count as their text
        flag,     // true or false
        whole,    // an integer from min to max
        number,   // any number from min to max
        special,  // what `takes` takes
        texts,    // a text or a list of texts
        list,     // each element as `each`
        object,   // with `members`, and no others
        mapping,  // any names, each value as `each`
        either,   // the first of `forms` that a value of this JSON type can be
    };

    Kind kind = Kind::any;
    std::string name;       // of a member of an object
    std::string says;       // what it is for, in one line
    std::string otherwise;  // the default, as a text
    bool is_required = false;
    bool is_filled = false;            // a text, list or mapping with something in it
    std::vector<std::string> choices;  // of text, scalar and texts: the only ones
    double min = std::numeric_limits<double>::lowest();
    double max = std::numeric_limits<double>::max();
    std::string what;  // of special: what is expected, as in "a size such as 256MB"
    bool (*takes)(const Json& value) = nullptr;
    std::vector<std::string> json_types;  // of special: JSON Schema's names, in which it comes
    std::vector<Shape> members;
    std::vector<Shape> each;  // one; a list because it is a Shape itself
    std::vector<Shape> forms;
    /// Of the members of each group there must be just one.
    std::vector<std::vector<std::string>> just_one;
    /// Of an object that is one of several forms: it is meant where one of these is there.
    std::vector<std::string> known_by;
    std::string noun = "parameter";  // what a member is called
    /// Of texts that are names of the configuration: "connections", "channels".
    std::string refers_to;

    /// It must be there, and filled.
    Shape& needed();
    Shape& filled();
    Shape& or_else(std::string_view text);
    Shape& one_of(std::vector<std::string> texts);
    Shape& from_to(double least, double most);
    Shape& just_one_of(std::vector<std::string> names);
    Shape& where(std::vector<std::string> names);
    Shape& called(std::string_view word);
    Shape& naming(std::string_view section);
    Shape& named(std::string_view member, std::string_view meaning);

    /// Null where there is none of that name.
    [[nodiscard]] const Shape* member(std::string_view member_name) const;
    /// The form that `value` is to be read as: itself, but of several; null where none fits its
    /// JSON type.
    [[nodiscard]] const Shape* form_of(const Json& value) const;
    /// Whether a value of this JSON type can be meant, right or wrong.
    [[nodiscard]] bool takes_type_of(const Json& value) const;
    [[nodiscard]] std::vector<std::string> member_names() const;
};

namespace shape {
Shape any(std::string_view name, std::string_view says);
Shape text(std::string_view name, std::string_view says);
Shape scalar(std::string_view name, std::string_view says);
Shape flag(std::string_view name, std::string_view says);
Shape whole(std::string_view name, std::string_view says);
Shape number(std::string_view name, std::string_view says);
Shape texts(std::string_view name, std::string_view says);
Shape special(std::string_view name, std::string_view says, std::string_view what,
              bool (*takes)(const Json&), std::vector<std::string> json_types);
Shape list(std::string_view name, std::string_view says, Shape each);
Shape object(std::string_view name, std::string_view says, std::vector<Shape> members);
Shape object(std::vector<Shape> members);
Shape mapping(std::string_view name, std::string_view says, Shape each);
Shape either(std::string_view name, std::string_view says, std::vector<Shape> forms);
}  // namespace shape

/// How values are given that are known only when they are needed.
enum class Written {
    plainly,     // they are not: every value is what it is
    as_paths,    // "x.$" stands for "x", and is not looked into
    as_queries,  // a string in {% %} stands for any value
};

struct ShapeFault {
    std::string pointer;      // JSON pointer below the value that was checked: "/steps/0/filter"
    std::string place;        // the same for people: "steps[0].filter"; "" for the value itself
    bool is_of_name = false;  // the member's name is wrong, not its value
    std::string message;      // "expected one of append, replace, but got 'upsertt'"
    std::string hint;         // "did you mean 'upsert'?"; may be empty
};

/// Everything that is wrong with `value`, in the order of the declaration and of the value.
std::vector<ShapeFault> shape_faults(const Shape& shape, const Json& value, Written written);

/// A name that stands in a value and means something elsewhere.
struct ShapeReference {
    std::string pointer;  // as in ShapeFault
    std::string section;  // Shape::refers_to
    std::string name;
};

/// All of them that are written down, as far as the value fits its shape.
std::vector<ShapeReference> shape_references(const Shape& shape, const Json& value,
                                             Written written);

/// "a text", "one of append, replace", "a list": what the shape expects, for messages.
std::string expectation(const Shape& shape);

}  // namespace stepwell
