//! The schemas as tables: every attribute with its characteristics (RFC 7643 §2.2 and §7). The
//! algorithms of this module are driven by them, and the discovery documents are made from them.

use super::{C42_USER, ENTERPRISE, ResourceKind};
pub(crate) use crate::urn::{GROUP, USER};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Boolean,
    DateTime,
    Reference,
    Binary,
    Complex,
    Integer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutability {
    ReadOnly,
    ReadWrite,
    Immutable,
    WriteOnly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    Always,
    Never,
    Default,
    /// Only when `attributes` names it; none of the service's attributes is, yet a projection knows it.
    Request,
}

/// One attribute with its characteristics; the defaults are those of RFC 7643 §2.2.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) multi: bool,
    pub(crate) required: bool,
    pub(crate) case_exact: bool,
    pub(crate) mutability: Mutability,
    pub(crate) returned: Returned,
    pub(crate) unique: bool,
    pub(crate) canonical: &'static [&'static str],
    pub(crate) references: &'static [&'static str],
    pub(crate) sub: &'static [Attribute],
    pub(crate) description: &'static str,
}

pub(super) const fn attr(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    Attribute {
        name,
        kind,
        multi: false,
        required: false,
        case_exact: false,
        mutability: Mutability::ReadWrite,
        returned: Returned::Default,
        unique: false,
        canonical: &[],
        references: &[],
        sub: &[],
        description,
    }
}

pub(super) const fn text(name: &'static str, description: &'static str) -> Attribute {
    attr(name, Type::String, description)
}

impl Attribute {
    pub(super) const fn multi(mut self) -> Self {
        self.multi = true;
        self
    }
    pub(super) const fn required(mut self) -> Self {
        self.required = true;
        self
    }
    pub(super) const fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }
    pub(super) const fn read_only(mut self) -> Self {
        self.mutability = Mutability::ReadOnly;
        self
    }
    pub(super) const fn immutable(mut self) -> Self {
        self.mutability = Mutability::Immutable;
        self
    }
    pub(super) const fn never(mut self) -> Self {
        self.mutability = Mutability::WriteOnly;
        self.returned = Returned::Never;
        self
    }
    pub(super) const fn always(mut self) -> Self {
        self.returned = Returned::Always;
        self
    }
    pub(super) const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }
    pub(super) const fn canonical(mut self, values: &'static [&'static str]) -> Self {
        self.canonical = values;
        self
    }
    pub(super) const fn references(mut self, types: &'static [&'static str]) -> Self {
        self.references = types;
        self
    }
    pub(super) const fn sub(mut self, sub: &'static [Attribute]) -> Self {
        self.sub = sub;
        self
    }
}

/// Attributes of every resource (RFC 7643 §3.1); not listed in `/Schemas`.
pub(crate) static COMMON: [Attribute; 4] = [
    attr("schemas", Type::Reference, "URIs of the schemas of the resource.")
        .multi()
        .required()
        .exact()
        .always()
        .references(&["uri"]),
    text("id", "Identifier given by the service provider.").exact().read_only().always().unique(),
    text("externalId", "Identifier given by the provisioning client.").exact(),
    attr("meta", Type::Complex, "Metadata of the resource.").read_only().sub(&META),
];

static META: [Attribute; 5] = [
    text("resourceType", "Name of the resource type.").exact().read_only(),
    attr("created", Type::DateTime, "When the resource was added.").read_only(),
    attr("lastModified", Type::DateTime, "When the resource last changed.").read_only(),
    attr("location", Type::Reference, "URI of the resource.").exact().read_only().references(&["uri"]),
    text("version", "Version of the resource, as in the ETag.").exact().read_only(),
];

static NAME: [Attribute; 6] = [
    text("formatted", "The whole name for display."),
    text("familyName", "Family name."),
    text("givenName", "Given name."),
    text("middleName", "Middle names."),
    text("honorificPrefix", "Title before the name."),
    text("honorificSuffix", "Suffix after the name."),
];

const PRIMARY: Attribute = attr("primary", Type::Boolean, "Whether this is the preferred value.");
const DISPLAY: Attribute = text("display", "Name for display.");

