#include "engine/base/shape.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/nearest.hpp"
#include "engine/base/utf8.hpp"

namespace stepwell {
namespace {

using Kind = Shape::Kind;

Shape shape_of(Kind kind, std::string_view name, std::string_view says) {
    Shape made;
    made.kind = kind;
    made.name = name;
    made.says = says;
    return made;
}

std::string listed(const std::vector<std::string>& names, std::string_view last = ", ") {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i != 0) text += i + 1 == names.size() ? std::string(last) : ", ";
        text += names[i];
    }
    return text;
}

std::string number_text(double number) {
    if (number == std::floor(number) && std::abs(number) < 1e15) {
        return std::to_string(static_cast<std::int64_t>(number));
    }
    return Json(number).dump();
}

/// What a value is, short and on one line.
std::string described(const Json& value) {
    constexpr std::size_t kBytesMax = 60;
    if (value.is_object()) return value.empty() ? "an empty object" : "an object";
    if (value.is_array()) return value.empty() ? "an empty list" : "a list";
    std::string text = value.is_string() ? "'" + value.get<std::string>() + "'" : to_text(value);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    if (text.size() <= kBytesMax) return text;
    std::size_t end = kBytesMax;
    while (end > 0 && is_utf8_continuation(text[end])) --end;
    return text.substr(0, end) + "...";
}

bool is_scalar(const Json& value) {
    return value.is_string() || value.is_number() || value.is_boolean();
}

bool is_in_range(const Shape& shape, const Json& value) {
    const auto number = value.get<double>();
    return number >= shape.min && number <= shape.max;
}

/// Whether a value of this JSON type may be meant, whatever its value.
bool is_of_type(const Shape& shape, const Json& value) {
    switch (shape.kind) {
        case Kind::any:
            return true;
        case Kind::text:
            return value.is_string();
        case Kind::scalar:
            return is_scalar(value);
        case Kind::flag:
            return value.is_boolean();
        case Kind::whole:
            return value.is_number_integer();
        case Kind::number:
            return value.is_number();
        case Kind::special:
            return std::any_of(shape.json_types.begin(), shape.json_types.end(),
                               [&](const std::string& type) {
                                   if (type == "array") return value.is_array();
                                   if (type == "object") return value.is_object();
                                   if (type == "string") return value.is_string();
                                   if (type == "boolean") return value.is_boolean();
                                   return value.is_number();
                               });
        case Kind::texts:
            return value.is_string() || value.is_array();
        case Kind::list:
            return value.is_array();
        case Kind::object:
        case Kind::mapping:
            return value.is_object();
        case Kind::either:
            return std::any_of(shape.forms.begin(), shape.forms.end(),
                               [&](const Shape& form) { return is_of_type(form, value); });
    }
    return false;
}

bool has_member(const Json& object, const std::string& name) {
    const Json* found = find(object, name);
    return (found != nullptr && !found->is_null()) || find(object, name + ".$") != nullptr;
}

/// As has_member(), but an empty text is nothing to choose by.
bool is_given(const Json& object, const std::string& name) {
    const Json* found = find(object, name);
    return has_member(object, name) && (found == nullptr || *found != "");
}

bool has_unknown_member(const Shape& shape, const Json& object) {
    for (const auto& [name, ignored] : object.items()) {
        if (shape.member(name) == nullptr && !name.ends_with(".$")) return true;
    }
    return false;
}

/// Walks a value and its shape; the places are the path that led there.
class Checker {
public:
    explicit Checker(Written written) : written_(written) {}

    void check(const Shape& shape, const Json& value);
    std::vector<ShapeFault> take() { return std::move(faults_); }

private:
    void check_members(const Shape& shape, const Json& value);
    void check_groups(const Shape& shape, const Json& value);
    void check_texts(const Shape& shape, const Json& value);
    void check_choice(const Shape& shape, const std::string& text);
    void check_elements(const Shape& shape, const Json& value);
    void tell_unknown(const Shape& shape, const std::string& name);
    [[nodiscard]] bool is_query(const Json& value) const;

    void fault(std::string message, std::string hint = "", bool is_of_name = false) {
        faults_.push_back({pointer_, place_, is_of_name, std::move(message), std::move(hint)});
    }
    void unexpected(const Shape& shape, const Json& value) {
        // "10" in quotes looks like the number that it should be.
        const bool is_text = value.is_string() && shape.kind != Kind::special;
        fault("expected " + expectation(shape) + ", but got " + (is_text ? "the text " : "") +
              described(value));
    }

