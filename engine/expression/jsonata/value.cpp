#include "engine/expression/jsonata/value.hpp"

#include <algorithm>

#include "engine/base/big_integer.hpp"
#include "engine/base/keyed_hash.hpp"
#include "engine/expression/jsonata/nesting.hpp"
#include "engine/expression/jsonata/text.hpp"

namespace stepwell::expression::jsonata {
namespace {

constexpr double kExactMax = 9007199254740992;  // 2^53
constexpr std::uint32_t kIndexedFrom = 16;
constexpr std::uint32_t kFreeSlot = UINT32_MAX;

bool has_equal_elements(const Value& a, const Value& b, Work& work) {
    const std::size_t size = a.size();
    if (size != b.size()) return false;
    for (std::size_t i = 0; i < size; ++i) {
        if (!is_equal(a[i], b[i], work)) return false;
    }
    return true;
}

bool has_equal_members(const Value& a, const Value& b, Work& work) {
    if (a.members() != b.members()) return false;
    bool is_same = true;
    for_each_member(a, [&](std::string_view key, const Value& value) {
        if (!is_same || !work.spend(cost_to_read(key.size()))) {
            is_same = false;
            return;
        }
        is_same = is_equal(value, b.member(key), work);
    });
    return is_same;
}

}  // namespace

Value Value::of(const Json& json) {
    Value made;
    switch (json.type()) {
        case Json::value_t::null:
            return null();
        case Json::value_t::boolean:
            return of(json.get<bool>());
        case Json::value_t::string:
            return of(std::string_view(json.get_ref<const std::string&>()));
        case Json::value_t::number_float:
            made = of(json.get<double>());
            made.form_ = Form::given_double;
            return made;
        case Json::value_t::binary:
            made.kind_ = Kind::number;
            made.form_ = Form::big_integer;
            made.json_ = &json;
            return made;
        case Json::value_t::number_integer:
            made = of(static_cast<double>(json.get<std::int64_t>()));
            if (std::abs(made.number_) < kExactMax) return made;
            made.form_ = Form::signed_integer;
            made.signed_ = json.get<std::int64_t>();
            return made;
        case Json::value_t::number_unsigned:
            made = of(static_cast<double>(json.get<std::uint64_t>()));
            if (made.number_ < kExactMax) return made;
            made.form_ = Form::unsigned_integer;
            made.unsigned_ = json.get<std::uint64_t>();
            return made;
        case Json::value_t::array:
            made.kind_ = Kind::array;
            break;
        case Json::value_t::object:
            made.kind_ = Kind::object;
            break;
        default:
            return made;
    }
    made.form_ = Form::json;
    made.json_ = &json;
    return made;
}

std::size_t Value::size() const {
    return form_ == Form::json ? json_->size() : array_->size;
}

Value Value::operator[](std::size_t at) const {
    return form_ == Form::json ? of((*json_)[at]) : array_->items[at];
}

Value Value::member(std::string_view key) const {
    if (form_ == Form::json) {
        const Json* found = find(*json_, key);
        return found ? of(*found) : Value();
    }
    const Member* found = object_->find(key);
    return found ? found->value : Value();
}

std::size_t Value::members() const {
    return form_ == Form::json ? json_->size() : object_->size;
}

bool Value::is_identical(const Value& other) const {
    if (kind_ != other.kind_) return false;
    switch (kind_) {
        case Kind::undefined:
        case Kind::null:
            return true;
        case Kind::boolean:
            return boolean_ == other.boolean_;
        case Kind::number:
            if (form_ == other.form_ && form_ == Form::signed_integer) {
                return signed_ == other.signed_;
            }
            if (form_ == other.form_ && form_ == Form::unsigned_integer) {
                return unsigned_ == other.unsigned_;
            }
            if (form_ == other.form_ && form_ == Form::big_integer) return *json_ == *other.json_;
            return number() == other.number();
        case Kind::string:
            return text() == other.text();
        default:
            return form_ == other.form_ && array_ == other.array_;
    }
}

Json Value::number_as_json() const {
    switch (form_) {
        case Form::signed_integer:
            return signed_;
        case Form::unsigned_integer:
            return unsigned_;
        case Form::given_double:
            return number_;
        case Form::big_integer:
            return *json_;
        default:
            break;
    }
    const bool is_whole = std::floor(number_) == number_ && std::abs(number_) < 1e18;
    if (is_whole) return static_cast<std::int64_t>(number_);
    return number_;
}

void Array::grow(Arena& arena, std::size_t count) {
    constexpr std::size_t kFirst = 4;
    const std::size_t wanted = std::max({count, kFirst, 2 * std::size_t{capacity}});
    Value* grown = static_cast<Value*>(arena.allocate(sizeof(Value) * wanted));
    std::copy_n(items, size, grown);
    items = grown;
    capacity = static_cast<std::uint32_t>(wanted);
}

Member* Object::find(std::string_view key) const {
    if (!slots) {
        for (std::uint32_t i = 0; i < size; ++i) {
            if (items[i].key == key) return &items[i];
        }
        return nullptr;
    }
    for (std::uint64_t slot = keyed_hash(key) & mask; slots[slot] != kFreeSlot;
         slot = (slot + 1) & mask) {
        if (items[slots[slot]].key == key) return &items[slots[slot]];
    }
    return nullptr;
}

void Object::set(Arena& arena, std::string_view key, Value value) {
    if (Member* found = find(key)) {
        found->value = value;
        return;
    }
    if (size == capacity) {
        capacity = std::max<std::uint32_t>(4, 2 * capacity);
        Member* grown = static_cast<Member*>(arena.allocate(sizeof(Member) * capacity));
        std::copy_n(items, size, grown);
        items = grown;
    }
    items[size++] = {key, value};
    if (size < kIndexedFrom) return;
    if (!slots || mask + 1 < 2 * size) return index(arena);
    std::uint64_t slot = keyed_hash(key) & mask;
    while (slots[slot] != kFreeSlot) slot = (slot + 1) & mask;
    slots[slot] = size - 1;
}

void Object::erase(Arena& arena, std::string_view key) {
    Member* found = find(key);
    if (!found) return;
    std::copy(found + 1, items + size, found);
    --size;
    slots = nullptr;
    if (size >= kIndexedFrom) index(arena);
}

void Object::index(Arena& arena) {
    std::uint32_t count = 4 * kIndexedFrom;
    while (count < 3 * size) count *= 2;
    slots = static_cast<std::uint32_t*>(arena.allocate(sizeof(std::uint32_t) * count));
    std::fill_n(slots, count, kFreeSlot);
    mask = count - 1;
    for (std::uint32_t at = 0; at < size; ++at) {
        std::uint64_t slot = keyed_hash(items[at].key) & mask;
        while (slots[slot] != kFreeSlot) slot = (slot + 1) & mask;
        slots[slot] = at;
    }
}

Value appended(Arena& arena, const Value& a, const Value& b) {
    if (a.is_undefined()) return b;
    if (b.is_undefined()) return a;
    const std::size_t size_a = a.is_array() ? a.size() : 1;
    const std::size_t size_b = b.is_array() ? b.size() : 1;
    Array* joined = new_array(arena, size_a + size_b);
    const auto add = [&](const Value& part, std::size_t size) {
        if (!part.is_array()) return joined->push(arena, part);
        for (std::size_t i = 0; i < size; ++i) joined->push(arena, part[i]);
    };
    add(a, size_a);
    add(b, size_b);
    return Value::of(joined);
}

bool is_equal(const Value& a, const Value& b, Work& work) {
    const Nesting nesting;
    if (!work.spend() || Nesting::is_too_deep(work)) return false;
    if (a.kind() != b.kind()) return false;
    if (a.is_string()) {
        return a.text().size() == b.text().size() && work.spend(cost_to_read(a.text().size())) &&
               a.text() == b.text();
    }
    if (a.is_identical(b)) return true;
    if (a.is_array()) return has_equal_elements(a, b, work);
    if (a.is_object()) return has_equal_members(a, b, work);
    return false;
}

bool is_true(const Value& value, Work& work) {
    const Nesting nesting;
    if (Nesting::is_too_deep(work)) return false;
    switch (value.kind()) {
        case Kind::boolean:
            return value.boolean();
        case Kind::number:
            return value.number() != 0 && !std::isnan(value.number());
        case Kind::string:
            return !value.text().empty();
        case Kind::object:
            return value.members() > 0;
        case Kind::array:
            break;
        default:
            return false;
    }
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!work.spend()) return false;
        if (is_true(value[i], work)) return true;
    }
    return false;
}

