//! Filters (RFC 7644 §3.4.2.2): every operator, the logic between them, values of every type, and what is
//! no filter. All values belong to the probe's own users, so that nobody else's are in the answers.

use serde_json::{Value, json};

use crate::checks::Requirement;
use crate::checks::active::{Answer, Capability, Made, Probe, Session, Stop, USER, probe};
use crate::checks::json::at;
use crate::checks::requirement::requirements;

requirements! {
    EQ = "filter.eq", Must, "RFC 7644 §3.4.2.2 table 3",
        "eq finds the resources whose attribute equals the value, and no others.",
        "Compare the whole value; a part of it is not equal.", [Rfc, Okta];
    NE = "filter.ne", Must, "RFC 7644 §3.4.2.2 table 3",
        "ne finds the resources whose attribute has another value.",
        "Implement ne as the opposite of eq.";
    CO = "filter.co", Must, "RFC 7644 §3.4.2.2 table 3",
        "co finds the resources whose attribute contains the value.",
        "Match anywhere in the value, without wildcards.";
    SW = "filter.sw", Must, "RFC 7644 §3.4.2.2 table 3",
        "sw finds the resources whose attribute starts with the value.",
        "Match at the start of the value only.";
    EW = "filter.ew", Must, "RFC 7644 §3.4.2.2 table 3",
        "ew finds the resources whose attribute ends with the value.",
        "Match at the end of the value only.";
    PR = "filter.pr", Must, "RFC 7644 §3.4.2.2 table 3",
        "pr finds the resources whose attribute has a value.",
        "Treat null, empty and absent attributes as not present.";
    ORDER = "filter.string-order", Must, "RFC 7644 §3.4.2.2 table 3",
        "gt, ge, lt and le compare strings in lexicographical order.",
        "Compare strings, and let ge and le include the value itself.";
    TIME = "filter.date-time", Must, "RFC 7644 §3.4.2.2 table 3; RFC 7643 §2.3.5",
        "gt, ge, lt and le compare a dateTime as an instant, whatever its offset.",
        "Parse both sides as RFC 3339 and compare the instants.";
    BOOLEAN_ORDER = "filter.boolean-has-no-order", Must, "RFC 7644 §3.4.2.2 table 3",
        "gt, ge, lt and le on a boolean are refused with 400 invalidFilter.",
        "Refuse an order on types that have none.";
    AND = "filter.and", Must, "RFC 7644 §3.4.2.2 table 4",
        "and finds what both sides find.",
        "Return only resources that fit both sides.";
    OR = "filter.or", Must, "RFC 7644 §3.4.2.2 table 4",
        "or finds what either side finds.",
        "Return resources that fit at least one side.";
    NOT = "filter.not", Must, "RFC 7644 §3.4.2.2 table 4",
        "not finds what its expression does not find.",
        "Invert the expression in the parentheses.";
    PRECEDENCE = "filter.precedence", Must, "RFC 7644 §3.4.2.2",
        "and binds tighter than or, and not tighter than both.",
        "Build the expression tree by the RFC's order of precedence.";
    GROUPING = "filter.grouping", Must, "RFC 7644 §3.4.2.2 table 5",
        "Parentheses change the order of evaluation.",
        "Evaluate what stands in parentheses first.";
    NAME_CASE = "filter.attribute-names-any-case", Must, "RFC 7644 §3.4.2.2",
        "Attribute names in a filter are matched in any letter case.",
        "Compare attribute names without regard to case.";
    OPERATOR_CASE = "filter.operators-any-case", Must, "RFC 7644 §3.4.2.2",
        "Operators in a filter are matched in any letter case.",
        "Compare operators without regard to case.";
    IGNORES_CASE = "filter.value-any-case", Must, "RFC 7643 §2.2, §4.1.1; RFC 7644 §3.4.2.2",
        "Values of attributes that are not case-exact, such as userName, are compared without regard to case.",
        "Fold both sides before comparing where caseExact is false.", [Rfc, Okta];
    EXACT_CASE = "filter.external-id-exact", Must, "RFC 7643 §3.1",
        "externalId is compared with regard to case.",
        "Compare externalId exactly.";
    BY_ID = "filter.by-id", Must, "RFC 7643 §3.1; RFC 7644 §3.4.2.2",
        "A filter by id finds the resource of that id alone.",
        "Let filters see id.";
    EXTERNAL = "filter.by-external-id", Must, "RFC 7643 §3.1; RFC 7644 §3.4.2.2",
        "A filter by externalId finds the resource that has it.",
        "Let filters see externalId; it exists so that clients can find their resources.";
    SUB = "filter.sub-attribute", Must, "RFC 7644 §3.4.2.2, §3.10",
        "A filter by a sub-attribute, such as name.familyName, compares that sub-attribute.",
        "Resolve attribute paths with a dot.";
    URN = "filter.urn-name", Must, "RFC 7644 §3.10",
        "An attribute name with the schema's URN before it means the same attribute.",
        "Accept urn:…:User:userName for userName.";
    MULTI = "filter.multi-valued", Must, "RFC 7644 §3.4.2.2",
        "A filter by a multi-valued attribute fits when any of its values fits.",
        "Compare each value; one that fits is enough.";
    VALUE_PATH = "filter.value-path", Must, "RFC 7644 §3.4.2.2",
        "The conditions in emails[…] must hold for one and the same value.",
        "Evaluate the expression in brackets for each value by itself.";
    VALUE_LOGIC = "filter.value-path-logic", Must, "RFC 7644 §3.4.2.2, erratum 7322",
        "An or inside emails[…] is evaluated.",
        "Take the whole filter grammar inside brackets.";
    ESCAPES = "filter.escapes", Must, "RFC 7644 §3.4.2.2; RFC 8259 §7",
        "A quote and a backslash in a value are written as JSON strings write them.",
        "Parse the value as a JSON string.";
    SPECIAL = "filter.special-characters", Must, "RFC 7644 §3.4.2.2, §3.4.2; RFC 3986 §2.1",
        "Characters such as +, &, #, ' and those of other scripts are compared as themselves.",
        "Decode the query once, as percent-encoding; + stands for itself when it came as %2B.";
    WILDCARDS = "filter.no-wildcards", Must, "RFC 7644 §3.4.2.2",
        "%, _ and * in a value are ordinary characters.",
        "Escape what the database takes for a wildcard.";
    MALFORMED = "filter.malformed", Must, "RFC 7644 §3.4.2.2, §3.12 table 9",
        "A text that is no filter is refused with 400.",
        "Refuse what does not parse; never return everything instead.";
    MALFORMED_TYPE = "filter.malformed-scim-type", Must, "RFC 7644 §3.4.2.2",
        "The 400 for a filter that is not understood has the scimType invalidFilter.",
        "Add \"scimType\": \"invalidFilter\".";
    UNKNOWN = "filter.unknown-attribute", Must, "RFC 7644 §3.4.2.2",
        "A filter by an attribute that does not exist finds nothing, or is refused.",
        "Never return resources that the filter does not fit.";
    NOTHING = "filter.nothing", Must, "RFC 7644 §3.4.2",
        "A filter that fits nothing is answered with 200, totalResults 0 and no Resources.",
        "Return an empty ListResponse.", [Rfc, Okta];
    TOTAL = "filter.total", Must, "RFC 7644 §3.4.2",
        "totalResults of a filtered list counts what fits the filter.",
        "Count after filtering and before paging.", [Rfc, Okta];
    EVERY = "filter.all-operators", May, "RFC 7644 §3.4.2.2 tables 3 to 5",
        "A service that filters knows every operator of the RFC.",
        "Implement the missing operators; refusing them with 400 is the least.";
    GROUP_NAME = "filter.group-display-name", Okta, "okta-client §3.17; RFC 7644 §3.4.2.2",
        "The look-up of a group by displayName eq finds it, and no other.",
        "Support displayName eq on /Groups.", [Rfc, Okta];
    GROUP_MEMBER = "filter.group-by-member", Must, "RFC 7644 §3.4.2.2",
        "A filter of groups by members.value finds the groups of that member, where it is not refused.",
        "Compare the value of each member.";
    ENTERPRISE_ATTRIBUTE = "filter.extension-attribute", Must, "RFC 7644 §3.10, §3.4.2.2",
        "A filter by an attribute of the enterprise extension compares that attribute.",
        "Resolve attribute names that begin with the extension's URN.";
}