    /// Goes down a step for as long as it lives.
    class Step {
    public:
        Step(Checker& checker, const std::string& member)
            : checker_(checker), pointer_(checker.pointer_.size()), place_(checker.place_.size()) {
            checker.pointer_ += pointer_part(member);
            checker.place_ += (checker.place_.empty() ? "" : ".") + member;
        }
        Step(Checker& checker, std::size_t index)
            : checker_(checker), pointer_(checker.pointer_.size()), place_(checker.place_.size()) {
            checker.pointer_ += "/" + std::to_string(index);
            checker.place_ += "[" + std::to_string(index) + "]";
        }
        ~Step() {
            checker_.pointer_.resize(pointer_);
            checker_.place_.resize(place_);
        }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

    private:
        Checker& checker_;
        std::size_t pointer_;
        std::size_t place_;
    };

    const Written written_;
    std::string pointer_;
    std::string place_;
    std::vector<ShapeFault> faults_;
};

bool Checker::is_query(const Json& value) const {
    if (written_ != Written::as_queries || !value.is_string()) return false;
    const auto& text = value.get_ref<const std::string&>();
    return text.size() >= 4 && text.starts_with("{%") && text.ends_with("%}");
}

void Checker::check(const Shape& shape, const Json& value) {
    if (is_query(value) || shape.kind == Kind::any) return;
    const Shape* form = shape.form_of(value);
    if (form == nullptr) return unexpected(shape, value);
    if (form != &shape) return check(*form, value);
    if (!is_of_type(shape, value)) return unexpected(shape, value);
    switch (shape.kind) {
        case Kind::text:
        case Kind::scalar:
            return check_choice(shape, value.is_string() ? value.get<std::string>() : value.dump());
        case Kind::whole:
        case Kind::number:
            if (!is_in_range(shape, value)) unexpected(shape, value);
            return;
        case Kind::special:
            if (!shape.takes(value)) unexpected(shape, value);
            return;
        case Kind::texts:
            return check_texts(shape, value);
        case Kind::list:
        case Kind::mapping:
            return check_elements(shape, value);
        case Kind::object:
            return check_members(shape, value);
        case Kind::any:
        case Kind::flag:
        case Kind::either:
            return;
    }
}

void Checker::check_choice(const Shape& shape, const std::string& text) {
    if (text.empty() && shape.is_filled) return fault("expected a text, but it is empty");
    const auto& all = shape.choices;
    if (all.empty() || std::find(all.begin(), all.end(), text) != all.end()) return;
    const auto near = nearest(text, all);
    fault("expected " + expectation(shape) + ", but got " + described(Json(text)),
          near ? "did you mean '" + *near + "'?" : "");
}

void Checker::check_texts(const Shape& shape, const Json& value) {
    Shape one = shape::text(shape.name, shape.says);
    one.choices = shape.choices;
    if (value.is_string()) return check(one, value);
    for (std::size_t i = 0; i < value.size(); ++i) {
        const Step step(*this, i);
        check(one, value[i]);
    }
    if (value.empty() && shape.is_filled) fault("expected at least one text");
}

void Checker::check_elements(const Shape& shape, const Json& value) {
    std::size_t index = 0;
    for (const auto& [name, element] : value.items()) {
        const bool is_given = written_ == Written::as_paths && name.ends_with(".$");
        const bool is_list = value.is_array();
        if (!is_list && (is_given || element.is_null())) continue;
        const Step step = is_list ? Step(*this, index++) : Step(*this, name);
        check(shape.each.front(), element);
    }
    if (value.empty() && shape.is_filled) fault("expected at least one element");
}

void Checker::tell_unknown(const Shape& shape, const std::string& name) {
    const auto known = shape.member_names();
    const auto near = nearest(name, known);
    const bool is_vowel = std::string_view("aeiou").find(shape.noun[0]) != std::string_view::npos;
    fault("expected " + std::string(is_vowel ? "an " : "a ") + shape.noun + ", but '" + name +
              "' is none",
          near            ? "did you mean '" + *near + "'?"
          : known.empty() ? ""
                          : "there are " + listed(known, " and "),
          true);
}