static EMAILS: [Attribute; 4] = [
    text("value", "E-mail address."),
    DISPLAY,
    text("type", "Kind of address.").canonical(&["work", "home", "other"]),
    PRIMARY,
];
static PHONES: [Attribute; 4] = [
    text("value", "Telephone number."),
    DISPLAY,
    text("type", "Kind of number.").canonical(&["work", "home", "mobile", "fax", "pager", "other"]),
    PRIMARY,
];
static IMS: [Attribute; 4] = [
    text("value", "Instant messaging address."),
    DISPLAY,
    text("type", "Service.").canonical(&["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"]),
    PRIMARY,
];
static PHOTOS: [Attribute; 4] = [
    attr("value", Type::Reference, "URI of the picture.").exact().references(&["external"]),
    DISPLAY,
    text("type", "Size.").canonical(&["photo", "thumbnail"]),
    PRIMARY,
];
static ADDRESSES: [Attribute; 8] = [
    text("formatted", "The whole address for display."),
    text("streetAddress", "Street and number."),
    text("locality", "City."),
    text("region", "State or region."),
    text("postalCode", "Postal code."),
    text("country", "Country, ISO 3166-1 alpha-2."),
    text("type", "Kind of address.").canonical(&["work", "home", "other"]),
    PRIMARY,
];
static USER_GROUPS: [Attribute; 4] = [
    text("value", "Identifier of the group.").read_only(),
    attr("$ref", Type::Reference, "URI of the group.").exact().read_only().references(&["User", "Group"]),
    text("display", "Name of the group.").read_only(),
    text("type", "Direct or indirect membership.").read_only().canonical(&["direct", "indirect"]),
];
static PLAIN: [Attribute; 4] =
    [text("value", "The value."), DISPLAY, text("type", "Kind of value."), PRIMARY];
static CERTIFICATES: [Attribute; 4] = [
    attr("value", Type::Binary, "DER certificate, base64.").exact(),
    DISPLAY,
    text("type", "Kind of certificate."),
    PRIMARY,
];

static USER_ATTRIBUTES: [Attribute; 21] = [
    text("userName", "Name that identifies the user to the service.").required().unique(),
    attr("name", Type::Complex, "Components of the user's name.").sub(&NAME),
    text("displayName", "Name for display."),
    text("nickName", "Casual name."),
    attr("profileUrl", Type::Reference, "URI of the user's profile page.").exact().references(&["external"]),
    text("title", "Job title."),
    text("userType", "Relation to the organization."),
    text("preferredLanguage", "Preferred language."),
    text("locale", "Locale for dates and numbers."),
    text("timezone", "Time zone."),
    attr("active", Type::Boolean, "Administrative status."),
    text("password", "Cleartext password; accepted and not used.").never(),
    attr("emails", Type::Complex, "E-mail addresses.").multi().sub(&EMAILS),
    attr("phoneNumbers", Type::Complex, "Telephone numbers.").multi().sub(&PHONES),
    attr("ims", Type::Complex, "Instant messaging addresses.").multi().sub(&IMS),
    attr("photos", Type::Complex, "Pictures.").multi().sub(&PHOTOS),
    attr("addresses", Type::Complex, "Physical addresses.").multi().sub(&ADDRESSES),
    attr("groups", Type::Complex, "Groups of the user.").multi().read_only().sub(&USER_GROUPS),
    attr("entitlements", Type::Complex, "Entitlements.").multi().sub(&PLAIN),
    attr("roles", Type::Complex, "Roles.").multi().sub(&PLAIN),
    attr("x509Certificates", Type::Complex, "Certificates.").multi().sub(&CERTIFICATES),
];

static MEMBERS: [Attribute; 4] = [
    text("value", "Identifier of the member.").exact().immutable(),
    attr("$ref", Type::Reference, "URI of the member.").exact().immutable().references(&["User", "Group"]),
    text("type", "Kind of member.").immutable().canonical(&["User", "Group"]),
    text("display", "User name, or name of the group.").read_only(),
];

static GROUP_ATTRIBUTES: [Attribute; 2] = [
    text("displayName", "Name of the group.").required().unique(),
    attr("members", Type::Complex, "Members of the group.").multi().sub(&MEMBERS),
];

static MANAGER: [Attribute; 3] = [
    text("value", "Identifier of the manager."),
    attr("$ref", Type::Reference, "URI of the manager.").exact().references(&["User"]),
    text("displayName", "Name of the manager.").read_only(),
];

