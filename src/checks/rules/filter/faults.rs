//! Faults that the requirements `filter.*` notice.

use crate::faults::support::*;

faults! {
    contains_wildcards, filter_500, filter_and_is_or, filter_ascii_only, filter_boolean_order,
    filter_case_exact, filter_co_is_sw, filter_date_as_text, filter_defaults_unseen, filter_eq_contains,
    filter_eq_starts, filter_escapes_kept, filter_ew_is_co, filter_extension_nothing,
    filter_external_id_any_case, filter_external_id_empty, filter_first_value, filter_group_member_all,
    filter_group_name_empty, filter_gt_is_ge, filter_gt_is_lt, filter_id_empty, filter_ignored,
    filter_le_is_lt, filter_malformed_empty, filter_malformed_ignored, filter_name_case, filter_ne_is_eq,
    filter_new_user_unseen, filter_no_escapes, filter_not_found_404, filter_not_ignored,
    filter_not_like_sql, filter_nothing_is_null, filter_operator_case, filter_or_first, filter_or_is_and,
    filter_parentheses_ignored, filter_plus_is_blank, filter_pr_always, filter_pr_of_lists,
    filter_schemas_nothing, filter_sub_attribute_empty, filter_sw_is_co, filter_unknown_attribute_all,
    filter_urn_empty, filter_value_path_across, filter_value_path_refused, filter_wildcards,
    group_name_with_case, pr_complex_never, total_is_of_everything, total_too_large,
}

fault! { After total_too_large: "totalResults is one too large.", trips ["filter.total"] }
fn total_too_large(request: &FaultRequest, response: &mut FaultResponse) {
    in_list(request, response, |list| add_to_total(list, 1));
}

fault! {
    Whole total_is_of_everything: "totalResults counts everything, whatever the filter says.",
    trips ["filter.total"]
}
async fn total_is_of_everything(request: &FaultRequest, service: &Service) -> FaultResponse {
    let mut response = service.send(request).await;
    if request.list() && request.parameter("filter").is_some() {
        let mut all = request.clone();
        all.set("filter", None);
        let total = service.send(&all).await.content()["totalResults"].clone();
        in_list(request, &mut response, |list| {
            if total.is_number() {
                set(list, "totalResults", total);
            }
        });
    }
    response
}

fault! { Change filter_ignored: "Filters are ignored.", trips ["filter.eq", "filter.nothing"] }
fn filter_ignored(request: &mut FaultRequest) {
    request.set("filter", None);
}

fault! {
    After filter_not_found_404: "A filter that fits nothing is answered with 404.",
    trips ["filter.no-match-is-200"], defects ["D067"]
}
fn filter_not_found_404(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("filter").is_some()
        && response.body.as_ref().is_some_and(|body| body["totalResults"] == 0)
    {
        *response = FaultResponse::error(404, None, "Not found.");
    }
}

fault! {
    After filter_nothing_is_null: "A filter that fits nothing is answered with an empty object.",
    trips ["filter.nothing"], defects ["D067"]
}
fn filter_nothing_is_null(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("filter").is_some()
        && response.body.as_ref().is_some_and(|body| body["totalResults"] == 0)
    {
        response.body = Some(json!({}));
    }
}

fault! {
    After filter_500: "A filter that is not supported is answered with 500.",
    trips ["filter.malformed", "response.no-server-error"], defects ["D073"]
}
fn filter_500(request: &FaultRequest, response: &mut FaultResponse) {
    if request.parameter("filter").is_some() && response.status == 400 {
        *response = FaultResponse::server_error();
    }
}

fault! {
    Whole filter_malformed_ignored: "A filter that does not parse is ignored.",
    trips ["filter.malformed"]
}
async fn filter_malformed_ignored(request: &FaultRequest, service: &Service) -> FaultResponse {
    let response = service.send(request).await;
    if !request.list() || request.parameter("filter").is_none() || response.status != 400 {
        return response;
    }
    let mut all = request.clone();
    all.set("filter", None);
    service.send(&all).await
}