void Checker::check_members(const Shape& shape, const Json& value) {
    for (const auto& [written_name, element] : value.items()) {
        const bool is_given = written_ == Written::as_paths && written_name.ends_with(".$");
        const std::string name =
            is_given ? written_name.substr(0, written_name.size() - 2) : written_name;
        const Step step(*this, written_name);
        const Shape* member = shape.member(name);
        if (member == nullptr) {
            tell_unknown(shape, name);
        } else if (!is_given && !element.is_null()) {
            check(*member, element);
        }
    }
    for (const Shape& member : shape.members) {
        if (!member.is_required || has_member(value, member.name)) continue;
        const Step step(*this, member.name);
        fault("expected " + expectation(member) + ", but it is not there", "", true);
    }
    check_groups(shape, value);
}

void Checker::check_groups(const Shape& shape, const Json& value) {
    for (const auto& group : shape.just_one) {
        const auto count = std::count_if(group.begin(), group.end(), [&](const std::string& name) {
            return is_given(value, name);
        });
        // A name that is none of them, and was meant to be one, has been told.
        if (count == 1 || (count == 0 && has_unknown_member(shape, value))) continue;
        fault("expected exactly one of " + listed(group, " and ") + ", but got " +
                  (count == 0 ? "none" : std::to_string(count)) + " of them",
              "", true);
    }
}

}  // namespace

Shape& Shape::needed() {
    is_required = true;
    return filled();
}

Shape& Shape::filled() {
    is_filled = true;
    return *this;
}

Shape& Shape::or_else(std::string_view text) {
    otherwise = text;
    return *this;
}

Shape& Shape::one_of(std::vector<std::string> texts) {
    choices = std::move(texts);
    return *this;
}

Shape& Shape::from_to(double least, double most) {
    min = least;
    max = most;
    return *this;
}

Shape& Shape::just_one_of(std::vector<std::string> names) {
    for (const std::string& one : names) {
        for (Shape& own : members) {
            if (own.name == one) own.is_required = false;
        }
    }
    just_one.push_back(std::move(names));
    return *this;
}

Shape& Shape::where(std::vector<std::string> names) {
    known_by = std::move(names);
    return *this;
}

Shape& Shape::called(std::string_view word) {
    noun = word;
    return *this;
}

Shape& Shape::naming(std::string_view section) {
    refers_to = section;
    return *this;
}

Shape& Shape::named(std::string_view member_name, std::string_view meaning) {
    name = member_name;
    says = meaning;
    return *this;
}

const Shape* Shape::member(std::string_view member_name) const {
    const auto found = std::find_if(members.begin(), members.end(), [&](const Shape& each_one) {
        return each_one.name == member_name;
    });
    return found == members.end() ? nullptr : &*found;
}

std::vector<std::string> Shape::member_names() const {
    std::vector<std::string> names;
    for (const Shape& each_one : members) names.push_back(each_one.name);
    return names;
}

bool Shape::takes_type_of(const Json& value) const {
    return is_of_type(*this, value);
}

const Shape* Shape::form_of(const Json& value) const {
    if (kind != Kind::either) return this;
    for (const Shape& form : forms) {
        const bool is_meant =
            form.known_by.empty() || std::any_of(form.known_by.begin(), form.known_by.end(),
                                                 [&](const std::string& member_name) {
                                                     return has_member(value, member_name);
                                                 });
        if (is_of_type(form, value) && is_meant) return form.form_of(value);
    }
    return nullptr;
}

