// The reader's questions about workflows and their versions, and about documents and claims.
#include "engine/runtime/read/reader_impl.hpp"

namespace stepwell::runtime {

Result<Page<WorkflowDescription>> Reader::versions(const std::string& workflow, std::size_t limit,
                                                   const std::optional<std::string>& after) {
    const auto owner = SW_TRY(impl_->owner(workflow));
    const PageToken token(impl_->journal_.secret(), "versions/" + workflow);
    std::uint32_t before = UINT32_MAX;
    if (after) before = static_cast<std::uint32_t>(SW_TRY(token.read(*after)));
    limit = page_size(limit);
    Page<WorkflowDescription> page;
    for (auto& row : SW_TRY(impl_->journal_.versions(owner.id, before, limit + 1))) {
        if (page.items.size() == limit) {
            page.next = token.write(page.items.back().version.number);
            break;
        }
        page.items.push_back({owner, std::move(row)});
    }
    return page;
}

Result<WorkflowDescription> Reader::version(const std::string& workflow, std::uint32_t number) {
    const auto owner = SW_TRY(impl_->owner(workflow));
    auto rows = number == UINT32_MAX ? std::vector<journal::VersionRecord>{}
                                     : SW_TRY(impl_->journal_.versions(owner.id, number + 1, 1));
    if (rows.empty() || rows[0].number != number) {
        return fail(ErrorCode::not_found, "expected a version " + std::to_string(number) + " of '" +
                                              workflow + "', but there is none");
    }
    return WorkflowDescription{owner, std::move(rows[0])};
}

Result<std::vector<WorkflowDescription>> Reader::workflows() {
    std::vector<WorkflowDescription> all;
    for (auto& row : SW_TRY(impl_->journal_.workflows())) {
        all.push_back(SW_TRY(impl_->description(std::move(row))));
    }
    return all;
}

Result<WorkflowDescription> Reader::workflow(std::string_view name_or_arn) {
    const std::string name = parse_workflow_arn(name_or_arn).value_or(std::string(name_or_arn));
    auto row = SW_TRY(impl_->journal_.workflow_named(name));
    if (!row) {
        return fail(ErrorCode::not_found, "expected a workflow '" + name + "', but there is none");
    }
    return impl_->description(*std::move(row));
}

Result<WorkflowDescription> Reader::workflow_of(ExecutionId id) {
    const auto row = SW_TRY(impl_->record(id));
    auto version = SW_TRY(impl_->journal_.version(row.version));
    if (!version) return fail(ErrorCode::corruption, "an execution has lost its version");
    return WorkflowDescription{*SW_TRY(impl_->workflow(row.workflow)), *std::move(version)};
}

Result<std::optional<std::string>> Reader::document(std::string_view collection,
                                                    std::string_view key) {
    return impl_->journal_.document(collection, key);
}

Result<std::vector<journal::DocumentRecord>> Reader::documents(std::string_view collection,
                                                               std::string_view after,
                                                               std::size_t limit) {
    return impl_->journal_.documents(collection, after, limit);
}

Result<std::optional<journal::ClaimRecord>> Reader::claim(std::string_view source,
                                                          std::string_view key) {
    return impl_->journal_.claim(source, key);
}

Result<std::vector<journal::ListedClaim>> Reader::claims(const journal::ClaimQuery& query) {
    return impl_->journal_.claims(query);
}

Result<std::vector<journal::ClaimRecord>> Reader::claims_of(ExecutionId id) {
    return impl_->journal_.claims_of(id);
}

}  // namespace stepwell::runtime
