#include "api/aws/listed_executions.hpp"

namespace stepwell::api::aws {
namespace {

/// Pages that are looked through for one that holds something.
constexpr int kPagesMax = 10;

AwsResult<runtime::Page<runtime::ExecutionSummary>> page_of(Readers::Lease& reader,
                                                            const runtime::ListQuery& query) {
    auto page = reader->list(query);
    if (!page && page.error().code == ErrorCode::invalid) {
        return refuse_quoting("InvalidToken", "Invalid Token", "Invalid token");
    }
    return or_internal(std::move(page));
}

Failure<AwsError> no_such_machine(const Arn& arn) {
    return refuse_quoting("StateMachineDoesNotExist", "State Machine Does Not Exist", arn.text);
}

/// That there is what the ARN names; of a version also which revision it is.
AwsResult<std::optional<VersionId>> revision_asked(Readers::Lease& reader, const Arn& arn) {
    if (const auto number = runtime::version_number_in(arn.qualifier)) {
        const auto version = SW_TRY(find_version(reader, arn.name, *number));
        if (!version) return no_such_machine(arn);
        return std::optional(version->id);
    }
    const bool is_alias = !arn.qualifier.empty();
    if (is_alias && !SW_TRY(find_alias(reader, arn.name, arn.qualifier))) {
        return no_such_machine(arn);
    }
    return std::optional<VersionId>();
}

/// To tell them costs a look into each: only where something was ever published.
AwsResult<bool> has_published(Readers::Lease& reader, const Arn& arn) {
    const auto last = SW_TRY(or_internal(reader->document(runtime::kLastPublished, arn.name)));
    return last.has_value();
}

}  // namespace

AwsResult<runtime::Page<ListedExecution>> list_executions_of(Readers::Lease& reader, const Arn& arn,
                                                             runtime::ListQuery query) {
    query.version = SW_TRY(revision_asked(reader, arn));
    const bool is_told = SW_TRY(has_published(reader, arn));
    runtime::Page<ListedExecution> listed;
    for (int i = 0; i < kPagesMax && listed.items.empty(); ++i) {
        auto page = SW_TRY(page_of(reader, query));
        for (auto& summary : page.items) {
            ListedExecution one{std::move(summary), {}};
            if (is_told) one.through = SW_TRY(or_internal(reader->started_through(one.summary.id)));
            const bool is_asked = arn.qualifier.empty() || one.through.version_arn == arn.text ||
                                  one.through.alias_arn == arn.text;
            if (is_asked) listed.items.push_back(std::move(one));
        }
        listed.next = query.token = page.next;
        if (!page.next) break;
    }
    return listed;
}

}  // namespace stepwell::api::aws