probe!(
    OPERATORS,
    "filter.operators",
    Writes,
    [EQ, NE, CO, SW, EW, PR, ORDER, EVERY, TOTAL, NOTHING],
    operators
);
probe!(LOGIC, "filter.logic", Writes, [AND, OR, NOT, PRECEDENCE, GROUPING, EVERY], logic);
probe!(
    NAMES,
    "filter.names",
    Writes,
    [NAME_CASE, OPERATOR_CASE, SUB, URN, BY_ID, EXTERNAL, EXACT_CASE, IGNORES_CASE],
    names
);
probe!(TYPES, "filter.types", Writes, [TIME, BOOLEAN_ORDER], types);
probe!(VALUES, "filter.values", Writes, [MULTI, VALUE_PATH, VALUE_LOGIC, EVERY], values);
probe!(CHARACTERS, "filter.characters", Writes, [ESCAPES, SPECIAL, WILDCARDS], characters);
probe!(WRONG, "filter.wrong", Writes, [MALFORMED, MALFORMED_TYPE, UNKNOWN], wrong);
probe!(GROUPS, "filter.groups", Writes, [GROUP_NAME, GROUP_MEMBER], groups);
probe!(EXTENSIONS, "filter.extension", Writes, [ENTERPRISE_ATTRIBUTE], extension);