fault! {
    After filter_malformed_empty: "A filter that does not parse finds nothing.",
    trips ["filter.malformed"]
}
fn filter_malformed_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.list() && request.parameter("filter").is_some() && response.status == 400 {
        *response = FaultResponse::json(200, empty_list());
    }
}

fault! {
    Change filter_eq_contains: "eq finds what contains the value.",
    trips ["filter.eq"], defects ["D076"]
}
fn filter_eq_contains(request: &mut FaultRequest) {
    refilter_pattern(request, " eq \"", " co \"");
}

fault! {
    Change filter_eq_starts: "eq finds what starts with the value.",
    trips ["filter.eq"], defects ["D076"]
}
fn filter_eq_starts(request: &mut FaultRequest) {
    refilter_pattern(request, " eq \"", " sw \"");
}

fault! {
    After filter_case_exact: "userName eq compares with regard to case.",
    trips ["filter.value-any-case"], defects ["D111"]
}
fn filter_case_exact(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users()
        && let Some((name, value)) = equality(request)
    {
        keep_in_list(request, response, |user| user.get(&name).is_none_or(|own| *own == value));
    }
}

fault! { Whole filter_wildcards: "% and _ are wildcards.", trips ["filter.no-wildcards"], defects ["D149"] }
async fn filter_wildcards(request: &FaultRequest, service: &Service) -> FaultResponse {
    let Some((name, value)) = equality(request).filter(|(_, value)| value.contains(['%', '_'])) else {
        return service.send(request).await;
    };
    let start = value.split(['%', '_']).next().unwrap_or_default();
    let mut wider = request.clone();
    wider.set("filter", Some(&format!("{name} sw {}", json!(start))));
    let mut response = service.send(&wider).await;
    let pattern = regex::escape(&value).replace('%', ".*").replace('_', ".");
    if let Ok(pattern) = regex::Regex::new(&format!("(?i)^{pattern}$")) {
        keep_in_list(request, &mut response, |user| pattern.is_match(text(user, &name)));
    }
    response
}

fault! {
    Change filter_plus_is_blank: "A plus sign in a filter becomes a blank.",
    trips ["filter.special-characters"], defects ["D149"]
}
fn filter_plus_is_blank(request: &mut FaultRequest) {
    refilter(request, |filter| filter.replace('+', " "));
}

fault! {
    Before filter_no_escapes: "Values with quotes or backslashes are refused.",
    trips ["filter.escapes"], defects ["D075"]
}
fn filter_no_escapes(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_filter(request, |filter| filter.contains('\\'))
}

fault! {
    Change filter_escapes_kept: "Escapes in values are taken as they stand.",
    trips ["filter.escapes"], defects ["D075"]
}
fn filter_escapes_kept(request: &mut FaultRequest) {
    refilter(request, |filter| filter.replace("\\\"", "\\\\\\\"").replace("\\\\ ", "\\\\\\\\ "));
}

fault! {
    Before filter_ascii_only: "Values beyond ASCII are refused.",
    trips ["filter.special-characters", "values.found-by-filter"], defects ["D148"]
}
fn filter_ascii_only(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_filter(request, |filter| !filter.is_ascii())
}

fault! {
    Before filter_name_case: "Attribute names in filters are matched with regard to case.",
    trips ["filter.attribute-names-any-case"], defects ["D070", "D110"]
}
fn filter_name_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_filter(request, |filter| recased(first_name(filter)))
}

fault! {
    Before filter_operator_case: "Operators are matched with regard to case.",
    trips ["filter.operators-any-case"], defects ["D070"]
}
fn filter_operator_case(request: &mut FaultRequest) -> Option<FaultResponse> {
    const OPERATORS: &[&str] = &["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or"];
    let shouted =
        |word: &str| OPERATORS.contains(&word.to_lowercase().as_str()) && !OPERATORS.contains(&word);
    refuse_filter(request, |filter| filter.split(' ').any(shouted))
}

