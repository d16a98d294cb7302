//! Faults that the requirements `discovery.*` notice.

use crate::faults::support::*;

faults! {
    any_version, bulk_not_offered, config_denies_patch, config_missing, config_no_bulk,
    config_no_change_password, config_no_etag, config_no_filter, config_no_meta, config_no_patch,
    config_no_schemas, config_no_schemes, config_no_sort, config_supported_text, discovery_filter_ignored,
    discovery_filtered, discovery_paged, discovery_writable, etag_not_offered, extension_unlisted,
    filter_not_offered, filter_unclaimed, minimal_user_refused, patch_not_offered,
    resource_type_by_id_missing, resource_type_endpoint_wrong, resource_type_group_missing,
    resource_type_no_name, resource_type_schema_wrong, resource_types_missing, schema_active_text,
    schema_by_id_is_list, schema_by_id_missing, schema_emails_single, schema_groups_writable,
    schema_hides_display_name, schema_mutability_made_up, schema_no_id, schema_no_schemas,
    schema_password_returned, schema_user_name_optional, schemas_endpoint_missing, schemas_of_messages,
    schemes_hidden, sort_500, sort_not_offered, unknown_schema_200,
}

fault! {
    Before config_missing: "There is no ServiceProviderConfig.",
    trips ["discovery.available"], defects ["D005"]
}
fn config_missing(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path.starts_with("/ServiceProviderConfig"))
}

fault! {
    Before resource_types_missing: "There is no ResourceTypes.",
    trips ["discovery.available"], defects ["D005"]
}
fn resource_types_missing(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path.starts_with("/ResourceTypes"))
}

fault! {
    Before schemas_endpoint_missing: "There is no Schemas.",
    trips ["discovery.available"], defects ["D005"]
}
fn schemas_endpoint_missing(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path.starts_with("/Schemas"))
}

fault! {
    After config_no_patch: "The configuration does not mention patch.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_patch(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "patch");
}

fault! {
    After config_no_bulk: "The configuration does not mention bulk.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_bulk(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "bulk");
}

fault! {
    After config_no_filter: "The configuration does not mention filter.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_filter(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "filter");
}

fault! {
    After config_no_sort: "The configuration does not mention sort.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_sort(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "sort");
}

fault! {
    After config_no_etag: "The configuration does not mention etag.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_etag(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "etag");
}

fault! {
    After config_no_change_password: "The configuration does not mention changePassword.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_change_password(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "changePassword");
}

fault! {
    After config_no_schemes: "The configuration names no authentication scheme.",
    trips ["discovery.authentication-schemes"], defects ["D002"]
}
fn config_no_schemes(request: &FaultRequest, response: &mut FaultResponse) {
    config(request, response, |body| body["authenticationSchemes"] = json!([]));
}

fault! {
    After config_no_schemas: "The configuration has no schemas.",
    trips ["discovery.service-provider-config"], defects ["D002"]
}
fn config_no_schemas(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "schemas");
}

fault! {
    After config_no_meta: "The configuration has no meta.",
    trips ["discovery.config-meta"], defects ["D002"]
}
fn config_no_meta(request: &FaultRequest, response: &mut FaultResponse) {
    config_lacks(request, response, "meta");
}

fault! {
    After config_supported_text: "supported is text in the configuration.",
    trips ["discovery.service-provider-config"]
}
fn config_supported_text(request: &FaultRequest, response: &mut FaultResponse) {
    config(request, response, |body| body["patch"]["supported"] = json!("true"));
}

fault! {
    After config_denies_patch: "The configuration denies PATCH, which works.",
    trips ["discovery.unclaimed-patch"], defects ["D003"]
}
fn config_denies_patch(request: &FaultRequest, response: &mut FaultResponse) {
    config(request, response, |body| body["patch"]["supported"] = json!(false));
}

fault! {
    Before patch_not_offered: "The configuration claims PATCH, which is not there.",
    trips ["discovery.truthful-patch"], defects ["D003", "D041"]
}
fn patch_not_offered(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.is("PATCH").then(|| FaultResponse::error(501, None, "Not implemented."))
}

fault! {
    Before bulk_not_offered: "The configuration claims bulk requests, which are not there.",
    trips ["discovery.truthful-bulk"], defects ["D003"]
}
fn bulk_not_offered(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path == "/Bulk")
}

fault! {
    Before sort_not_offered: "The configuration claims sorting, which is refused.",
    trips ["discovery.truthful-sort"], defects ["D003"]
}
fn sort_not_offered(request: &mut FaultRequest) -> Option<FaultResponse> {
    request
        .parameter("sortBy")
        .map(|_| FaultResponse::error(400, Some("invalidValue"), "Sorting is not supported."))
}

fault! {
    After etag_not_offered: "The configuration claims ETags, which are not there.",
    trips ["discovery.truthful-etag"], defects ["D003"]
}
fn etag_not_offered(_: &FaultRequest, response: &mut FaultResponse) {
    response.remove_header("etag");
    response.each(|resource| {
        if let Some(meta) = resource.get_mut("meta") {
            drop_member(meta, "version");
        }
    });
}