pub(in crate::checks) static PROBES: &[&Probe] =
    &[&OPERATORS, &LOGIC, &NAMES, &TYPES, &VALUES, &CHARACTERS, &WRONG, &GROUPS, &EXTENSIONS];

/// A value as a filter writes it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Users of one probe, told apart by the letter at their place.
struct Cast {
    users: Vec<Made>,
}

impl Cast {
    fn letters(&self, answer: &Answer) -> String {
        let found = answer.ids();
        let letters = self.users.iter().zip('A'..).filter(|(user, _)| found.contains(&user.id));
        letters.map(|(_, letter)| letter).collect()
    }

    /// Judges whether a filter finds exactly these of the cast. A refusal is no wrong answer: it is given
    /// back, and told by a requirement of its own.
    async fn judge(
        &self,
        session: &mut Session,
        requirement: &'static Requirement,
        filter: &str,
        wanted: &str,
    ) -> Result<Option<Answer>, Stop> {
        let answer = session.filter("/Users", filter).await?;
        // These forms say nothing that eq on the same attribute does not say.
        let plain = [&NAME_CASE, &OPERATOR_CASE, &IGNORES_CASE, &URN, &ESCAPES, &SPECIAL];
        let must = plain.iter().any(|known| known.slug == requirement.slug);
        if !must && (answer.refused() || answer.status == 501) {
            session.skip(requirement, format!("the service refuses such a filter with {}", answer.outcome()));
            return Ok(Some(answer));
        }
        let found = self.letters(&answer);
        let name = |letters: &str| if letters.is_empty() { "none".to_owned() } else { letters.to_owned() };
        let right = answer.status == 200 && found == wanted;
        session.hold(
            requirement,
            right,
            &answer,
            &[&format!("{} of the users A, B and C", name(wanted))],
            || format!("{}, {} for `{filter}`", answer.outcome(), name(&found)),
        );
        Ok((answer.status != 200).then_some(answer))
    }
}

/// Tells which operators were refused, with the answer to the first; where none was, what to look at instead.
fn every(session: &mut Session, mut refused: Vec<(&str, Answer)>, otherwise: &Answer) {
    refused.dedup_by_key(|(operator, _)| *operator);
    let shows = refused.first().map_or(otherwise, |(_, answer)| answer);
    session.hold(&EVERY, refused.is_empty(), shows, &["every operator"], || {
        let operators: Vec<&str> = refused.iter().map(|(operator, _)| *operator).collect();
        format!("these are refused: {}", operators.join(", "))
    });
}

