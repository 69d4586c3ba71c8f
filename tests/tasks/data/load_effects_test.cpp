// What a load does to each row: cases by hand, and random rows against a reference, over all
// engines and strategies, which must agree on every row and every count.
#include <doctest/doctest.h>

#include <map>
#include <optional>
#include <random>

#include "tests/tasks/data/task_test.hpp"

namespace stepwell::test {
namespace {

const std::vector<std::string> kTargets = {"duckdb", "sqlite"};
const std::vector<std::string> kStrategies = {"auto", "delete_insert", "on_conflict"};

/// A table t(id, a, b, stays) of one engine, and loads into it.
class Table {
public:
    explicit Table(std::string engine) : engine_(std::move(engine)) {
        const auto made = load("id,a,b,stays\n-1,x,1,s\n", {{"mode", "append"}});
        REQUIRE_MESSAGE(made.error.empty(), made.message());
    }
    Outcome load(const std::string& csv, Json parameters) {
        folder_.write("in.csv", csv);
        parameters["input"]["uri"] = (folder_.path() / "in.csv").string();
        parameters["input"]["columns"] = types_of(csv);
        parameters["target"] = {{"table", "t"}, {"primary_key", {"id"}}};
        context_.set_run_key("run-" + std::to_string(++runs_));
        return run_task("load", parameters, context_);
    }
    std::string rows() { return query_text(context_, "wh", "t", "select * from t order by id"); }

private:
    static Json types_of(const std::string& csv) {
        Json types = Json::object();
        for (const char* name : {"id", "b"}) types[name] = "bigint";
        for (const char* name : {"a", "stays", "op"}) {
            const std::string header = csv.substr(0, csv.find('\n')) + ",";
            if (header.find(std::string(name) + ",") != header.npos) types[name] = "varchar";
        }
        return types;
    }