fault! { Before schema_by_id_missing: "Single schemas cannot be read.", trips ["discovery.schema-by-id"] }
fn schema_by_id_missing(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path.starts_with("/Schemas/"))
}

fault! { Change schema_by_id_is_list: "A single schema comes as a list.", trips ["discovery.schema-by-id"] }
fn schema_by_id_is_list(request: &mut FaultRequest) {
    if request.path.starts_with("/Schemas/urn") {
        request.path = "/Schemas".into();
    }
}

fault! {
    Before resource_type_by_id_missing: "Single resource types cannot be read.",
    trips ["discovery.resource-type-by-id"]
}
fn resource_type_by_id_missing(request: &mut FaultRequest) -> Option<FaultResponse> {
    not_found(request.path.starts_with("/ResourceTypes/"))
}

fault! {
    After unknown_schema_200: "A schema that does not exist is answered with 200.",
    trips ["discovery.unknown-is-404"]
}
fn unknown_schema_200(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path.starts_with("/Schemas/") && response.status == 404 {
        *response = FaultResponse::json(200, json!({}));
    }
}

fault! {
    Whole discovery_filtered: "Filters are applied to /Schemas.",
    trips ["discovery.filter-is-403", "discovery.filter-not-applied"]
}
async fn discovery_filtered(request: &FaultRequest, service: &Service) -> FaultResponse {
    let Some(filter) = request.parameter("filter").filter(|_| request.path == "/Schemas") else {
        return service.send(request).await;
    };
    let mut response = service.send(&request.read()).await;
    if let Some(all) = response.array("Resources") {
        all.retain(|schema| filter.contains(text(schema, "id")));
        let now = all.len();
        response.set("totalResults", json!(now));
        response.set("itemsPerPage", json!(now));
    }
    response
}

fault! {
    Change discovery_filter_ignored: "Filters are ignored on /Schemas and /ResourceTypes.",
    trips ["discovery.filter-is-403"]
}
fn discovery_filter_ignored(request: &mut FaultRequest) {
    if ["/Schemas", "/ResourceTypes"].contains(&request.path.as_str()) {
        request.set("filter", None);
    }
}

fault! { After discovery_paged: "/Schemas is paged.", trips ["discovery.paging-ignored"] }
fn discovery_paged(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/Schemas"
        && request.parameter("count").is_some()
        && let Some(all) = response.array("Resources")
    {
        all.truncate(1);
        response.set("itemsPerPage", json!(1));
    }
}

fault! { Whole discovery_writable: "PUT of the configuration is stored.", trips ["discovery.read-only"] }
async fn discovery_writable(request: &FaultRequest, service: &Service) -> FaultResponse {
    if request.path != "/ServiceProviderConfig" {
        return service.send(request).await;
    }
    if request.is("PUT") {
        request.memory.with(|written: &mut WrittenConfig| written.0 = Some(request.content().clone()));
    }
    match request.memory.with(|written: &mut WrittenConfig| written.0.clone()) {
        Some(written) => FaultResponse::json(200, written),
        None => service.send(request).await,
    }
}

#[derive(Default)]
struct WrittenConfig(Option<Value>);

fault! {
    After resource_type_endpoint_wrong: "The endpoint of a resource type is not there.",
    trips ["discovery.resource-type-endpoint"]
}
fn resource_type_endpoint_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/ResourceTypes", |kind| {
        if kind["name"] == "User" {
            kind["endpoint"] = json!("/User");
        }
    });
}

fault! {
    After resource_type_schema_wrong: "A resource type names a schema that is not published.",
    trips ["discovery.resource-type-schemas"]
}
fn resource_type_schema_wrong(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/ResourceTypes", |kind| {
        if kind["name"] == "User" {
            kind["schema"] = json!("urn:example:User");
        }
    });
}

fault! {
    After resource_type_group_missing: "Groups have no resource type.",
    trips ["discovery.resource-types-complete"]
}
fn resource_type_group_missing(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/ResourceTypes"
        && let Some(all) = response.array("Resources")
    {
        all.retain(|kind| kind["name"] != "Group");
        let now = all.len();
        response.set("totalResults", json!(now));
    }
}

fault! { After resource_type_no_name: "Resource types have no name.", trips ["discovery.resource-types"] }
fn resource_type_no_name(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/ResourceTypes", |kind| drop_member(kind, "name"));
}

fault! {
    After schema_no_schemas: "Schemas have no schemas.",
    trips ["discovery.schemas-have-schemas"], defects ["D006"]
}
fn schema_no_schemas(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/Schemas", |schema| drop_member(schema, "schemas"));
}

fault! { After schema_no_id: "Schemas have no id.", trips ["discovery.schemas"] }
fn schema_no_id(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/Schemas", |schema| drop_member(schema, "id"));
}