/// Skips the probe where the service says that it does not filter, and blocks it where even the look-up
/// by userName fails.
fn can_filter(session: &Session) -> Result<(), Stop> {
    if session.facts.claims("filter") == Some(false) {
        return Err(Stop::Skipped("the service says that it does not support filters".into()));
    }
    session.need(Capability::FilterUser)
}

const NOT_COMPARABLE: &str =
    "the service stores no attribute that could be compared, or takes none in a filter";

/// An attribute of users that the service stores as it is sent and takes in a filter: its name.
async fn comparable(session: &mut Session, names: &[&'static str]) -> Result<Option<&'static str>, Stop> {
    let name = session.name();
    let mut extra = json!({});
    for known in names.iter().filter(|known| **known != "userName") {
        extra[*known] = json!(name);
    }
    let body = session.user_body(extra);
    let user = session.make("/Users", body.clone(), "create.user").await?;
    let read = session.get(&user.path).await?;
    for known in names {
        let Some(value) = at(&body, known).filter(|value| read.at(known) == Some(value)) else { continue };
        let answer = session.filter("/Users", &format!("{known} eq {value}")).await?;
        if !answer.refused() && answer.status != 501 {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

async fn operators(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let Some(attribute) = comparable(session, &["displayName", "nickName", "userName"]).await? else {
        return session.absent(NOT_COMPARABLE);
    };
    let name = session.name();
    let mut users = Vec::new();
    // The bodies that were sent are kept, since answers may hold other things.
    for (text, title) in [("alpha", Some("x")), ("beta", None), ("gamma", Some("y"))] {
        let value = format!("{name}-{text}-end");
        let mut extra = json!({attribute: value, "userName": format!("{value}@example.com")});
        if let Some(title) = title {
            extra["title"] = json!(format!("{name}-{title}"));
        }
        let body = session.user_body(extra);
        let made = session.make("/Users", body.clone(), "create.user").await?;
        users.push(Made { body, ..made });
    }
    let cast = Cast { users };
    let tail = if attribute == "userName" { "@example.com" } else { "" };
    let value = |text: &str| quoted(&format!("{name}-{text}-end{tail}"));
    let own = format!("{attribute} co {}", quoted(&name));
    let mut refused = Vec::new();
    let cases: Vec<(&'static Requirement, &str, String, &str)> = vec![
        (&EQ, "eq", format!("{attribute} eq {}", value("beta")), "B"),
        (&EQ, "eq", format!("{attribute} eq {}", quoted(&format!("{name}-beta"))), ""),
        (&EQ, "eq", format!("{attribute} eq {}", quoted("beta-end")), ""),
        (&CO, "co", own.clone(), "ABC"),
        (&CO, "co", format!("{attribute} co {}", quoted(&format!("{}-gam", &name[3..]))), "C"),
        (&SW, "sw", format!("{attribute} sw {}", quoted(&format!("{name}-al"))), "A"),
        (&SW, "sw", format!("{attribute} sw {}", quoted(&name[2..])), ""),
        (&EW, "ew", format!("{attribute} ew {}", quoted(&format!("{}-beta-end{tail}", &name[3..]))), "B"),
        (&EW, "ew", format!("{attribute} ew {}", quoted(&format!("{name}-beta"))), ""),
        (&NE, "ne", format!("{attribute} ne {} and {own}", value("beta")), "AC"),
        (&ORDER, "gt", format!("{attribute} gt {} and {own}", value("beta")), "C"),
        (&ORDER, "ge", format!("{attribute} ge {} and {own}", value("beta")), "BC"),
        (&ORDER, "lt", format!("{attribute} lt {} and {own}", value("beta")), "A"),
        (&ORDER, "le", format!("{attribute} le {} and {own}", value("beta")), "AB"),
    ];
    // What must be narrowed by `and` says nothing where `and` itself is wrong.
    let narrowed = session.filter("/Users", &format!("{attribute} eq {} and {own}", value("beta"))).await?;
    let apart = session
        .filter("/Users", &format!("{attribute} eq {} and {attribute} eq {}", value("beta"), value("gamma")))
        .await?;
    let narrows = cast.letters(&narrowed) == "B" && cast.letters(&apart).is_empty();
    // Where `co` is refused there is nothing to narrow with, and `and` may be right all the same.
    let unnarrowed = (narrowed.refused() || narrowed.status == 501)
        .then(|| format!("the service refuses the filter that would narrow it with {}", narrowed.outcome()));
    for (requirement, operator, filter, wanted) in cases {
        if filter.contains(" and ") && !narrows {
            match &unnarrowed {
                Some(reason) => session.skip(requirement, reason.clone()),
                None => session.blocked(requirement, AND.slug),
            }
        } else if let Some(answer) = cast.judge(session, requirement, &filter, wanted).await? {
            refused.push((operator, answer));
        }
    }
    let title = session.get(&cast.users[0].path).await?.text("title") == Some(format!("{name}-x").as_str());
    if title && !narrows {
        match unnarrowed {
            Some(reason) => session.skip(&PR, reason),
            None => session.blocked(&PR, AND.slug),
        }
    } else if title {
        if let Some(answer) = cast.judge(session, &PR, &format!("title pr and {own}"), "AC").await? {
            refused.push(("pr", answer));
        }
    } else {
        session.skip(&PR, "the service does not store title");
    }
    let whole = session.filter("/Users", &own).await?;
    if whole.status == 200 {
        session.hold(&TOTAL, whole.total() == Some(3), &whole, &["totalResults 3"], || {
            format!("totalResults {} with {} resources", whole.total().unwrap_or(-1), whole.resources().len())
        });
    }
    let one = session.filter("/Users", &format!("{attribute} eq {}", value("gamma"))).await?;
    if one.status == 200 {
        session.hold(&TOTAL, one.total() == Some(1), &one, &["totalResults 1"], || {
            format!("totalResults {} with {} resources", one.total().unwrap_or(-1), one.resources().len())
        });
    }
    let none = session
        .filter("/Users", &format!("userName eq {}", quoted(&format!("{name}-nobody@example.com"))))
        .await?;
    let empty = none.status == 200 && none.total() == Some(0) && none.resources().is_empty();
    // A 404 there has a passive rule of its own.
    if none.status != 404 {
        session.hold(&NOTHING, empty, &none, &["200 with totalResults 0"], || {
            format!(
                "{}, totalResults {}, {} resources",
                none.outcome(),
                none.total().unwrap_or(-1),
                none.resources().len()
            )
        });
    }
    every(session, refused, &none);
    Ok(())
}

/// Three users with letters in their userName, found by it.
async fn lettered(session: &mut Session) -> Result<(Cast, [String; 3]), Stop> {
    let mut users = Vec::new();
    for _ in 0..3 {
        users.push(session.user().await?);
    }
    let filters = [0, 1, 2].map(|at: usize| format!("userName eq {}", quoted(&users[at].text("userName"))));
    Ok((Cast { users }, filters))
}

async fn logic(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let (cast, [a, b, c]) = lettered(session).await?;
    let external = format!("id eq {}", quoted(&cast.users[0].id));
    let all = format!("({a} or {b} or {c})");
    let cases: Vec<(&'static Requirement, &str, String, &str)> = vec![
        (&OR, "or", format!("{a} or {b}"), "AB"),
        (&AND, "and", format!("{a} and {external}"), "A"),
        (&AND, "and", format!("{a} and {b}"), ""),
        (&PRECEDENCE, "or", format!("{a} or {b} and {c}"), "A"),
        (&PRECEDENCE, "or", format!("{b} and {c} or {a}"), "A"),
        (&GROUPING, "( )", format!("({a} or {b}) and {c}"), ""),
        (&GROUPING, "( )", format!("({a} or {b}) and ({b} or {c})"), "B"),
        (&NOT, "not", format!("{all} and not ({a})"), "BC"),
        (&NOT, "not", format!("not ({a} or {b}) and {all}"), "C"),
    ];
    let mut refused = Vec::new();
    for (requirement, operator, filter, wanted) in cases {
        if let Some(answer) = cast.judge(session, requirement, &filter, wanted).await? {
            refused.push((operator, answer));
        }
    }
    let answer = session.filter("/Users", &a).await?;
    every(session, refused, &answer);
    Ok(())
}

async fn names(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let external = format!("{}-Ext", session.name());
    let family = format!("{}-family", session.name());
    let ada = session
        .user_with(json!({"externalId": external, "name": {"givenName": "Ada", "familyName": family}}))
        .await?;
    let other = session.user().await?;
    let login = ada.text("userName");
    let read = session.get(&ada.path).await?;
    let cast = Cast { users: vec![ada, other] };
    cast.judge(session, &NAME_CASE, &format!("USERNAME eq {}", quoted(&login)), "A").await?;
    cast.judge(session, &NAME_CASE, &format!("username eq {}", quoted(&login)), "A").await?;
    cast.judge(session, &OPERATOR_CASE, &format!("userName EQ {}", quoted(&login)), "A").await?;
    cast.judge(session, &OPERATOR_CASE, &format!("userName Eq {}", quoted(&login)), "A").await?;
    cast.judge(session, &IGNORES_CASE, &format!("userName eq {}", quoted(&login.to_uppercase())), "A")
        .await?;
    cast.judge(session, &URN, &format!("{USER}:userName eq {}", quoted(&login)), "A").await?;
    let id = cast.users[0].id.clone();
    cast.judge(session, &BY_ID, &format!("id eq {}", quoted(&id)), "A").await?;
    if read.text("name.familyName") == Some(family.as_str()) {
        cast.judge(session, &SUB, &format!("name.familyName eq {}", quoted(&family)), "A").await?;
    } else {
        session.skip(&SUB, "the service does not store name.familyName");
    }
    if read.text("externalId") == Some(external.as_str()) {
        cast.judge(session, &EXTERNAL, &format!("externalId eq {}", quoted(&external)), "A").await?;
        cast.judge(session, &EXACT_CASE, &format!("externalId eq {}", quoted(&external.to_uppercase())), "")
            .await?;
    } else {
        session.skip(&EXTERNAL, "the service does not store externalId");
        session.skip(&EXACT_CASE, "the service does not store externalId");
    }
    Ok(())
}

async fn types(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let ada = session.user().await?;
    let read = session.get(&ada.path).await?;
    let own = format!("userName eq {}", quoted(&ada.text("userName")));
    let cast = Cast { users: vec![ada] };
    let created = read.text("meta.created").and_then(|text| text.parse::<jiff::Timestamp>().ok());
    match created {
        Some(created) => {
            let hour = jiff::SignedDuration::from_hours(1);
            let zoned = |shift: jiff::SignedDuration, offset: i8| {
                let at = created.checked_add(shift).unwrap_or(created);
                let time = jiff::tz::Offset::constant(offset).to_datetime(at);
                format!("{}{offset:+03}:00", time.strftime("%Y-%m-%dT%H:%M:%S"))
            };
            // As text the first of each pair is on the wrong side.
            let cases = [
                (format!("meta.created gt {}", quoted("2011-05-13T04:42:34Z")), "A"),
                (format!("meta.created lt {}", quoted("2011-05-13T04:42:34Z")), ""),
                (format!("meta.created gt {}", quoted(&zoned(-hour, 14))), "A"),
                (format!("meta.created gt {}", quoted(&zoned(hour, -11))), ""),
                (format!("meta.created le {}", quoted(&zoned(hour, -11))), "A"),
                (format!("meta.created le {}", quoted(&zoned(-hour, 14))), ""),
            ];
            for (filter, wanted) in cases {
                cast.judge(session, &TIME, &format!("{filter} and {own}"), wanted).await?;
            }
        }
        None => session.skip(&TIME, "the service does not return meta.created"),
    }
    if read.at("active").is_some_and(Value::is_boolean) {
        let answer = session.filter("/Users", &format!("active gt false and {own}")).await?;
        session
            .hold(&BOOLEAN_ORDER, answer.status == 400, &answer, &["400 invalidFilter"], || answer.outcome());
    } else {
        session.skip(&BOOLEAN_ORDER, "the service does not return active");
    }
    Ok(())
}

async fn values(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let (work, home, other) = (session.login(), session.login(), session.login());
    let mails = |first: (&str, &str), second: (&str, &str)| json!([{"value": first.1, "type": first.0, "primary": true}, {"value": second.1, "type": second.0}]);
    let ada = session.user_with(json!({"emails": mails(("work", &work), ("home", &home))})).await?;
    let bob = session.user_with(json!({"emails": mails(("work", &other), ("home", &work))})).await?;
    let both = session.get(&ada.path).await?.at("emails").and_then(Value::as_array).map_or(0, Vec::len) == 2
        && session.get(&bob.path).await?.at("emails").and_then(Value::as_array).map_or(0, Vec::len) == 2;
    if !both {
        return session.absent("the service keeps one e-mail address only");
    }
    let cast = Cast { users: vec![ada, bob] };
    let (w, h, o) = (quoted(&work), quoted(&home), quoted(&other));
    cast.judge(session, &MULTI, &format!("emails.value eq {h}"), "A").await?;
    cast.judge(session, &MULTI, &format!("emails.value eq {w}"), "AB").await?;
    let mut refused = Vec::new();
    for (filter, wanted) in [
        (format!("emails[type eq \"work\" and value eq {w}]"), "A"),
        (format!("emails[type eq \"home\" and value eq {w}]"), "B"),
        (format!("emails[type eq \"home\" and value eq {o}]"), ""),
    ] {
        if let Some(answer) = cast.judge(session, &VALUE_PATH, &filter, wanted).await? {
            refused.push(("attribute[filter]", answer));
        }
    }
    cast.judge(session, &VALUE_LOGIC, &format!("emails[value eq {h} or value eq {o}]"), "AB").await?;
    cast.judge(
        session,
        &VALUE_LOGIC,
        &format!("emails[type eq \"home\" and (value eq {o} or value eq {h})]"),
        "A",
    )
    .await?;
    let answer = session.filter("/Users", &format!("emails.value eq {h}")).await?;
    every(session, refused, &answer);
    Ok(())
}

async fn characters(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let Some(attribute) = comparable(session, &["displayName", "nickName"]).await? else {
        return session.absent(NOT_COMPARABLE);
    };
    let name = session.name();
    let cases = [
        (&ESCAPES, format!("{name} \"quoted\" \\ back")),
        (&SPECIAL, format!("{name} O'Brien + Søn & 李 #1 50% ünï=?/;,")),
    ];
    for (requirement, value) in cases {
        let body = session.user_body(json!({attribute: value}));
        let made = session.make("/Users", body.clone(), "create.user").await?;
        let plain = session.user().await?;
        let user = Made { body, ..made };
        let cast = Cast { users: vec![user, plain] };
        cast.judge(session, requirement, &format!("{attribute} eq {}", quoted(&value)), "A").await?;
    }
    let value = format!("{name}aXbYc");
    let body = session.user_body(json!({attribute: value}));
    let made = session.make("/Users", body.clone(), "create.user").await?;
    let user = Made { body, ..made };
    let cast = Cast { users: vec![user] };
    for pattern in
        [format!("{name}a%c"), format!("{name}a_b_c"), format!("{name}a*c"), format!("{name}a.b.c")]
    {
        cast.judge(session, &WILDCARDS, &format!("{attribute} eq {}", quoted(&pattern)), "").await?;
    }
    for (operator, pattern) in [
        ("sw", format!("{name}a_b")),
        ("sw", format!("{name}a.b")),
        ("co", format!("{name}a.b.")),
        ("co", format!("{name}a_b_")),
        ("co", format!("{name}%c")),
        ("ew", "a_b_c".into()),
    ] {
        cast.judge(session, &WILDCARDS, &format!("{attribute} {operator} {}", quoted(&pattern)), "").await?;
    }
    Ok(())
}

async fn wrong(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let ada = session.user().await?;
    let login = quoted(&ada.text("userName"));
    let texts = [
        "userName eq".to_owned(),
        "userName".to_owned(),
        format!("eq {login}"),
        format!("userName zz {login}"),
        format!("userName eq {}", &login[..login.len() - 1]),
        format!("(userName eq {login}"),
        format!("userName eq {login})"),
        format!("userName eq {login} and"),
        format!("userName eq {login} userName eq {login}"),
        "emails[type eq \"work\"".to_owned(),
        ")(".to_owned(),
    ];
    for text in texts {
        let answer = session.filter("/Users", &text).await?;
        let refused = session.hold(&MALFORMED, answer.status == 400, &answer, &["400 invalidFilter"], || {
            format!("{} for `{text}`", answer.outcome())
        });
        if refused {
            session.hold(
                &MALFORMED_TYPE,
                answer.scim_type() == Some("invalidFilter"),
                &answer,
                &["scimType invalidFilter"],
                || format!("{} for `{text}`", answer.outcome()),
            );
        }
    }
    let answer = session.filter("/Users", "scimulateUnknown eq \"7\"").await?;
    let right = answer.refused() || answer.ok() && answer.resources().is_empty();
    session.hold(&UNKNOWN, right, &answer, &["400 invalidFilter", "an empty list"], || {
        format!("{} with {} resources", answer.outcome(), answer.resources().len())
    });
    Ok(())
}

async fn groups(session: &mut Session) -> Result<(), Stop> {
    session.need(Capability::ReadGroup)?;
    let (ada, grace) = (session.user().await?, session.user().await?);
    let (first, second) = (session.group(&[&ada]).await?, session.group(&[&grace]).await?);
    let name = first.text("displayName");
    let path = format!(
        "/Groups?filter={}&startIndex=1&count=100",
        crate::exchange::percent_encode(&format!("displayName eq {}", quoted(&name)))
    );
    let found = session.get(&path).await?;
    let right = found.status == 200 && found.lists(&first.id) && !found.lists(&second.id);
    session.hold(&GROUP_NAME, right, &found, &["the group of that name alone"], || {
        format!("{} with {} groups", found.outcome(), found.resources().len())
    });
    if session.facts.claims("filter") == Some(false) {
        session.skip(&GROUP_MEMBER, "the service says that it does not support filters");
        return Ok(());
    }
    let found = session.filter("/Groups", &format!("members.value eq {}", quoted(&ada.id))).await?;
    if found.status == 200 {
        let right = found.lists(&first.id) && !found.lists(&second.id);
        session.hold(&GROUP_MEMBER, right, &found, &["the group of that member alone"], || {
            format!(
                "{} groups, the right one {}",
                found.resources().len(),
                if found.lists(&first.id) { "among them" } else { "not among them" }
            )
        });
    } else {
        session.skip(&GROUP_MEMBER, format!("the service refuses such a filter with {}", found.outcome()));
    }
    Ok(())
}

async fn extension(session: &mut Session) -> Result<(), Stop> {
    can_filter(session)?;
    let urn = crate::checks::active::ENTERPRISE;
    let department = session.name();
    let ada = session.user_with(json!({urn: {"department": department}})).await?;
    let other = session.user().await?;
    let read = session.get(&ada.path).await?;
    if read.text(&format!("{urn}:department")) != Some(department.as_str()) {
        return session.absent("the service does not store the enterprise extension");
    }
    let cast = Cast { users: vec![ada, other] };
    cast.judge(session, &ENTERPRISE_ATTRIBUTE, &format!("{urn}:department eq {}", quoted(&department)), "A")
        .await?;
    Ok(())
}
