// The validate task: which rows are good, why others are not, and that none is lost.
#include "tasks/validate/validate.hpp"

#include <doctest/doctest.h>

#include "tasks/etl/etl.hpp"
#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

/// What a host keeps of the rows of a file: all of these, or nothing.
const Json kKeptRows[] = {"256MB", 0};

struct Validation {
    explicit Validation(const Json& kept_rows = "256MB")
        : context(folder, {{"tasks", {{"kept_rows", kept_rows}}}}) {}

    ScratchFolder folder;
    TestContext context;
    int runs = 0;

    Outcome run(Json parameters) {
        context.set_run_key("run-" + std::to_string(++runs));
        return run_task("validate", parameters, context);
    }
    Outcome run(const std::string& csv, Json parameters) {
        folder.write("data/lake/raw/in.csv", csv);
        if (!parameters.contains("input")) parameters["input"] = "lake://raw/in.csv";
        return run(std::move(parameters));
    }
    std::string rows_of(const std::string& glob, const std::string& columns) {
        return query_text(context, "wh", "",
                          "select " + columns + " from read_parquet('" +
                              (folder.path() / "data/lake" / glob).string() + "') order by 1, 2");
    }
};

/// "failed id.type 1/3, warn ..." of the checks that did not pass.
std::string verdict(const Outcome& outcome) {
    std::string text =
        outcome.error.empty() ? outcome.result["status"].get<std::string>() : outcome.error;
    if (outcome.error == "E_CONFIG") text += " " + outcome.message();
    const Json& rows = outcome.result["rows"];
    text += " " + rows["read"].dump() + "=" + rows["good"].dump() + "+" + rows["rejected"].dump();
    for (const auto& check : outcome.result["checks"]) {
        if (check["status"] == "pass") continue;
        text += ", " + check["status"].get<std::string>() + " " + check["name"].get<std::string>();
        if (check.contains("failed")) text += " " + check["failed"].dump();
    }
    return text;
}

const Json& orders() {
    static const Json rules = *parse_json(R"x({
        "order_id": {"type": "bigint", "nullable": false, "unique": true},
        "customer_id": {"nullable": false, "regex": "^C[0-9]+$", "length": [2, 20]},
        "order_date": {"type": "date", "format": "%Y-%m-%d", "nullable": false,
                       "min": "2015-01-01", "max": "2024-12-31"},
        "order_amount": {"type": "decimal(18,2)", "nullable": false, "gt": 0},
        "status": {"in": ["completed", "pending", "cancelled"], "severity": "warn"}
    })x");
    return rules;
}

constexpr const char* kHeader = "order_id,customer_id,order_date,order_amount,status\n";
constexpr const char* kGoodRow = "1,C1,2024-01-15,10.50,completed\n";