fault! {
    After schema_active_text: "The published active is a string.",
    trips ["discovery.core-types"], defects ["D142"]
}
fn schema_active_text(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "active", |attribute| attribute["type"] = json!("string"));
}

fault! {
    After schema_emails_single: "The published emails is singular.",
    trips ["discovery.core-types"], defects ["D142"]
}
fn schema_emails_single(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "emails", |attribute| attribute["multiValued"] = json!(false));
}

fault! {
    After schema_user_name_optional: "The published userName is not required.",
    trips ["discovery.user-name-characteristics"], defects ["D142"]
}
fn schema_user_name_optional(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "userName", |attribute| attribute["required"] = json!(false));
}

fault! {
    After schema_password_returned: "The published password is returned.",
    trips ["discovery.password-characteristics"], defects ["D142"]
}
fn schema_password_returned(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "password", |attribute| attribute["returned"] = json!("default"));
}

fault! {
    After schema_groups_writable: "The published groups can be written.",
    trips ["discovery.groups-characteristics"], defects ["D142"]
}
fn schema_groups_writable(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "groups", |attribute| attribute["mutability"] = json!("readWrite"));
}

fault! {
    After schema_mutability_made_up: "A published mutability is no word of the RFC.",
    trips ["discovery.schemas"]
}
fn schema_mutability_made_up(request: &FaultRequest, response: &mut FaultResponse) {
    defined(request, response, "title", |attribute| attribute["mutability"] = json!("changeable"));
}

fault! {
    After schema_hides_display_name: "The published schema lacks attributes that are returned.",
    trips ["discovery.attributes-published"], defects ["D142"]
}
fn schema_hides_display_name(request: &FaultRequest, response: &mut FaultResponse) {
    documents(request, response, "/Schemas", |schema| {
        if schema["id"] == USER
            && let Some(all) = array(schema, "attributes")
        {
            all.retain(|attribute| attribute["name"] != "displayName");
        }
    });
}

fault! {
    Before sort_500: "sortBy is answered with 500.",
    trips ["discovery.truthful-sort"], defects ["D088"]
}
fn sort_500(request: &mut FaultRequest) -> Option<FaultResponse> {
    request.parameter("sortBy").map(|_| FaultResponse::server_error())
}

fault! {
    Before filter_not_offered: "The configuration claims filters, which are refused with 501 unless they ask for a page.",
    trips ["discovery.truthful-filter"], defects ["D003"]
}
fn filter_not_offered(request: &mut FaultRequest) -> Option<FaultResponse> {
    let filtered = request.parameter("filter").is_some() && request.parameter("startIndex").is_none();
    (request.users() && filtered).then(|| FaultResponse::error(501, None, "Not implemented."))
}

fault! {
    After extension_unlisted: "The resource type does not list the extension that users carry.",
    trips ["discovery.extensions-listed"]
}
fn extension_unlisted(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path.starts_with("/ResourceTypes") {
        response.each(|kind| {
            if kind.get("schemaExtensions").is_some() {
                kind["schemaExtensions"] = json!([]);
            }
        });
    }
}

fault! {
    After filter_unclaimed: "ServiceProviderConfig says that there are no filters, and there are.",
    trips ["discovery.unclaimed-filter"]
}
fn filter_unclaimed(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/ServiceProviderConfig"
        && let Some(config) = response.body.as_mut()
    {
        config["filter"]["supported"] = json!(false);
    }
}

fault! {
    Before minimal_user_refused: "A user without a family name is refused, which the schema does not say.",
    trips ["discovery.required-is-true"]
}
fn minimal_user_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.creates_user() && request.lacks("name"), 400, "invalidValue")
}

fault! {
    Change any_version: "Every protocol version is taken for the one there is.",
    trips ["discovery.protocol-version"]
}
fn any_version(request: &mut FaultRequest) {
    "v2".clone_into(&mut request.version);
}

fault! {
    Before schemes_hidden: "The configuration needs a credential.",
    trips ["discovery.schemes-without-credential"]
}
fn schemes_hidden(request: &mut FaultRequest) -> Option<FaultResponse> {
    (request.path == "/ServiceProviderConfig" && !request.headers.contains_key("authorization")).then(|| {
        let mut response = FaultResponse::error(401, None, "Unauthorized.");
        response.set_header("www-authenticate", "Basic");
        response
    })
}

fault! {
    After schemas_of_messages: "The schemas of messages are published.",
    trips ["discovery.no-message-schemas"]
}
fn schemas_of_messages(request: &FaultRequest, response: &mut FaultResponse) {
    if request.path == "/Schemas"
        && let Some(all) = response.array("Resources")
        && let Some(mut one) = all.first().cloned()
    {
        one["id"] = json!(LIST_RESPONSE);
        one["name"] = json!("ListResponse");
        all.push(one);
        let now = all.len();
        response.set("totalResults", json!(now));
        response.set("itemsPerPage", json!(now));
    }
}