Value deep_copy(Arena& arena, const Value& value, Work& work) {
    const Nesting nesting;
    if (!work.spend(2) || arena.is_full() || Nesting::is_too_deep(work)) return {};
    if (value.is_array()) {
        const std::size_t size = value.size();
        Array* copy = new_array(arena, size);
        for (std::size_t i = 0; i < size; ++i) {
            copy->push(arena, deep_copy(arena, value[i], work));
        }
        return Value::of(copy);
    }
    if (!value.is_object()) return value;
    Object* copy = arena.make<Object>();
    for_each_member(value, [&](std::string_view key, const Value& member) {
        copy->set(arena, key, deep_copy(arena, member, work));
    });
    return Value::of(copy);
}

bool is_deeper_than(const Value& value, int limit) {
    if (!value.is_array() && !value.is_object()) return false;
    if (limit <= 0) return true;
    bool is_deeper = false;
    if (value.is_array()) {
        for (std::size_t i = 0; i < value.size() && !is_deeper; ++i) {
            is_deeper = is_deeper_than(value[i], limit - 1);
        }
        return is_deeper;
    }
    for_each_member(value, [&](std::string_view, const Value& member) {
        is_deeper = is_deeper || is_deeper_than(member, limit - 1);
    });
    return is_deeper;
}