TEST_CASE("Twelve kinds of files get the verdict that they deserve") {
    const std::string header = kHeader;
    const std::string good = kGoodRow;
    struct {
        std::string name;
        std::string bytes;
        std::string want;
    } const cases[] = {
        {"good", header + good + "2,C2,2024-01-16,1,pending\n", "success 2=2+0"},
        {"empty", "",
         "E_QUALITY 0=0+0, fail file.not_empty, fail schema.missing, skipped order_id.type, "
         "skipped order_id.not_null, skipped order_id.unique, skipped customer_id.not_null, "
         "skipped customer_id.length, skipped customer_id.regex, skipped order_date.type, skipped "
         "order_date.not_null, skipped order_date.min, skipped order_date.max, skipped "
         "order_amount.type, skipped order_amount.not_null, skipped order_amount.gt, skipped "
         "status.in"},
        {"header only", header, "success 0=0+0"},
        {"byte order mark", "\xEF\xBB\xBF" + header + good, "success 1=1+0"},
        {"latin-1", header + good + "2,C2,2024-01-16,1,annul\xE9\n",
         "E_QUALITY 2=1+1, fail structure 1"},
        {"ragged", header + good + "2,C2,2024-01-16\n3,C3,2024-01-17,3,pending,x\n",
         "E_QUALITY 3=1+2, fail structure 2"},
        {"missing column", "order_id,customer_id,order_date,status\n1,C1,2024-01-15,completed\n",
         "E_QUALITY 1=1+0, fail schema.missing, skipped order_amount.type, skipped "
         "order_amount.not_null, skipped order_amount.gt"},
        {"extra column",
         "order_id,customer_id,order_date,order_amount,status,note\n1,C1,2024-01-15,10.50,"
         "completed,x\n",
         "warn 1=1+0, warn schema.extra"},
        {"null key", header + good + ",C2,2024-01-16,1,pending\n",
         "E_QUALITY 2=1+1, fail order_id.not_null 1"},
        {"bad date", header + good + "2,C2,2024-02-30,1,pending\n3,C3,01/02/2024,1,pending\n",
         "E_QUALITY 3=1+2, fail order_date.type 2"},
        {"text amount", header + good + "2,C2,2024-01-16,abc,pending\n",
         "E_QUALITY 2=1+1, fail order_amount.type 1"},
        {"duplicate", header + good + "2,C2,2024-01-16,1,pending\n1,C3,2024-01-17,1,pending\n",
         "E_QUALITY 3=1+2, fail order_id.unique 2"},
        {"unknown status", header + good + "2,C2,2024-01-16,1,returned\n",
         "warn 2=2+0, warn status.in 1"},
    };
    for (const Json& kept_rows : kKeptRows) {
        for (const auto& test : cases) {
            INFO(test.name);
            CAPTURE(kept_rows);
            Validation validation(kept_rows);
            const auto outcome = validation.run(
                test.bytes, {{"columns", orders()}, {"schema", {{"extra", "warn"}}}});
            INFO(outcome.message());
            CHECK(verdict(outcome) == test.want);
        }
    }
}

TEST_CASE(
    "Bad rows go to quarantine as they stood, with reasons and lines; good ones go on typed") {
    Json kept_rows;
    SUBCASE("the rows are kept") {
        kept_rows = kKeptRows[0];
    }
    SUBCASE("the file is read again") {
        kept_rows = kKeptRows[1];
    }
    Validation validation(kept_rows);
    const std::string csv = std::string(kHeader) + kGoodRow +
                            "2,C2,2024-01-16,abc,pending\n3,X,2024-13-01,-1,pending\n4,C4\n" +
                            "5,C5,2024-01-18,5,pending\n";
    const auto outcome = validation.run(
        csv, {{"columns", orders()},
              {"on_fail", "quarantine"},
              {"quarantine", {{"uri", "lake://quarantine/orders/"}, {"max_bad", "60%"}}},
              {"good", {{"uri", "lake://good/orders.parquet"}}}});
    CHECK(verdict(outcome) ==
          "warn 5=2+3, fail structure 1, fail customer_id.length 1, fail customer_id.regex 1, fail "
          "order_date.type 1, fail order_amount.type 1, fail order_amount.gt 1");
    CHECK(outcome.message() == "3 of 5 rows rejected (60%)");
    CHECK(validation.rows_of("quarantine/orders/*/*.parquet",
                             "_sw_line, order_id, order_date, order_amount, _sw_raw, "
                             "array_to_string(_sw_reasons, ' ')") ==
          "3,2,2024-01-16,abc,null,order_amount.type;"
          "4,3,2024-13-01,-1,null,customer_id.length customer_id.regex order_date.type "
          "order_amount.gt;"
          "5,null,null,null,4,C4,structure: expected 5 fields, but got 2");
    CHECK(validation.rows_of("good/orders.parquet",
                             "order_id, order_date, order_amount, typeof(order_amount)") ==
          "1,2024-01-15,10.5,DECIMAL(18,2);5,2024-01-18,5.0,DECIMAL(18,2)");
}

TEST_CASE("A size of kept rows that is none is refused") {
    Validation validation("much");
    const auto outcome = validation.run(std::string(kHeader) + kGoodRow, {{"columns", orders()}});
    CHECK(outcome.error == "E_CONFIG");
    CHECK(outcome.message() == "tasks.kept_rows: expected a size such as 256MB, but got \"much\"");
}

