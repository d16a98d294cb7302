//! The service itself: its clock, its preset, its faults, a fresh start.

use maud::{Markup, html};

use super::forms::button;
use super::{CONTROLS, Done, PanelState};
use crate::checks::dictionary;
use crate::faults;
use crate::reference::http::Preset;
use crate::reference::http::pages::{Page, Visit, short_time};

const DAY: i64 = 86_400;

pub(super) fn page(visit: &Visit, inner: &PanelState) -> Page {
    let reference = &inner.reference;
    let on: Vec<&str> = inner.traffic.faults().iter().map(|fault| fault.name).collect();
    let rfc = reference.preset() == Preset::Rfc;
    let pending = reference.pending_deactivations();
    let content = html! {
        section aria-labelledby="clock-heading" {
            h2 #clock-heading { "Clock" }
            p { "The service's time is " strong { (short_time(&reference.now())) } ". It goes on by itself; here it is advanced, never back." }
            div.buttons {
                (button(visit, "/developer/service/advance", &[("seconds", "60")], "", "Advance a minute"))
                @for (name, minutes) in reference.delays().iter().filter(|(_, minutes)| *minutes > 0) {
                    (button(visit, "/developer/service/advance", &[("seconds", &(minutes * 60).to_string())], "", &format!("Advance the delay of {name} ({minutes} min)")))
                }
                (button(visit, "/developer/service/advance", &[("seconds", &DAY.to_string())], "", "Advance a day"))
            }
            (by_hand(visit))
            @if !pending.is_empty() {
                h3 { "Going to be deactivated" }
                ul { @for (username, due) in &pending { li { (username) ", at " (short_time(due)) } } }
            }
        }
        section aria-labelledby="preset-heading" {
            h2 #preset-heading { "Preset" }
            p { @if rfc { "Strictly by RFC 7643 and RFC 7644." } @else { "As the guide says that Code42 behaves." } }
            div.buttons {
                @if rfc {
                    (button(visit, "/developer/service/preset", &[("preset", "seed")], "", "Behave as the guide says"))
                } @else {
                    (button(visit, "/developer/service/preset", &[("preset", "rfc")], "", "Behave strictly by the RFCs"))
                }
            }
        }
        section aria-labelledby="faults-heading" {
            h2 #faults-heading { "Faults" }
            p { "Deliberate defects of what the service answers over SCIM. "
                @if on.is_empty() { "None is on." } @else { "On: " strong { (on.join(", ")) } "." } }
            form method="post" action="/developer/service/faults" {
                (visit.token_field())
                div.buttons {
                    button.main type="submit" { "Switch" }
                    button type="submit" name="none" value="true" { "All off" }
                }
                div hidden {
                    label for="fault-filter" { "Show those that contain" }
                    input #fault-filter type="search" data-filter=".faults";
                }
                fieldset.faults {
                    legend { "Which are on" }
                    @for fault in on_first(&on) {
                        label.box {
                            input type="checkbox" name="fault" value=(fault.name) checked[on.contains(&fault.name)];
                            span { code { (fault.name) } " " (fault.title) }
                        }
                    }
                }
            }
        }
        section aria-labelledby="reset-heading" {
            h2 #reset-heading { "Reset" }
            p { "Throws all providers, users, groups, mappings and logs away, sets the clock to real time, switches faults off, and begins again as the program began." }
            div.buttons { (button(visit, "/developer/service/reset", &[], "danger", "Reset the service")) }
        }
    };
    Page::new("Clock and faults", CONTROLS, content).below(&[("Developer", None)])
}

/// Those that are on, then the others.
fn on_first(on: &[&str]) -> Vec<&'static faults::Fault> {
    let mut all = dictionary::all().to_vec();
    all.sort_by_key(|fault| !on.contains(&fault.name));
    all
}

fn by_hand(visit: &Visit) -> Markup {
    html! {
        form.filters method="post" action="/developer/service/advance" {
            (visit.token_field())
            div {
                label for="amount" { "Advance by" }
                input #amount name="amount" type="number" min="1" step="1" value="1" required;
            }
            div {
                label for="unit" { "Unit" }
                select #unit name="unit" {
                    @for (seconds, name) in [("1", "seconds"), ("60", "minutes"), ("3600", "hours"), ("86400", "days")] {
                        option value=(seconds) selected[name == "hours"] { (name) }
                    }
                }
            }
            div.buttons { button type="submit" { "Advance" } }
        }
    }
}

pub(super) async fn act(inner: &PanelState, action: &str, visit: &Visit) -> Done {
    match action {
        "advance" => {
            inner.reference.advance(seconds(visit)?)?;
            Ok(format!("The service's time is now {}.", short_time(&inner.reference.now())))
        }
        "preset" => {
            let rfc = visit.field("preset") == Some("rfc");
            inner.reference.set_preset(if rfc { Preset::Rfc } else { Preset::Seed });
            Ok("The service behaves so from now on.".into())
        }
        "faults" => {
            let names = if visit.ticked("none") { Vec::new() } else { visit.fields("fault") };
            let found: Option<Vec<_>> = names.iter().map(|name| dictionary::by_name(name)).collect();
            let faults = found.ok_or("There is no such fault; choose from the list.")?;
            let told = match faults.len() {
                0 => "No fault is on.".to_owned(),
                1 => format!("The fault {} is on.", faults[0].name),
                count => format!("{count} faults are on."),
            };
            inner.traffic.set_faults(faults);
            Ok(told)
        }
        "reset" => {
            inner.reference.reset();
            inner.traffic.set_faults(Vec::new());
            inner.traffic.forget();
            (inner.options.fill)(&inner.reference)?;
            inner.okta.lock().await.start_over(None);
            Ok("The service began again, and so did the Okta side.".into())
        }
        _ => Err("There is no such action.".into()),
    }
}

/// How far the clock is to be advanced.
fn seconds(visit: &Visit) -> Result<i64, String> {
    let number = |name: &str| visit.field(name).and_then(|text| text.parse::<i64>().ok());
    let seconds = match number("seconds") {
        Some(seconds) => Some(seconds),
        None => number("amount").zip(number("unit")).and_then(|(amount, unit)| amount.checked_mul(unit)),
    };
    seconds
        .filter(|seconds| *seconds > 0)
        .ok_or_else(|| "Enter a whole number that is larger than zero.".into())
}
