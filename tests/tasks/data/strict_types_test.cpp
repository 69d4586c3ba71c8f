// Declared types take exactly their own values: a table of texts by hand, and thousands of
// generated ones against arithmetic on the digits themselves.
#include "tasks/sql/strict_types.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tasks/sql/column_types.hpp"
#include "tasks/sql/duckdb/duckdb_engine.hpp"
#include "tasks/sql/strict_cast.hpp"
#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

using namespace tasks::data;

class Engine {
public:
    Engine() : database_(*open_duckdb({})), connection_(*database_->connect()) {}

    /// What each text is as the type; "-" where it is none.
    std::vector<std::string> read(const std::vector<std::string>& texts,
                                  const DeclaredType& declared) {
        Json list = Json::array();
        for (const auto& text : texts) list.push_back(text);
        const auto rows = connection_->query("select coalesce(cast(" + strict_text("x", declared) +
                                             " as varchar), '-') from (select unnest(" +
                                             sql_literal(list) + ") as x)");
        REQUIRE_MESSAGE(rows.has_value(), rows.error().message);
        std::vector<std::string> values;
        for (const auto& row : rows->rows) values.push_back(row[0].get<std::string>());
        return values;
    }
    std::string read_one(const std::string& text, const DeclaredType& declared) {
        return read({text}, declared)[0];
    }
    std::string value(const std::string& sql) {
        const auto value = connection_->query_value("select cast((" + sql + ") as varchar)");
        REQUIRE_MESSAGE(value.has_value(), value.error().message);
        return value->is_null() ? "-" : value->get<std::string>();
    }

private:
    std::shared_ptr<Database> database_;
    std::unique_ptr<Connection> connection_;
};

DeclaredType type(const std::string& name) {
    DeclaredType declared;
    declared.type = name;
    return declared;
}

TEST_CASE("A text is of a type only if it is exactly a value of it") {
    const struct {
        const char* type;
        const char* text;
        const char* want;
    } cases[] = {
        {"bigint", "-5", "-5"},
        {"bigint", "+5", "5"},
        {"bigint", "007", "7"},
        {"bigint", "1.0", "1"},
        {"bigint", "1.5", "-"},
        {"bigint", "1e3", "-"},
        {"bigint", " 7 ", "-"},
        {"bigint", "1_000", "-"},
        {"bigint", "0x1F", "-"},
        {"bigint", "", "-"},
        {"bigint", "-", "-"},
        {"bigint", "9223372036854775807", "9223372036854775807"},
        {"bigint", "9223372036854775808", "-"},
        {"bigint", "-9223372036854775808", "-9223372036854775808"},
        {"INT", "2147483648", "-"},
        {"tinyint", "127", "127"},
        {"tinyint", "128", "-"},
        {"ubigint", "18446744073709551615", "18446744073709551615"},
        {"ubigint", "-1", "-"},
        {"hugeint", "-170141183460469231731687303715884105728",
         "-170141183460469231731687303715884105728"},
        {"hugeint", "170141183460469231731687303715884105728", "-"},
        {"uhugeint", "340282366920938463463374607431768211455",
         "340282366920938463463374607431768211455"},
        {"decimal(18,2)", "10.999", "-"},
        {"decimal(18,2)", "10.990", "10.99"},
        {"decimal(18,2)", "1_000.00", "-"},
        {"decimal(18,2)", "1,000.00", "-"},
        {"decimal(18,2)", ".5", "0.50"},
        {"decimal(18,2)", "5.", "-"},
        {"decimal(18,2)", "1e2", "-"},
        {"Numeric(5, 2)", "999.99", "999.99"},
        {"numeric(5,2)", "1000.00", "-"},
        {"decimal", "1.125", "1.125"},
        {"double", "0.1", "0.1"},
        {"double", "1e3", "1000.0"},
        {"double", "-0", "0.0"},
        {"double", "-0.0e5", "0.0"},
        {"float", "-0", "0.0"},
        {"double", "nan", "-"},
        {"double", "inf", "-"},
        {"double", "1e999", "-"},
        {"double", "1e-999", "-"},
        {"double", " 1", "-"},
        {"float", "1e39", "-"},
        {"boolean", "true", "true"},
        {"boolean", "FALSE", "false"},
        {"boolean", "t", "-"},
        {"boolean", "yes", "-"},
        {"boolean", "1", "-"},
        {"date", "2024-02-29", "2024-02-29"},
        {"date", "2023-02-29", "-"},
        {"date", "2024-1-5", "-"},
        {"date", "20240105", "-"},
        {"date", "0000-00-00", "-"},
        {"date", "2024-01-15 10:00:00", "-"},
        {"date", "2020-01-01 garbage", "-"},
        {"date", "infinity", "-"},
        {"date", "epoch", "-"},
        {"time", "10:20:30.5", "10:20:30.5"},
        {"time", "24:00:00", "-"},
        {"timestamp", "2024-01-15T10:00:00", "2024-01-15 10:00:00"},
        {"timestamp", "2024-01-15", "2024-01-15 00:00:00"},
        {"timestamp", "1969-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"},
        {"timestamp", "2024-01-15 10:00:00.1234560", "2024-01-15 10:00:00.123456"},
        {"timestamp", "2024-01-15 10:00:00.123456789", "-"},
        {"timestamp", "2024-01-15T10:00:00+02:00", "-"},
        {"timestamp", "2024-01-15T10:00:00Z", "-"},
        {"timestamp", "2024-01-15 25:00:00", "-"},
        {"timestamp_s", "2024-01-15 10:00:00.5", "-"},
        {"timestamp_ns", "2024-01-15 10:00:00.123456789", "2024-01-15 10:00:00.123456789"},
        {"timestamptz", "2024-01-15T10:00:00+02:00", "2024-01-15 08:00:00+00"},
        {"timestamp with time zone", "2024-01-15T10:00:00-0530", "2024-01-15 15:30:00+00"},
        {"timestamptz", "2024-01-15 10:00:00Z", "2024-01-15 10:00:00+00"},
        {"timestamptz", "2024-01-15 10:00:00", "2024-01-15 10:00:00+00"},
        {"timestamptz", "2024-01-15 10:00:00+2", "-"},
        {"uuid", "8e1b0b5e-5a5b-4a40-9e57-0b5a5f1fd7f1", "8e1b0b5e-5a5b-4a40-9e57-0b5a5f1fd7f1"},
        {"uuid", "{8e1b0b5e-5a5b-4a40-9e57-0b5a5f1fd7f1}", "-"},
        {"varchar(3)", "Zoë", "Zoë"},
        {"varchar(3)", "Zoës", "-"},
        {"text", " as it is ", " as it is "},
        {"bigint[]", "[1, 2]", "[1, 2]"},
        {"bigint[]", "[1.5, 2]", "-"},
    };
    Engine engine;
    for (const auto& test : cases) {
        INFO(test.type << " '" << test.text << "'");
        CHECK(engine.read_one(test.text, type(test.type)) == test.want);
    }
}

