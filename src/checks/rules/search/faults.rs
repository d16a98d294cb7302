//! Faults that the requirements `search.*` notice.

use crate::faults::support::*;

faults! {
    root_absent_is_true, root_attribute_refused, root_type_ignored, search_excluded_ignored,
    search_ignores_attributes, search_ignores_count, search_ignores_filter, search_sort_ignored,
}

fault! {
    Change search_ignores_filter: "A query by POST ignores its filter.",
    trips ["search.like-get"], defects ["D035"]
}
fn search_ignores_filter(request: &mut FaultRequest) {
    search_ignores(request, "filter");
}

fault! {
    Change search_ignores_count: "A query by POST ignores count.",
    trips ["search.pages"], defects ["D035"]
}
fn search_ignores_count(request: &mut FaultRequest) {
    search_ignores(request, "count");
}

fault! {
    Change search_ignores_attributes: "A query by POST ignores attributes.",
    trips ["search.attributes"], defects ["D035"]
}
fn search_ignores_attributes(request: &mut FaultRequest) {
    search_ignores(request, "attributes");
}

fault! {
    Change search_excluded_ignored: "excludedAttributes is ignored in queries by POST.",
    trips ["search.excluded-attributes"]
}
fn search_excluded_ignored(request: &mut FaultRequest) {
    search_ignores(request, "excludedAttributes");
}

fault! { Change search_sort_ignored: "sortBy is ignored in queries by POST.", trips ["search.sort"] }
fn search_sort_ignored(request: &mut FaultRequest) {
    search_ignores(request, "sortBy");
}

fault! {
    Before root_attribute_refused: "Queries at the root refuse attributes that not every type has.",
    trips ["search.root-absent-attribute"]
}
fn root_attribute_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(at_root(request) && filter_of(request).contains("userName"), 400, "invalidFilter")
}

fault! {
    Change root_absent_is_true: "At the root, resources without an attribute fit any comparison with it.",
    trips ["search.root-absent-attribute"]
}
fn root_absent_is_true(request: &mut FaultRequest) {
    if at_root(request)
        && let Ok(presence) = regex::Regex::new(r" and \w+ pr\b")
    {
        let filter = filter_of(request);
        set_filter(request, &presence.replace_all(&filter, ""));
    }
}

fault! {
    Change root_type_ignored: "At the root, meta.resourceType selects nothing.",
    trips ["search.root-by-type"]
}
fn root_type_ignored(request: &mut FaultRequest) {
    let filter = filter_of(request);
    if at_root(request)
        && let Some((_, rest)) = filter.split_once("meta.resourceType eq ")
        && let Some((_, rest)) = rest.split_once(" and ")
    {
        set_filter(request, rest);
    }
}