namespace shape {

Shape any(std::string_view name, std::string_view says) {
    return shape_of(Kind::any, name, says);
}
Shape text(std::string_view name, std::string_view says) {
    return shape_of(Kind::text, name, says);
}
Shape scalar(std::string_view name, std::string_view says) {
    return shape_of(Kind::scalar, name, says);
}
Shape flag(std::string_view name, std::string_view says) {
    return shape_of(Kind::flag, name, says);
}
Shape whole(std::string_view name, std::string_view says) {
    return shape_of(Kind::whole, name, says);
}
Shape number(std::string_view name, std::string_view says) {
    return shape_of(Kind::number, name, says);
}
Shape texts(std::string_view name, std::string_view says) {
    return shape_of(Kind::texts, name, says);
}

Shape special(std::string_view name, std::string_view says, std::string_view what,
              bool (*takes)(const Json&), std::vector<std::string> json_types) {
    Shape made = shape_of(Kind::special, name, says);
    made.what = what;
    made.takes = takes;
    made.json_types = std::move(json_types);
    return made;
}

Shape list(std::string_view name, std::string_view says, Shape each) {
    Shape made = shape_of(Kind::list, name, says);
    made.each.push_back(std::move(each));
    return made;
}

Shape object(std::string_view name, std::string_view says, std::vector<Shape> members) {
    Shape made = shape_of(Kind::object, name, says);
    made.members = std::move(members);
    return made;
}

Shape object(std::vector<Shape> members) {
    return object("", "", std::move(members));
}

Shape mapping(std::string_view name, std::string_view says, Shape each) {
    Shape made = shape_of(Kind::mapping, name, says);
    made.each.push_back(std::move(each));
    return made;
}

Shape either(std::string_view name, std::string_view says, std::vector<Shape> forms) {
    Shape made = shape_of(Kind::either, name, says);
    made.forms = std::move(forms);
    return made;
}

}  // namespace shape

namespace {

std::string range_text(const Shape& shape) {
    const bool has_min = shape.min != std::numeric_limits<double>::lowest();
    const bool has_max = shape.max != std::numeric_limits<double>::max();
    if (has_min && has_max)
        return " from " + number_text(shape.min) + " to " + number_text(shape.max);
    if (has_min) return " of at least " + number_text(shape.min);
    if (has_max) return " of at most " + number_text(shape.max);
    return "";
}

std::string forms_text(const Shape& shape) {
    std::vector<std::string> all;
    for (const Shape& form : shape.forms) {
        const std::string text = expectation(form);
        if (std::find(all.begin(), all.end(), text) == all.end()) all.push_back(text);
    }
    return listed(all, " or ");
}

}  // namespace

std::string expectation(const Shape& shape) {
    if (!shape.what.empty()) return shape.what;
    if (!shape.choices.empty()) {
        std::vector<std::string> shown = shape.choices;
        std::erase(shown, "");
        return "one of " + listed(shown);
    }
    switch (shape.kind) {
        case Kind::any:
            return "a value";
        case Kind::text:
        case Kind::scalar:
            return "a text";
        case Kind::flag:
            return "true or false";
        case Kind::whole:
            return "a whole number" + range_text(shape);
        case Kind::number:
            return "a number" + range_text(shape);
        case Kind::special:
            return shape.what;
        case Kind::texts:
            return "a text or a list of texts";
        case Kind::list:
            return "a list";
        case Kind::object:
        case Kind::mapping:
            return "an object";
        case Kind::either:
            return forms_text(shape);
    }
    return "";
}

namespace {

/// Collects what refers to something, below `pointer`.
void collect_references(const Shape& shape, const Json& value, const std::string& pointer,
                        std::vector<ShapeReference>& all) {
    const Shape* form = shape.form_of(value);
    if (form == nullptr || !form->takes_type_of(value)) return;
    if (!shape.refers_to.empty() && value.is_string()) {
        all.push_back({pointer, shape.refers_to, value.get<std::string>()});
    }
    if (value.is_array()) {
        for (std::size_t i = 0; i < value.size(); ++i) {
            Shape element = form->kind == Kind::list ? form->each.front() : shape::text("", "");
            if (form->kind == Kind::texts) element.naming(shape.refers_to);
            collect_references(element, value[i], pointer + "/" + std::to_string(i), all);
        }
    }
    if (!value.is_object()) return;
    for (const auto& [name, element] : value.items()) {
        const Shape* below = form->kind == Kind::mapping ? &form->each.front() : form->member(name);
        if (below != nullptr)
            collect_references(*below, element, pointer + pointer_part(name), all);
    }
}

}  // namespace

std::vector<ShapeReference> shape_references(const Shape& shape, const Json& value,
                                             Written written) {
    std::vector<ShapeReference> all;
    collect_references(shape, value, "", all);
    const auto is_computed = [&](const ShapeReference& each_one) {
        const bool is_query = each_one.name.starts_with("{%") && each_one.name.ends_with("%}");
        return each_one.name.empty() || (written == Written::as_queries && is_query);
    };
    std::erase_if(all, is_computed);
    return all;
}

std::vector<ShapeFault> shape_faults(const Shape& shape, const Json& value, Written written) {
    Checker checker(written);
    checker.check(shape, value);
    return checker.take();
}

}  // namespace stepwell