TEST_CASE("Values that have a type already are taken only where the cast gives them back") {
    Engine engine;
    const auto as = [&](const std::string& value, const std::string& from, const std::string& to) {
        return engine.value(strict_value("(" + value + ")", from, type(to)));
    };
    CHECK(as("1.5::double", "double", "bigint") == "-");
    CHECK(as("2.0::double", "double", "bigint") == "2");
    CHECK(as("9007199254740993::bigint", "bigint", "double") == "-");
    CHECK(as("12.999::decimal(10,3)", "decimal(10,3)", "decimal(10,2)") == "-");
    CHECK(as("12.990::decimal(10,3)", "decimal(10,3)", "decimal(10,2)") == "12.99");
    CHECK(as("timestamp '2024-01-15 10:00:00'", "timestamp", "date") == "-");
    CHECK(as("timestamp '2024-01-15 00:00:00'", "timestamp", "date") == "2024-01-15");
    CHECK(as("300::integer", "integer", "tinyint") == "-");
    CHECK(as("300::integer", "integer", "bigint") == "300");
    CHECK(as("null::integer", "integer", "tinyint") == "-");
    CHECK(as("5::integer", "integer", "varchar") == "5");
}

TEST_CASE("What is loose is said by name, and only that is taken beside exact values") {
    Engine engine;
    DeclaredType rounded = type("decimal(18,2)");
    rounded.are_numbers_rounded = true;
    CHECK(engine.read_one("10.999", rounded) == "11.00");
    CHECK(engine.read_one("1e2", rounded) == "100.00");
    CHECK(engine.read_one("1_000", rounded) == "-");
    CHECK(engine.read_one("nan", rounded) == "-");
    DeclaredType date = type("date");
    date.have_dates_times = true;
    CHECK(engine.read_one("2024-01-15 10:00:00", date) == "2024-01-15");
    CHECK(engine.read_one("2024-01-15T23:00:00+02:00", date) == "2024-01-15");
    CHECK(engine.read_one("2024-01-15 later", date) == "-");
    DeclaredType german = type("date");
    german.format = "%d.%m.%Y";
    CHECK(engine.read_one("31.12.2024", german) == "2024-12-31");
    CHECK(engine.read_one("2024-12-31", german) == "-");
    german.format = "%d.%m.%Y %H:%M";
    CHECK(engine.read_one("31.12.2024 10:00", german) == "-");
    CHECK(engine.read_one("31.12.2024 00:00", german) == "2024-12-31");
}