static ENTERPRISE_ATTRIBUTES: [Attribute; 6] = [
    text("employeeNumber", "Number given by the employer."),
    text("costCenter", "Cost centre."),
    text("organization", "Organization."),
    text("division", "Division."),
    text("department", "Department."),
    attr("manager", Type::Complex, "Manager.").sub(&MANAGER),
];

static C42_ATTRIBUTES: [Attribute; 1] =
    [text("c42OrgName", "Name of the organization that the user is mapped to.")];

/// A schema: URN, name and attributes.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    pub(crate) attributes: &'static [Attribute],
}

pub(crate) static SCHEMAS: [Schema; 4] = [
    Schema { id: USER, name: "User", description: "User account.", attributes: &USER_ATTRIBUTES },
    Schema { id: GROUP, name: "Group", description: "Group of users.", attributes: &GROUP_ATTRIBUTES },
    Schema {
        id: ENTERPRISE,
        name: "EnterpriseUser",
        description: "What an enterprise says of a user.",
        attributes: &ENTERPRISE_ATTRIBUTES,
    },
    Schema {
        id: C42_USER,
        name: "Code42User",
        description: "What maps a user to an organization.",
        attributes: &C42_ATTRIBUTES,
    },
];

impl ResourceKind {
    /// URN of the core schema.
    pub(crate) fn core(self) -> &'static Schema {
        match self {
            Self::User => &SCHEMAS[0],
            Self::Group => &SCHEMAS[1],
        }
    }

    /// The extensions of the resource type.
    pub(crate) fn extensions(self) -> &'static [Schema] {
        match self {
            Self::User => &SCHEMAS[2..4],
            Self::Group => &[],
        }
    }

    /// Where resources of the type are, below the base URL.
    pub(crate) fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// `User` or `Group`.
    pub(crate) fn name(self) -> &'static str {
        self.core().name
    }

    /// An extension by URN, in any letter case.
    pub(crate) fn extension(self, urn: &str) -> Option<&'static Schema> {
        self.extensions().iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// An attribute of the core schema or a common one, in any letter case.
    pub(crate) fn attribute(self, name: &str) -> Option<&'static Attribute> {
        COMMON
            .iter()
            .chain(self.core().attributes)
            .find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

impl Schema {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

impl Attribute {
    /// A sub-attribute, in any letter case.
    pub(crate) fn sub_attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.sub.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

/// An attribute path resolved against the schema: `userName`, `name.givenName`, `urn:…:User:department`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AttributePath {
    /// URN of the extension, `None` for the core schema.
    pub(crate) extension: Option<&'static str>,
    pub(crate) attribute: &'static Attribute,
    pub(crate) sub: Option<&'static Attribute>,
}

impl AttributePath {
    /// Resolves `[URN:]attribute[.sub]`; `None` when no such attribute exists.
    pub(crate) fn resolve(kind: ResourceKind, path: &str) -> Option<Self> {
        let (extension, rest) = split_urn(kind, path);
        let (name, sub_name) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        let attribute = match extension {
            Some(Some(schema)) => schema.attribute(name)?,
            Some(None) => kind.attribute(name)?,
            None => return None,
        };
        let sub = match sub_name {
            Some(sub) => Some(attribute.sub_attribute(sub)?),
            None => None,
        };
        Some(Self { extension: extension.flatten().map(|schema| schema.id), attribute, sub })
    }

    /// The path in canonical spelling, without URN for the core schema.
    pub(crate) fn canonical(&self) -> String {
        let mut path = self.extension.map_or_else(String::new, |urn| format!("{urn}:"));
        path.push_str(self.attribute.name);
        if let Some(sub) = self.sub {
            path.push('.');
            path.push_str(sub.name);
        }
        path
    }
}

/// Takes a schema URN off the front of a path: `Some(None)` is the core schema, `None` an unknown URN.
#[expect(clippy::option_option, reason = "unknown URN, core schema and extension are three cases")]
fn split_urn(kind: ResourceKind, path: &str) -> (Option<Option<&'static Schema>>, &str) {
    if !path.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) {
        return (Some(None), path);
    }
    let candidates =
        std::iter::once((None, kind.core())).chain(kind.extensions().iter().map(|s| (Some(s), s)));
    for (extension, schema) in candidates {
        if let Some(start) = path.get(..schema.id.len())
            && start.eq_ignore_ascii_case(schema.id)
            && let Some(rest) = path[schema.id.len()..].strip_prefix(':')
        {
            return (Some(extension), rest);
        }
    }
    (None, path)
}