fault! {
    Change filter_unknown_attribute_all: "A filter by an unknown attribute finds everything.",
    trips ["filter.unknown-attribute"]
}
fn filter_unknown_attribute_all(request: &mut FaultRequest) {
    let unknown = |filter: &str| {
        let name = first_name(filter.trim_start_matches("not ").trim_start_matches('('));
        !known(name) && name.chars().all(char::is_alphanumeric)
    };
    if request.asks("filter", unknown) {
        request.set("filter", None);
    }
}

fault! { Change filter_and_is_or: "and finds what either side finds.", trips ["filter.and"] }
fn filter_and_is_or(request: &mut FaultRequest) {
    exchange_operator(request, "and", "or");
}

fault! { Change filter_or_is_and: "or finds what both sides find.", trips ["filter.or"] }
fn filter_or_is_and(request: &mut FaultRequest) {
    exchange_operator(request, "or", "and");
}

fault! { Change filter_or_first: "or binds tighter than and.", trips ["filter.precedence"] }
fn filter_or_first(request: &mut FaultRequest) {
    refilter(request, |filter| {
        let Some((left, right)) = filter.split_once(" or ").filter(|_| !filter.contains(['(', '['])) else {
            return filter.to_owned();
        };
        if let Some((middle, end)) = right.split_once(" and ") {
            format!("({left} or {middle}) and {end}")
        } else if let Some((first, middle)) = left.split_once(" and ") {
            format!("{first} and ({middle} or {right})")
        } else {
            filter.to_owned()
        }
    });
}

fault! { Change filter_parentheses_ignored: "Parentheses are ignored.", trips ["filter.grouping"] }
fn filter_parentheses_ignored(request: &mut FaultRequest) {
    refilter(request, |filter| {
        if filter.starts_with('(') && filter.contains(['[', '"']) && !filter.contains("not") {
            filter.replace(['(', ')'], "")
        } else {
            filter.to_owned()
        }
    });
}

fault! { Change filter_not_ignored: "not is ignored.", trips ["filter.not"] }
fn filter_not_ignored(request: &mut FaultRequest) {
    refilter(request, |filter| filter.replace("not (", "("));
}

fault! { Change filter_ne_is_eq: "ne works as eq.", trips ["filter.ne"] }
fn filter_ne_is_eq(request: &mut FaultRequest) {
    exchange_operator(request, "ne", "eq");
}

fault! { Change filter_co_is_sw: "co works as sw.", trips ["filter.co"] }
fn filter_co_is_sw(request: &mut FaultRequest) {
    exchange_operator(request, "co", "sw");
}

fault! { Change filter_sw_is_co: "sw works as co.", trips ["filter.sw"] }
fn filter_sw_is_co(request: &mut FaultRequest) {
    exchange_operator(request, "sw", "co");
}

fault! { Change filter_ew_is_co: "ew works as co.", trips ["filter.ew"] }
fn filter_ew_is_co(request: &mut FaultRequest) {
    exchange_operator(request, "ew", "co");
}

fault! { Change filter_gt_is_ge: "gt works as ge.", trips ["filter.string-order"] }
fn filter_gt_is_ge(request: &mut FaultRequest) {
    exchange_operator(request, "gt", "ge");
}

fault! { Change filter_le_is_lt: "le works as lt.", trips ["filter.string-order"] }
fn filter_le_is_lt(request: &mut FaultRequest) {
    exchange_operator(request, "le", "lt");
}

fault! { Change filter_gt_is_lt: "gt and lt are exchanged.", trips ["filter.string-order"] }
fn filter_gt_is_lt(request: &mut FaultRequest) {
    for (from, to) in [("gt", "#"), ("lt", "gt"), ("#", "lt")] {
        exchange_operator(request, from, to);
    }
}

fault! { Change filter_pr_always: "pr is always true.", trips ["filter.pr"] }
fn filter_pr_always(request: &mut FaultRequest) {
    refilter_pattern(request, r"\b[\w.]+ pr\b", "id pr");
}