/// A number, taken apart by hand: the reference.
struct Digits {
    bool is_number = false;
    bool is_negative = false;
    std::string whole;     // without zeros that do not count
    std::string fraction;  // the same
};

Digits digits_of(const std::string& text) {
    Digits number;
    std::size_t at = 0;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) {
        number.is_negative = text[at] == '-';
        ++at;
    }
    const std::string rest = text.substr(at);
    const std::size_t point = rest.find('.');
    number.whole = rest.substr(0, point);
    number.fraction = point == rest.npos ? "" : rest.substr(point + 1);
    const auto are_digits = [](const std::string& part) {
        return std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    };
    const bool has_part = point == rest.npos ? !number.whole.empty() : !number.fraction.empty();
    number.is_number = has_part && are_digits(number.whole) && are_digits(number.fraction);
    while (!number.whole.empty() && number.whole[0] == '0') number.whole.erase(0, 1);
    while (!number.fraction.empty() && number.fraction.back() == '0') number.fraction.pop_back();
    return number;
}

/// The value of `text` as decimal(width,scale), as DuckDB writes it; "-" = none.
std::string decimal_reference(const std::string& text, std::size_t width, std::size_t scale) {
    Digits number = digits_of(text);
    if (!number.is_number || number.whole.size() > width - scale ||
        number.fraction.size() > scale) {
        return "-";
    }
    const bool is_zero = number.whole.empty() && number.fraction.empty();
    number.fraction.resize(scale, '0');
    // A decimal without room before the point is written without a zero there.
    const bool has_room = width > scale;
    std::string value = number.whole.empty() && has_room ? "0" : number.whole;
    if (scale > 0) value += "." + number.fraction;
    return (number.is_negative && !is_zero ? "-" : "") + value;
}

/// Whether digits are at most those of `limit`.
bool is_within(const std::string& digits, const std::string& limit) {
    return digits.size() < limit.size() || (digits.size() == limit.size() && digits <= limit);
}

std::string integer_reference(const std::string& text, const std::string& low,
                              const std::string& high) {
    const Digits number = digits_of(text);
    const bool has_whole = !text.empty() && text.find_first_of("0123456789") < text.find('.');
    if (!number.is_number || !has_whole || !number.fraction.empty()) return "-";
    if (number.whole.empty()) return "0";
    if (!is_within(number.whole, number.is_negative ? low : high)) return "-";
    return (number.is_negative ? "-" : "") + number.whole;
}

/// Texts like numbers, with what commonly goes wrong in some.
std::vector<std::string> number_texts(std::size_t count) {
    std::mt19937 random(20241129);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const auto digits = [&](unsigned most) {
        std::string text;
        for (unsigned n = below(most + 1); n > 0; --n) {
            text += static_cast<char>(below(5) == 0 ? '0' : below(6) == 0 ? '9' : '0' + below(10));
        }
        return text;
    };
    std::vector<std::string> texts;
    while (texts.size() < count) {
        std::string text = below(3) == 0 ? "-" : below(8) == 0 ? "+" : "";
        text += digits(below(2) == 0 ? 4 : 21);
        if (below(2) == 0) text += "." + digits(below(2) == 0 ? 3 : 12);
        if (below(12) == 0) text += "e" + digits(2);
        if (below(12) == 0 && !text.empty()) text[below(static_cast<unsigned>(text.size()))] = ' ';
        if (below(20) == 0) text += "_0";
        texts.push_back(text);
    }
    return texts;
}

TEST_CASE("Numbers are those that arithmetic on their digits gives, over thousands of texts") {
    Engine engine;
    const auto texts = number_texts(4000);
    const auto compare = [&](const std::string& name, const auto& reference) {
        const auto values = engine.read(texts, type(name));
        REQUIRE(values.size() == texts.size());
        std::size_t taken = 0;
        for (std::size_t i = 0; i < texts.size(); ++i) {
            INFO(name << " '" << texts[i] << "'");
            REQUIRE(values[i] == reference(texts[i]));
            taken += values[i] == "-" ? 0 : 1;
        }
        CHECK(taken > texts.size() / 100);
    };
    const struct {
        const char* type;
        const char* low;
        const char* high;
    } integers[] = {
        {"tinyint", "128", "127"},
        {"smallint", "32768", "32767"},
        {"integer", "2147483648", "2147483647"},
        {"bigint", "9223372036854775808", "9223372036854775807"},
        {"hugeint", "170141183460469231731687303715884105728",
         "170141183460469231731687303715884105727"},
    };
    for (const auto& test : integers) {
        compare(test.type, [&](const std::string& text) {
            return integer_reference(text, test.low, test.high);
        });
    }
    for (const auto& [width, scale] :
         {std::pair{18, 2}, {9, 4}, {38, 10}, {4, 0}, {20, 20}, {18, 18}}) {
        const auto w = static_cast<std::size_t>(width);
        const auto s = static_cast<std::size_t>(scale);
        compare("decimal(" + std::to_string(width) + "," + std::to_string(scale) + ")",
                [&](const std::string& text) { return decimal_reference(text, w, s); });
    }
}