TEST_CASE("More bad rows than allowed fail the task, keep the quarantine and write no good rows") {
    Validation validation;
    const std::string csv = std::string(kHeader) + kGoodRow + "2,C2,2024-01-16,abc,pending\n";
    const auto outcome = validation.run(
        csv, {{"columns", orders()},
              {"on_fail", "quarantine"},
              {"quarantine", {{"uri", "lake://quarantine/orders/"}, {"max_bad", "5%"}}},
              {"good", {{"uri", "lake://good/orders.parquet"}}}});
    CHECK(outcome.error == "E_QUALITY");
    CHECK(outcome.message().starts_with("1 of 2 rows rejected (50%), at most 5% allowed; "));
    CHECK(outcome.result["score"] == 0.5);
    CHECK(outcome.result["quarantine"]["rows"] == 1);
    CHECK(!std::filesystem::exists(validation.folder.path() / "data/lake/good/orders.parquet"));
    const Json& sample = outcome.result["checks"][11]["samples"][0];
    CHECK(
        to_text(sample) ==
        R"x({"line":3,"value":"abc","row":{"order_id":"2","customer_id":"C2","order_date":"2024-01-16","status":"pending"}})x");
}

TEST_CASE("An unchanged verdict on unchanged files leaves the good file as it is") {
    Validation validation;
    const Json parameters = {{"columns", orders()},
                             {"good", {{"uri", "lake://good/orders.parquet"}}}};
    const std::string csv = std::string(kHeader) + kGoodRow;
    const auto file = validation.folder.path() / "data/lake/good/orders.parquet";
    validation.run(csv, parameters);
    const auto before = std::filesystem::last_write_time(file);
    Json again = parameters;
    again["input"] = "lake://raw/in.csv";
    const auto repeated = validation.run(again);
    CHECK(repeated.result["outputs"][0]["unchanged"] == true);
    CHECK(std::filesystem::last_write_time(file) == before);
    validation.run(csv + "2,C2,2024-01-16,1,pending\n", parameters);
    CHECK(validation.rows_of("good/orders.parquet", "count(*), 1") == "2,1");
}

TEST_CASE("Limits are told as they are written, whole ones whole") {
    const std::pair<Json, std::string> cases[] = {
        {{{"row_count", {{"min", 5}}}}, "row_count: expected at least 5, but it is 1"},
        {{{"row_count", {{"between", {2, 1000000}}}}},
         "row_count: expected between 2 and 1000000, but it is 1"},
        {{{"aggregate", {{"name", "sum"}, {"expr", "sum(id)"}, {"max", 0.5}}}},
         "sum: expected at most 0.5, but it is 1"},
    };
    for (const auto& [check, says] : cases) {
        Validation validation;
        const auto outcome = validation.run(
            "id\n1\n", {{"columns", {{"id", "bigint"}}}, {"checks", Json::array({check})}});
        CHECK(outcome.message() == "1 check fails; " + says);
    }
}