fault! {
    Change filter_boolean_order: "An order of booleans is taken.",
    trips ["filter.boolean-has-no-order"]
}
fn filter_boolean_order(request: &mut FaultRequest) {
    refilter_pattern(request, r"\b(\w+) (?:gt|ge|lt|le) (?:true|false)\b", "$1 pr");
}

fault! { Change filter_date_as_text: "Times are compared as text.", trips ["filter.date-time"] }
fn filter_date_as_text(request: &mut FaultRequest) {
    refilter_pattern(request, r#""(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[+-]\d\d:\d\d""#, "\"${1}Z\"");
}

fault! {
    Change filter_value_path_across: "The conditions in brackets may hold for different values.",
    trips ["filter.value-path"]
}
fn filter_value_path_across(request: &mut FaultRequest) {
    let pattern = r#"\b(\w+)\[(\w+ \w+ "[^"]*") and (\w+ \w+ "[^"]*")\]"#;
    refilter_pattern(request, pattern, "$1.$2 and $1.$3");
}

fault! { Before filter_value_path_refused: "Value paths are refused.", trips ["filter.all-operators"] }
fn filter_value_path_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_filter(request, |filter| filter.contains('['))
}

fault! {
    After filter_first_value: "Only the first value of a multi-valued attribute is compared.",
    trips ["filter.multi-valued"]
}
fn filter_first_value(request: &FaultRequest, response: &mut FaultResponse) {
    if let Some((name, value)) = equality(request)
        && let Some((attribute, part)) = name.split_once('.')
        && LISTS.contains(&attribute)
    {
        keep_in_list(request, response, |user| user[attribute][0][part] == value);
    }
}

fault! {
    After filter_sub_attribute_empty: "Filters by name.familyName find nothing.",
    trips ["filter.sub-attribute"]
}
fn filter_sub_attribute_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("filter", |filter| filter.starts_with("name.")) {
        keep_in_list(request, response, |_| false);
    }
}

fault! { After filter_urn_empty: "Filters by names with a URN find nothing.", trips ["filter.urn-name"] }
fn filter_urn_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("filter", |filter| filter.starts_with("urn:")) {
        keep_in_list(request, response, |_| false);
    }
}

fault! { After filter_id_empty: "Filters by id find nothing.", trips ["filter.by-id"] }
fn filter_id_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("filter", |filter| filter.starts_with("id eq")) {
        keep_in_list(request, response, |_| false);
    }
}

fault! {
    After filter_external_id_empty: "Filters by externalId find nothing.",
    trips ["filter.by-external-id"]
}
fn filter_external_id_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.asks("filter", |filter| filter.starts_with("externalId")) {
        keep_in_list(request, response, |_| false);
    }
}

fault! {
    Change filter_external_id_any_case: "externalId is compared without regard to case.",
    trips ["filter.external-id-exact"]
}
fn filter_external_id_any_case(request: &mut FaultRequest) {
    let own = text(request.content(), "externalId").to_owned();
    if !own.is_empty() {
        request.memory.with(|stored: &mut ExternalIds| stored.0.insert(own.to_lowercase(), own));
    }
    if let Some((name, value)) = equality(request).filter(|(name, _)| name == "externalId") {
        let stored =
            request.memory.with(|stored: &mut ExternalIds| stored.0.get(&value.to_lowercase()).cloned());
        if let Some(stored) = stored {
            request.set("filter", Some(&format!("{name} eq {}", json!(stored))));
        }
    }
}

/// Every externalId as it was stored, by its small letters.
#[derive(Default)]
struct ExternalIds(BTreeMap<String, String>);

fault! {
    After filter_group_name_empty: "Filters of groups find nothing.",
    trips ["filter.group-display-name"]
}
fn filter_group_name_empty(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups() && request.parameter("filter").is_some() {
        keep_in_list(request, response, |_| false);
    }
}