std::string json_text(const Value& value) {
    std::string text;
    switch (value.kind()) {
        case Kind::boolean:
            return value.boolean() ? "true" : "false";
        case Kind::number:
            return std::isfinite(value.number()) ? number_text(value.number()) : "null";
        case Kind::string:
            append_json(text, value.text());
            return text;
        case Kind::array:
            for (std::size_t i = 0; i < value.size(); ++i) {
                text += (i > 0 ? "," : "") + json_text(value[i]);
            }
            return "[" + text + "]";
        case Kind::object:
            for_each_member(value, [&](std::string_view key, const Value& member) {
                if (member.is_undefined() || member.is_function()) return;
                if (!text.empty()) text += ',';
                append_json(text, key);
                text += ':' + json_text(member);
            });
            return "{" + text + "}";
        default:
            return "null";
    }
}

Json to_json(const Value& value) {
    switch (value.kind()) {
        case Kind::boolean:
            return value.boolean();
        case Kind::number:
            return value.number_as_json();
        case Kind::string:
            return std::string(value.text());
        case Kind::array: {
            if (!value.array()) return value.json();
            Json array = Json::array();
            array.get_ref<Json::array_t&>().reserve(value.size());
            for (std::size_t i = 0; i < value.size(); ++i) array.push_back(to_json(value[i]));
            return array;
        }
        case Kind::object: {
            if (!value.object()) return value.json();
            Json object = Json::object();
            for_each_member(value, [&](std::string_view key, const Value& member) {
                if (!member.is_undefined() && !member.is_function()) {
                    object[std::string(key)] = to_json(member);
                }
            });
            return object;
        }
        default:
            return nullptr;
    }
}

}  // namespace stepwell::expression::jsonata