TEST_CASE("Each check of the list says what it found") {
    const std::string csv =
        "id,amount,day,customer\n1,10,2024-01-01,a\n2,20,2024-01-02,b\n2,30,2024-01-03,\n4,40,2024-"
        "01-04,z\n";
    const Json columns = {{"id", "bigint"}, {"amount", "double"}, {"day", "date"}};
    struct {
        std::string check;
        std::string want;
    } const cases[] = {
        {R"x({"row_count": {"min": 1, "max": 4}})x", "success 4=4+0"},
        {R"x({"row_count": {"min": 5}})x", "E_QUALITY 4=4+0, fail row_count"},
        {R"x({"row_count": {"equal": 2, "where": "amount > 25"}})x", "success 4=4+0"},
        {R"x({"duplicates": {"keys": ["id"]}})x", "E_QUALITY 4=2+2, fail duplicates(id) 2"},
        {R"x({"duplicates": {"keys": ["id"], "keep": "first"}})x",
         "E_QUALITY 4=3+1, fail duplicates(id) 1"},
        {R"x({"duplicates": {"keys": ["id"], "keep": "latest", "order_by": "day"}})x",
         "E_QUALITY 4=3+1, fail duplicates(id) 1"},
        {R"x({"duplicates": {"keys": ["id", "customer"]}})x", "success 4=4+0"},
        {R"x({"references": {"column": "customer", "to": {"table": "wh.ref", "column": "code"}}})x",
         "E_QUALITY 4=3+1, fail references(customer) 1"},
        {R"x({"references": {"column": "customer", "to": {"table": "wh.ref", "column": "code"}, "nulls": "fail"}})x",
         "E_QUALITY 4=2+2, fail references(customer) 2"},
        {R"x({"references": {"column": "customer", "to": {"table": "wh.ref", "column": "code", "where": "is_current"}, "severity": "warn"}})x",
         "warn 4=4+0, warn references(customer) 2"},
        {R"x({"freshness": {"column": "day", "max_age": "26h", "as_of": "2024-01-05 02:00:00"}})x",
         "success 4=4+0"},
        {R"x({"freshness": {"column": "day", "max_age": "26h", "as_of": "2024-01-05 02:01:00"}})x",
         "E_QUALITY 4=4+0, fail freshness(day)"},
        {R"x({"file": {"min_bytes": 1, "max_bytes": "1kB"}})x", "success 4=4+0"},
        {R"x({"file": {"max_bytes": 10, "on_exceed": "warn"}})x", "warn 4=4+0, warn file"},
        {R"x({"file": {"max_bytes": 10}})x", "E_QUALITY 4=4+0, fail file"},
        {R"x({"aggregate": {"expr": "sum(amount)", "between": [100, 100]}})x", "success 4=4+0"},
        {R"x({"aggregate": {"expr": "avg(amount)", "max": 20}})x",
         "E_QUALITY 4=4+0, fail aggregate(avg(amount))"},
        {R"x({"reconcile": {"expr": "sum(amount)", "against": {"sql": "select $total::double", "connection": "wh"}, "tolerance": 0.01}})x",
         "success 4=4+0"},
        {R"x({"reconcile": {"expr": "sum(amount)", "against": {"sql": "select 99"}, "tolerance": 0.5}})x",
         "E_QUALITY 4=4+0, fail reconcile(sum(amount))"},
        {R"x({"rows": {"name": "late", "where": "day > $limit"}})x",
         "E_QUALITY 4=3+1, fail late 1"},
        {R"x({"rows": {"name": "late", "where": "day > $limit", "max_bad": "25%"}})x",
         "success 4=4+0"},
        {R"x({"sql": {"name": "unknown", "failing_rows": "select * from input i anti join wh.ref r on i.customer = r.code"}})x",
         "E_QUALITY 4=2+2, fail unknown 2"},
        {R"x({"sql": {"name": "counted", "failing_rows": "select count(*) from input having count(*) > 3"}})x",
         "E_QUALITY 4=4+0, fail counted 1"},
        {R"x({"anomaly": {"metric": "null_rate(customer)", "sigma": 3}})x",
         "success 4=4+0, skipped anomaly(null_rate(customer))"},
        {R"x({"row_count_change": {"max_drop": "50%"}})x",
         "success 4=4+0, skipped row_count_change"},
        {R"x({"rows": {"where": "nothing > 1"}})x", "E_CONFIG"},
        {R"x({"rows": {"where": "true) or (true"}})x", "E_CONFIG"},
        {R"x({"aggregate": {"expr": "sum(amount"}})x", "E_CONFIG"},
        {R"x({"row_cuont": {"min": 1}})x", "E_CONFIG"},
    };
    for (const auto& test : cases) {
        INFO(test.check);
        Validation validation;
        query_text(validation.context, "wh", "",
                   "create table ref as select * from (values ('a', true), ('b', false)) t(code, "
                   "is_current)");
        const auto outcome =
            validation.run(csv, {{"columns", columns},
                                 {"checks", Json::array({*parse_json(test.check)})},
                                 {"params", {{"limit", "2024-01-03"}, {"total", 100}}}});
        INFO(outcome.message());
        CHECK(verdict(outcome).starts_with(test.want));
        if (test.want.size() > 10) CHECK(verdict(outcome) == test.want);
    }
}

TEST_CASE("Of a key that comes twice a row stays that is good in itself, if there is one") {
    struct {
        std::string csv;
        std::string keep;
        std::string want;
    } const cases[] = {
        // The latest is bad: the older one stays.
        {"id,amount,day\n1,10,2024-01-01\n1,x,2024-01-02\n", "latest",
         "warn 2=1+1, fail amount.type 1"},
        {"id,amount,day\n1,x,2024-01-01\n1,10,2024-01-02\n", "first",
         "warn 2=1+1, fail amount.type 1"},
        {"id,amount,day\n1,x,2024-01-01\n1,10,2024-01-02\n", "none",
         "warn 2=0+2, fail amount.type 1, fail duplicates(id) 2"},
        {"id,amount,day\n1,x,2024-01-03\n1,10,2024-01-02\n1,11,2024-01-01\n2,,2024-01-01\n",
         "latest", "warn 4=2+2, fail amount.type 1, fail duplicates(id) 1"},
        {"id,amount,day\n1,x,2024-01-01\n1,y,2024-01-02\n", "latest",
         "warn 2=0+2, fail amount.type 2"},
    };
    for (const auto& test : cases) {
        CAPTURE(test.csv);
        CAPTURE(test.keep);
        Validation validation;
        const auto outcome = validation.run(
            test.csv,
            {{"columns",
              {{"id", "bigint"},
               {"amount", {{"type", "bigint"}, {"nullable", true}}},
               {"day", "date"}}},
             {"checks",
              Json::array({{{"duplicates",
                             {{"keys", {"id"}}, {"keep", test.keep}, {"order_by", "day"}}}}})},
             {"on_fail", "drop"}});
        CHECK(verdict(outcome) == test.want);
    }
}

TEST_CASE("Rules of columns find what they name, on texts and on types") {
    struct {
        std::string rule;
        std::string values;  // one per line
        std::string want;
    } const cases[] = {
        {R"x({"regex": "^a"})x", "abc\nxbc\n", "E_QUALITY 2=1+1, fail c.regex 1"},
        {R"x({"not_regex": "[0-9]"})x", "abc\na1\n", "E_QUALITY 2=1+1, fail c.not_regex 1"},
        {R"x({"length": 3})x", "abc\nabcd\n", "E_QUALITY 2=1+1, fail c.length 1"},
        {R"x({"length": {"max": 3}})x", "abc\nabcd\n", "E_QUALITY 2=1+1, fail c.length 1"},
        {R"x({"min": 2, "max": 3})x", "1\n2\n3\n4\n",
         "E_QUALITY 4=2+2, fail c.min 1, fail c.max 1"},
        {R"x({"type": "integer", "ge": 2, "lt": 4})x", "1\n2\n3\n4\n",
         "E_QUALITY 4=2+2, fail c.ge 1, fail c.lt 1"},
        {R"x({"gt": 1})x", "x\n2\n", "E_QUALITY 2=1+1, fail c.gt 1"},
        {R"x({"in": [1, 2], "type": "integer"})x", "1\n2\n3\n", "E_QUALITY 3=2+1, fail c.in 1"},
        {R"x({"not_in": ["n/a"]})x", "a\nn/a\n", "E_QUALITY 2=1+1, fail c.not_in 1"},
        {R"x({"semantic": "email"})x", "a@b.cd\nnone\n", "E_QUALITY 2=1+1, fail c.semantic 1"},
        {R"x({"semantic": "email", "mostly": 0.5})x", "a@b.cd\nnone\n", "success 2=2+0"},
        {R"x({"not_empty": true})x", "a\n\"\"\n\"  \"\n", "E_QUALITY 3=1+2, fail c.not_empty 2"},
        {R"x({"nullable": false, "where": "c2 = 'x'"})x", "a,x\n,x\n,y\n",
         "E_QUALITY 3=2+1, fail c.not_null 1"},
        {R"x({"type": "timestamp", "format": "%d/%m/%Y %H:%M"})x",
         "31/01/2024 10:00\n01/31/2024 10:00\n", "E_QUALITY 2=1+1, fail c.type 1"},
        {R"x({"type": "nothing"})x", "a\n", "E_CONFIG"},
        {R"x({"regexp": "a"})x", "a\n", "E_CONFIG"},
        {R"x({"regex": "("})x", "a\n", "E_CONFIG"},
    };
    for (const auto& test : cases) {
        INFO(test.rule);
        Validation validation;
        const bool has_two = test.values.find(',') != std::string::npos;
        const auto outcome = validation.run((has_two ? "c,c2\n" : "c\n") + test.values,
                                            {{"columns", {{"c", *parse_json(test.rule)}}}});
        INFO(outcome.message());
        CHECK(verdict(outcome).substr(0, test.want.size()) == test.want);
    }
}

TEST_CASE("A change against earlier results is noticed") {
    Validation validation;
    const Json parameters = {
        {"dataset", "orders"},
        {"columns", {{"id", "bigint"}}},
        {"checks",
         {{{"row_count_change", {{"max_drop", "50%"}, {"max_rise", "100%"}}}},
          {{"anomaly", {{"metric", "mean(id)"}, {"sigma", 3}, {"severity", "warn"}}}}}}};
    const auto ids = [](int count, int first) {
        std::string csv = "id\n";
        for (int i = 0; i < count; ++i) csv += std::to_string(first + i) + "\n";
        return csv;
    };
    CHECK(verdict(validation.run(ids(10, 1), parameters)).starts_with("success"));
    CHECK(verdict(validation.run(ids(11, 1), parameters)).starts_with("success"));
    CHECK(verdict(validation.run(ids(12, 1), parameters)).starts_with("success"));
    CHECK(verdict(validation.run(ids(12, 1), parameters)) == "success 12=12+0");
    CHECK(verdict(validation.run(ids(12, 500), parameters)) ==
          "warn 12=12+0, warn anomaly(mean(id))");
    CHECK(verdict(validation.run(ids(5, 1), parameters)) ==
          "E_QUALITY 5=5+0, fail row_count_change");
    CHECK(verdict(validation.run(ids(25, 1), parameters))
              .starts_with("E_QUALITY 25=25+0, fail row_count_change"));
}

TEST_CASE("The input moves by its verdict, and a repeat after that still knows it") {
    Validation validation;
    const Json parameters = {
        {"columns", orders()},
        {"move", {{"passed", "raw/ -> validated/"}, {"failed", "raw/ -> errors/"}}}};
    const auto root = validation.folder.path() / "data/lake";
    const auto passed = validation.run(std::string(kHeader) + kGoodRow, parameters);
    CHECK(passed.error.empty());
    CHECK(to_text(passed.result["moved"]) ==
          R"x({"from":"lake://raw/in.csv","to":"lake://validated/in.csv"})x");
    CHECK(std::filesystem::exists(root / "validated/in.csv"));
    CHECK(!std::filesystem::exists(root / "raw/in.csv"));
    Json again = parameters;
    again["input"] = "lake://raw/in.csv";
    --validation.runs;
    const auto repeated = validation.run(again);
    CHECK(repeated.error.empty());
    CHECK(repeated.result["replayed"] == true);
    CHECK(validation.run(again).error == "E_NOT_FOUND");
    const auto failed = validation.run(std::string(kHeader) + "x\n", parameters);
    CHECK(failed.error == "E_QUALITY");
    CHECK(std::filesystem::exists(root / "errors/in.csv"));
    CHECK(!std::filesystem::exists(root / "raw/in.csv"));
}

TEST_CASE("A retry after a crash between moves keeps the verdict and finishes the moves") {
    for (int crash_at = 1; crash_at <= 3; ++crash_at) {
        INFO("crash at " << crash_at);
        Validation validation;
        for (const std::string& id : std::vector<std::string>{"1", "2", "3"}) {
            validation.folder.write("data/lake/raw/" + id + ".csv", "id\n" + id + "\n");
        }
        const Json parameters = {{"input", "lake://raw/*.csv"},
                                 {"columns", {{"id", "bigint"}}},
                                 {"good", {{"uri", "lake://good/ids.parquet"}}},
                                 {"move", {{"passed", "raw/ -> done/"}}}};
        validation.context.set_run_key("retried");
        int count = 0;
        {
            tasks::data::DataSession session(validation.context, "validate");
            CHECK(!tasks::data::run_validate(session, parameters, [&](std::string_view) {
                return ++count == crash_at ? tasks::data::DataResult<void>(
                                                 tasks::data::data_fail("E_INTERNAL", "crash"))
                                           : tasks::data::DataResult<void>();
            }));
        }
        // Another file has come by the name of one that has moved.
        if (crash_at > 1) validation.folder.write("data/lake/raw/1.csv", "id\n100\n");
        const auto again = run_task("validate", parameters, validation.context);
        INFO(again.message());
        CHECK(again.error == "");
        CHECK(again.result["replayed"] == true);
        CHECK(again.result["moved"].size() == 3);
        CHECK(validation.rows_of("good/ids.parquet", "id, 0") == "1,0;2,0;3,0");
        CHECK(validation.folder.read("data/lake/done/1.csv") == "id\n1\n");
        CHECK(validation.folder.read("data/lake/done/3.csv") == "id\n3\n");
        CHECK(validation.folder.read("data/lake/raw/1.csv") == (crash_at > 1 ? "id\n100\n" : ""));
    }
}

TEST_CASE("A move never takes the place of an older file, and says so before anything is written") {
    Validation validation;
    validation.folder.write("data/lake/validated/in.csv", "older");
    const Json parameters = {
        {"columns", orders()},
        {"good", {{"uri", "lake://good/x.parquet"}}},
        {"move", {{"passed", "raw/ -> validated/"}, {"failed", "raw/ -> validated/"}}}};
    const auto outcome = validation.run(std::string(kHeader) + kGoodRow, parameters);
    CHECK(outcome.error == "E_CONFLICT");
    CHECK(validation.folder.read("data/lake/validated/in.csv") == "older");
    CHECK(validation.folder.read("data/lake/raw/in.csv") == std::string(kHeader) + kGoodRow);
    CHECK(!std::filesystem::exists(validation.folder.path() / "data/lake/good/x.parquet"));
    const auto failed = validation.run(std::string(kHeader) + "x\n", parameters);
    CHECK(failed.error == "E_QUALITY");
    CHECK(failed.message().find("it was not moved") != std::string::npos);
    // The same bytes again are no loss.
    validation.folder.write("data/lake/validated/in.csv", std::string(kHeader) + kGoodRow);
    CHECK(validation.run(std::string(kHeader) + kGoodRow, parameters).error == "");
}

TEST_CASE("Good and rejected rows are not written into a lake table") {
    Validation validation;
    validation.folder.write("data/lake/curated/t/_stepwell/log/1.json", "{}");
    for (const char* uri : {"lake://curated/t/", "lake://curated/t/x.parquet"}) {
        const auto outcome = validation.run(std::string(kHeader) + kGoodRow,
                                            {{"columns", orders()}, {"good", {{"uri", uri}}}});
        CHECK(outcome.error == "E_CONFLICT");
    }
}

TEST_CASE("The files of a lake table are not moved away from its log") {
    Validation validation;
    validation.folder.write("data/lake/raw/in.csv", "id\n1\n");
    const Json table = {{"input", {{"uri", "lake://raw/in.csv"}}},
                        {"write", {{"uri", "lake://table/"}}}};
    REQUIRE(tasks::etl_tasks()[0].run(table, validation.context).has_value());
    const auto refused = validation.run({{"input", "lake://table/"},
                                         {"columns", {{"id", Json::object()}}},
                                         {"move", {{"passed", "table/ -> gone/"}}}});
    CHECK(refused.error == "E_CONFLICT");
    CHECK(validation.rows_of("table/data/*.parquet", "id, 1") == "1,1");
}

TEST_CASE("Good rows can fill a table, once per run") {
    Validation validation;
    const Json parameters = {{"columns", orders()},
                             {"good", {{"table", "wh.staging.orders"}, {"mode", "append"}}}};
    const std::string csv = std::string(kHeader) + kGoodRow;
    CHECK(validation.run(csv, parameters).error.empty());
    --validation.runs;
    CHECK(validation.run(csv, parameters).result["outputs"][0]["unchanged"] == true);
    CHECK(query_text(validation.context, "wh", "staging.orders",
                     "select count(*), any_value(typeof(order_date)) from {}") == "1,DATE");
    CHECK(validation.run(csv, parameters).error.empty());
    CHECK(query_text(validation.context, "wh", "staging.orders", "select count(*) from {}") == "2");
}

TEST_CASE(
    "Reports are written in the forms asked for, with masks and without markup from the data") {
    Validation validation;
    const auto outcome =
        validation.run("email,x\n<b>a@b,1\n",
                       {{"columns", {{"email", {{"semantic", "email"}}}, {"x", {{"in", {"<i>"}}}}}},
                        {"report", {{"formats", {"json", "html", "junit"}}, {"mask", {"email"}}}}});
    CHECK(outcome.error == "E_QUALITY");
    CHECK(outcome.result["artifacts"].size() == 3);
    CHECK(to_text(outcome.result).find("<b>") == std::string::npos);
    for (const auto& path : outcome.result["artifacts"]) {
        const std::string text = validation.folder.read(
            "data/reports/" + std::filesystem::path(path.get<std::string>()).filename().string());
        CHECK(text.find("email.semantic") != std::string::npos);
        CHECK(text.find("<b>") == std::string::npos);
        CHECK(text.find("a@b") == std::string::npos);
    }
}

TEST_CASE("Parquet files and tables are checked like CSV") {
    Validation validation;
    query_text(validation.context, "wh", "",
               "create table t as select * from (values (1, 5), (2, -1), (2, 7)) v(id, amount)");
    const Json columns = {{"id", {{"type", "bigint"}, {"unique", true}}}, {"amount", {{"gt", 0}}}};
    CHECK(verdict(validation.run({{"input", {{"table", "wh.t"}}}, {"columns", columns}})) ==
          "E_QUALITY 3=1+2, fail id.unique 2, fail amount.gt 1");
    CHECK(verdict(validation.run(
              {{"input", {{"sql", "select * from t where id = $id"}, {"params", {{"id", 1}}}}},
               {"columns", columns}})) == "success 1=1+0");
    std::filesystem::create_directories(validation.folder.path() / "data/lake/raw");
    query_text(
        validation.context, "wh", "",
        "copy t to '" + (validation.folder.path() / "data/lake/raw/t.parquet").string() + "'");
    CHECK(verdict(validation.run({{"input", "lake://raw/t.parquet"},
                                  {"columns", columns},
                                  {"on_fail", "quarantine"},
                                  {"quarantine", {{"uri", "lake://q/t"}}}})) ==
          "warn 3=1+2, fail id.unique 2, fail amount.gt 1");
}

TEST_CASE("Rows and references of SQLite are checked, and good rows go there") {
    const ScratchFolder folder;
    TestContext context(folder, {{"connections", {{"wh", {{"type", "sqlite"}}}}}});
    query_text(context, "wh", "", "create table ref (code text)");
    query_text(context, "wh", "", "insert into ref values ('a'), ('b'), (null)");
    folder.write("data/lake/raw/in.csv", "id,code\n1,a\n2,z\n3,b\n");
    const Json checks = Json::array(
        {*parse_json(R"x({"references": {"column": "code", "to": {"table": "wh.ref"}}})x")});
    const auto outcome = run_task("validate",
                                  {{"input", "lake://raw/in.csv"},
                                   {"columns", {{"id", "bigint"}}},
                                   {"checks", checks},
                                   {"on_fail", "drop"},
                                   {"good", {{"table", "wh.staging.good"}}}},
                                  context);
    INFO(outcome.message());
    CHECK(verdict(outcome) == "warn 3=2+1, fail references(code) 1");
    CHECK(query_text(context, "wh", "\"staging.good\"", "select * from {} order by 1") ==
          "1,a;3,b");
    const auto table = run_task(
        "validate",
        {{"input", {{"table", "wh.staging.good"}}}, {"columns", {{"id", {{"max", 2}}}}}}, context);
    CHECK(verdict(table) == "E_QUALITY 2=1+1, fail id.max 1");
}

TEST_CASE("Several files are one set, and each must have the columns") {
    Validation validation;
    validation.folder.write("data/lake/raw/a.csv", "id,x\n1,a\n2,b\n");
    validation.folder.write("data/lake/raw/b.csv", "id\n2\n");
    const auto outcome = validation.run(
        {{"input", "lake://raw/*.csv"},
         {"columns", {{"id", {{"type", "bigint"}, {"unique", true}}}, {"x", {{"regex", "."}}}}}});
    CHECK(verdict(outcome) == "E_QUALITY 3=1+2, fail schema.missing, fail id.unique 2");
}

}  // namespace
}  // namespace stepwell::test