    std::string engine_;
    ScratchFolder folder_;
    TestContext context_{folder_,
                         {{"connections", {{"wh", {{"type", engine_}, {"path", "wh.db"}}}}}}};
    int runs_ = 0;
};

std::string said(const Outcome& outcome) {
    if (!outcome.error.empty()) return outcome.error + ": " + outcome.message();
    const Json& rows = outcome.result.at("rows");
    std::string text;
    for (const char* name : {"inserted", "updated", "deleted", "unchanged"}) {
        text += (text.empty() ? "" : " ") + rows.at(name).dump();
    }
    return text;
}

TEST_CASE("Every strategy does the same to a row, on every engine") {
    const char* const before = "id,a,b,stays\n1,x,5,s1\n2,y,5,s2\n3,z,5,s3\n";
    const struct {
        const char* rule;
        const char* csv;
        const char* update;  // JSON
        const char* counts;  // inserted updated deleted unchanged
        const char* rows;
    } cases[] = {
        {"columns that the input does not have stay", "id,a,b\n1,X,6\n4,n,1\n", "{}", "1 1 0 0",
         "-1,x,1,s;1,X,6,s1;2,y,5,s2;3,z,5,s3;4,n,1,null"},
        {"update.except is left alone", "id,a,b\n1,X,6\n", R"({"except": ["a"]})", "0 1 0 0",
         "-1,x,1,s;1,x,6,s1;2,y,5,s2;3,z,5,s3"},
        {"only update.columns are set", "id,a,b\n1,X,6\n", R"({"columns": ["a"]})", "0 1 0 0",
         "-1,x,1,s;1,X,5,s1;2,y,5,s2;3,z,5,s3"},
        {"an older row does not replace a newer one", "id,a,b\n1,X,4\n2,Y,6\n",
         R"({"when": "src.b > dst.b"})", "0 1 0 1", "-1,x,1,s;1,x,5,s1;2,Y,6,s2;3,z,5,s3"},
        {"a condition that is NULL does not hold", "id,a,b\n1,X,\n2,Y,6\n",
         R"({"when": "src.b > dst.b"})", "0 1 0 1", "-1,x,1,s;1,x,5,s1;2,Y,6,s2;3,z,5,s3"},
        {"rows marked as deleted go, and do not come", "id,a,b\n1,gone,5\n2,Y,6\n9,gone,1\n",
         R"({"delete_when": "src.a = 'gone'"})", "0 1 1 1", "-1,x,1,s;2,Y,6,s2;3,z,5,s3"},
        {"what is deleted by the table's own columns stays deleted",
         "id,a,b\n1,X,6\n3,Z,6\n8,z,1\n", R"({"delete_when": "dst.a = 'z'"})", "1 1 1 0",
         "-1,x,1,s;1,X,6,s1;2,y,5,s2;8,z,1,null"},
        {"equal rows are no update", "id,a,b\n1,x,5\n2,y,5\n", "{}", "0 0 0 2",
         "-1,x,1,s;1,x,5,s1;2,y,5,s2;3,z,5,s3"},
        {"a value that goes is a change", "id,a,b\n1,,5\n", "{}", "0 1 0 0",
         "-1,x,1,s;1,null,5,s1;2,y,5,s2;3,z,5,s3"},
    };
    for (const auto& engine : kTargets) {
        for (const auto& strategy : kStrategies) {
            for (const auto& test : cases) {
                INFO(engine << " " << strategy << ": " << test.rule);
                Table table(engine);
                table.load(before, {{"mode", "append"}});
                const auto done = table.load(test.csv, {{"mode", "merge"},
                                                        {"keys", {"id"}},
                                                        {"strategy", strategy},
                                                        {"update", *parse_json(test.update)}});
                CHECK(said(done) == test.counts);
                CHECK(table.rows() == test.rows);
            }
        }
    }
}

// The reference. Texts stand for values; nothing is NULL.
using Cell = std::optional<std::string>;
struct Record {
    Cell a, b, stays;
    bool operator==(const Record&) const = default;
};
using Records = std::map<int, Record>;

struct Wanted {
    std::string mode;
    bool is_a_left = false;    // update: {except: [a]}
    bool is_newer = false;     // update.when: src.b > dst.b
    std::string deleted_when;  // "" | src | dst
};

struct Counts {
    int inserted = 0, updated = 0, deleted = 0, unchanged = 0;
    [[nodiscard]] std::string text() const {
        return std::to_string(inserted) + " " + std::to_string(updated) + " " +
               std::to_string(deleted) + " " + std::to_string(unchanged);
    }
};

Counts apply(const Wanted& wanted, const Records& source, Records& table) {
    Counts counts;
    for (const auto& [id, row] : source) {
        const bool is_gone = wanted.deleted_when == "src" && row.a == "gone";
        const auto found = table.find(id);
        if (found == table.end()) {
            counts.inserted += is_gone ? 0 : 1;
            counts.unchanged += is_gone ? 1 : 0;
            if (!is_gone) table[id] = {row.a, row.b, std::nullopt};
            continue;
        }
        Record& own = found->second;
        if (is_gone || (wanted.deleted_when == "dst" && own.a == "gone")) {
            ++counts.deleted;
            table.erase(found);
            continue;
        }
        const Record next = {wanted.is_a_left ? own.a : row.a, row.b, own.stays};
        const bool is_newer = row.b && own.b && std::stoi(*row.b) > std::stoi(*own.b);
        const bool is_set =
            wanted.mode != "insert_only" && next != own && (!wanted.is_newer || is_newer);
        counts.updated += is_set ? 1 : 0;
        counts.unchanged += is_set ? 0 : 1;
        if (is_set) own = next;
    }
    return counts;
}

std::string csv_of(const Records& rows, bool has_stays) {
    std::string text = has_stays ? "id,a,b,stays\n" : "id,a,b\n";
    for (const auto& [id, row] : rows) {
        text += std::to_string(id) + "," + row.a.value_or("") + "," + row.b.value_or("");
        text += has_stays ? "," + row.stays.value_or("") + "\n" : "\n";
    }
    return text;
}

std::string text_of(const Records& rows) {
    std::string text;
    for (const auto& [id, row] : rows) {
        text += (text.empty() ? "" : ";") + std::to_string(id);
        for (const auto& cell : {row.a, row.b, row.stays}) text += "," + cell.value_or("null");
    }
    return text;
}

TEST_CASE("Random rows end as the reference says, over modes, strategies and engines") {
    std::mt19937 random(1);
    const auto below = [&](unsigned n) { return static_cast<int>(random() % n); };
    const auto cell = [&](std::initializer_list<const char*> texts) -> Cell {
        const auto at = below(static_cast<unsigned>(texts.size() + 1));
        if (at == 0) return std::nullopt;
        return *(texts.begin() + at - 1);
    };
    for (int round = 0; round < 12; ++round) {
        Wanted wanted;
        wanted.mode = std::vector<std::string>{"merge", "upsert",
                                               "insert_only"}[static_cast<std::size_t>(round % 3)];
        wanted.is_a_left = below(3) == 0;
        wanted.is_newer = below(2) == 0;
        wanted.deleted_when =
            std::vector<std::string>{"", "src", "dst"}[static_cast<std::size_t>(below(3))];
        Json update = Json::object();
        if (wanted.is_a_left) update["except"] = {"a"};
        if (wanted.is_newer) update["when"] = "src.b > dst.b";
        if (!wanted.deleted_when.empty())
            update["delete_when"] = wanted.deleted_when + ".a = 'gone'";
        Records before;
        Records source;
        for (int i = 0; i < 12; ++i) {
            before[below(16)] = {cell({"x", "y", "gone"}), cell({"1", "2", "3"}), cell({"s"})};
            source[below(20)] = {cell({"x", "y", "gone"}), cell({"1", "2", "3"}), std::nullopt};
        }
        Records after = before;
        after[-1] = {"x", "1", "s"};
        const Counts counts = apply(wanted, source, after);
        for (const auto& engine : kTargets) {
            for (const auto& strategy : kStrategies) {
                INFO(round << " " << engine << " " << strategy << " " << wanted.mode << " "
                           << update.dump());
                Table table(engine);
                table.load(csv_of(before, true), {{"mode", "append"}});
                const auto done = table.load(csv_of(source, false), {{"mode", wanted.mode},
                                                                     {"keys", {"id"}},
                                                                     {"strategy", strategy},
                                                                     {"update", update}});
                CHECK(said(done) == counts.text());
                CHECK(table.rows() == text_of(after));
            }
        }
    }
}

}  // namespace
}  // namespace stepwell::test