TEST_CASE("The type that is read off texts gives every text back") {
    const struct {
        std::vector<std::string> texts;
        const char* type;
    } cases[] = {
        {{"1", "-2", "9223372036854775807"}, "bigint"},
        {{"1", "9223372036854775808"}, "hugeint"},
        {{"12345678901234567890"}, "hugeint"},
        {{"1.5", "2", "0.25"}, "double"},
        {{"1e3", "2"}, "double"},
        {{"123456789012345", "1.5"}, "double"},
        {{"1234567890123456.78", "10.50"}, "decimal(18,2)"},
        {{"1234567890123456.78", "10.5"}, "varchar"},
        {{"900719925474099301", "1.5"}, "varchar"},
        {{"1e999", "1"}, "varchar"},
        {{"0.1234567890123456789"}, "decimal(20,19)"},
        {{"01234", "2"}, "varchar"},
        {{"+1"}, "varchar"},
        {{"-0"}, "double"},
        {{"true", "false"}, "boolean"},
        {{"true", "1"}, "varchar"},
        {{"True"}, "varchar"},
        {{"2024-02-29"}, "date"},
        {{"2023-02-29"}, "varchar"},
        {{"2024-01-01 00:00:00", "2024-01-01T10:00:00.5"}, "timestamp"},
        {{"2024-01-01 00:00:00", "2024-01-01"}, "varchar"},
        {{"2024-01-01 00:00:00.123456789"}, "varchar"},
        {{"2024-01-01T00:00:00Z"}, "varchar"},
        {{"", "1"}, "varchar"},
        {{"nan"}, "varchar"},
    };
    for (const auto& test : cases) {
        std::uint64_t kinds = ~0ULL;
        for (const auto& text : test.texts) kinds &= strict::kinds_of(text);
        INFO(test.texts[0]);
        CHECK(strict::type_of_kinds(kinds) == test.type);
    }
}

TEST_CASE("A number whose kind is a type comes back from that type, over thousands of texts") {
    Engine engine;
    std::vector<std::string> texts;
    for (auto& text : number_texts(4000)) {
        if (strict::kinds_of(text) != 0) texts.push_back(std::move(text));
    }
    REQUIRE(texts.size() > 500);
    for (const auto& text : texts) {
        const std::string name = strict::type_of_kinds(strict::kinds_of(text));
        INFO(text << " as " << name);
        if (name == "double" || name == "varchar") continue;  // digits that a double prints: below
        REQUIRE(engine.read_one(text, type(name)) == text);
    }
    const auto doubles = engine.read(texts, type("double"));
    for (std::size_t i = 0; i < texts.size(); ++i) {
        if (strict::type_of_kinds(strict::kinds_of(texts[i])) != "double") continue;
        if (texts[i].find('e') != texts[i].npos || doubles[i].find('e') != doubles[i].npos)
            continue;
        const Digits from = digits_of(texts[i]);
        const Digits back = digits_of(doubles[i]);
        INFO(texts[i] << " " << doubles[i]);
        CHECK(from.whole + "." + from.fraction == back.whole + "." + back.fraction);
    }
}

TEST_CASE("Every name of a type means one type") {
    CHECK(canonical_type(" INT8 ") == "bigint");
    CHECK(canonical_type("Numeric( 10 , 2 )") == "decimal(10,2)");
    CHECK(canonical_type("decimal(7)") == "decimal(7,0)");
    CHECK(canonical_type("decimal") == "decimal(18,3)");
    CHECK(canonical_type("timestamp  with time zone") == "timestamptz");
    CHECK(canonical_type("string[]") == "varchar[]");
    CHECK(canonical_type("geometry") == "geometry");
}

TEST_CASE("Exact numbers never widen to inexact ones") {
    CHECK(wider_type("bigint", "double") == std::nullopt);
    CHECK(wider_type("decimal(18,2)", "float") == std::nullopt);
    CHECK(wider_type("decimal(38,4)", "decimal(20,10)") == std::nullopt);
    CHECK(wider_type("float", "double") == "double");
    CHECK(wider_type("bigint", "decimal(18,2)") == "decimal(21,2)");
    CHECK(wider_type("date", "timestamp") == "timestamp");
}

}  // namespace
}  // namespace stepwell::test
