//! Faults that the requirements `values.*` notice.

use crate::faults::support::*;

faults! {
    body_16_kib, digits_are_numbers, empty_text_refused, html_escaped, lines_joined, truncated,
    values_cut_at_control, values_group_name_escaped, values_ten_at_most,
}

fault! { After html_escaped: "Quotes and angle brackets come back escaped.", trips ["values.punctuation"] }
fn html_escaped(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            if let Some(title) = user["title"].as_str() {
                let escaped = title.replace('&', "&#38;").replace('<', "&lt;").replace('\'', "&#39;");
                user["title"] = json!(escaped);
            }
        });
    }
}

fault! { After truncated: "Texts are cut off after 100 characters.", trips ["values.long"] }
fn truncated(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| change_texts(user, |text| text.chars().take(100).collect()));
    }
}

fault! { Before empty_text_refused: "Empty texts are refused.", trips ["values.empty"] }
fn empty_text_refused(request: &mut FaultRequest) -> Option<FaultResponse> {
    let empty = request.is("POST") && TEXTS.iter().any(|name| request.content()[name] == "");
    refuse_if(empty, 400, "invalidValue")
}

fault! {
    Change values_group_name_escaped: "Ampersands in names of groups are stored as &#38;.",
    trips ["values.group-names"]
}
fn values_group_name_escaped(request: &mut FaultRequest) {
    if request.creates_group()
        && let Some(Value::String(name)) = request.member("displayName")
    {
        *name = name.replace('&', "&#38;");
    }
}

fault! {
    Change values_cut_at_control: "Texts end at the first control character.",
    trips ["values.control-characters"]
}
fn values_cut_at_control(request: &mut FaultRequest) {
    if request.is("POST")
        && let Some(body) = request.body.as_mut()
    {
        change_texts(body, |text| text.split(char::is_control).next().unwrap_or_default().to_owned());
    }
}

fault! { Change values_ten_at_most: "Of many values ten are stored.", trips ["values.many-values"] }
fn values_ten_at_most(request: &mut FaultRequest) {
    if request.is("POST")
        && request.users()
        && let Some(body) = request.body.as_mut()
    {
        for name in LISTS {
            if let Some(all) = array(body, name) {
                all.truncate(10);
            }
        }
    }
}

fault! {
    After digits_are_numbers: "Texts of digits lose their zeros in front.",
    trips ["values.look-alikes"]
}
fn digits_are_numbers(request: &FaultRequest, response: &mut FaultResponse) {
    if request.users() {
        response.each(|user| {
            change_texts(user, |text| {
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                if digits { text.trim_start_matches('0').to_owned() } else { text.to_owned() }
            });
        });
    }
}

fault! { Change lines_joined: "Line breaks are lost.", trips ["values.lines"] }
fn lines_joined(request: &mut FaultRequest) {
    if request.users()
        && let Some(body) = request.body.as_mut()
    {
        for address in values_mut(body, "addresses") {
            if let Some(Value::String(street)) = address.get_mut("streetAddress") {
                *street = street.replace('\n', " ");
            }
        }
    }
}

fault! { Before body_16_kib: "Bodies are cut off after 16 KiB.", trips ["values.large-bodies"] }
fn body_16_kib(request: &mut FaultRequest) -> Option<FaultResponse> {
    refuse_if(request.raw.len() > 16 << 10, 400, "invalidSyntax")
}