fault! {
    Change filter_group_member_all: "A filter of groups by member finds every group.",
    trips ["filter.group-by-member"]
}
fn filter_group_member_all(request: &mut FaultRequest) {
    if request.asks("filter", |filter| filter.starts_with("members")) {
        request.set("filter", None);
    }
}

fault! {
    After filter_new_user_unseen: "A user is found by filters only once it was changed.",
    trips ["filter.finds-existing"]
}
fn filter_new_user_unseen(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() && request.parameter("filter").is_some() {
        keep_in_list(request, response, |user| user["meta"]["created"] != user["meta"]["lastModified"]);
    }
}

fault! {
    After group_name_with_case: "Groups are found only by the exact letters of their name.",
    trips ["filter.group-name-any-case"]
}
fn group_name_with_case(request: &FaultRequest, response: &mut FaultResponse) {
    if request.groups()
        && let Some((name, value)) = equality(request)
    {
        keep_in_list(request, response, |group| group.get(&name).is_none_or(|own| *own == value));
    }
}

fault! { Change pr_complex_never: "pr of a complex attribute fits nothing.", trips ["filter.pr-complex"] }
fn pr_complex_never(request: &mut FaultRequest) {
    refilter_pattern(request, r"\b(?:name|meta) pr\b", "id eq \"\"");
}

fault! { Change contains_wildcards: "co takes an underscore for any letter.", trips ["filter.no-wildcards"] }
fn contains_wildcards(request: &mut FaultRequest) {
    if let Some(filter) =
        request.parameter("filter").filter(|filter| filter.contains(" co ") && filter.contains('_'))
    {
        let cut = filter.split('_').next().unwrap_or_default().to_owned();
        request.set("filter", Some(&format!("{cut}\"")));
    }
}

fault! { Change filter_schemas_nothing: "A filter by schemas fits nothing.", trips ["filter.schemas"] }
fn filter_schemas_nothing(request: &mut FaultRequest) {
    fit_nothing(request, |filter| filter.contains("schemas eq"));
}

fault! {
    After filter_defaults_unseen: "A filter does not see the default of active.",
    trips ["filter.defaulted-value"]
}
fn filter_defaults_unseen(request: &FaultRequest, response: &mut FaultResponse) {
    let sets = request.any_operation(|operation| operation.to_string().contains("active"));
    if request.creates_user() && request.lacks("active") {
        let id = text(response.content(), "id").to_owned();
        request.memory.with(|defaulted: &mut Defaulted| defaulted.0.insert(id));
    } else if request.users() && (request.has("active") || sets) {
        let id = request.path.trim_start_matches("/Users/");
        request.memory.with(|defaulted: &mut Defaulted| defaulted.0.remove(id));
    }
    if request.asks("filter", |filter| filter.contains("active")) {
        keep_in_list(request, response, |user| {
            !request.memory.with(|defaulted: &mut Defaulted| defaulted.0.contains(text(user, "id")))
        });
    }
}

/// Users whose active was never set.
#[derive(Default)]
struct Defaulted(std::collections::BTreeSet<String>);

fault! {
    Change filter_extension_nothing: "A filter by an attribute of the extension fits nothing.",
    trips ["filter.extension-attribute"]
}
fn filter_extension_nothing(request: &mut FaultRequest) {
    fit_nothing(request, |filter| filter.contains(ENTERPRISE));
}

fault! {
    Change filter_not_like_sql: "not (…) is not true of users without the attribute inside.",
    trips ["filter.not-of-absent"]
}
fn filter_not_like_sql(request: &mut FaultRequest) {
    refilter_pattern(request, r#"not ?\((\w+) eq ("[^"]*")\)"#, "($1 pr and not ($1 eq $2))");
}

fault! {
    Change filter_pr_of_lists: "pr on an attribute with several values is always true.",
    trips ["filter.pr-of-absent"]
}
fn filter_pr_of_lists(request: &mut FaultRequest) {
    refilter_pattern(request, &format!(r"\b(?:{}) pr\b", LISTS.join("|")), "id pr");
}
