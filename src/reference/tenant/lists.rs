//! Queries (RFC 7644 §3.4.2, RFC 9865): candidates from an index where one fits, one page of what holds, in
//! order of creation or sorted. Positions are remembered by resource, so a page repeats and skips nothing
//! when others write in between.

use super::Tenant;
use super::id::Id;
use super::model::{Group, User};
use super::store::Found;
use crate::reference::scim::{
    CURSOR_TIMEOUT, Cursor, Filter, ListQuery, Page, Paging, Position, ResourceKind, ScimError, ScimType,
    Sort, Work,
};

/// The most resources that are sorted for one request.
const MAX_SORTED: usize = 100_000;

/// Bytes of a typical resource as JSON.
const TYPICAL_SIZE: usize = 1024;

/// What a query found: numbers of resources in answer order, or everything that can be seen.
enum Hits {
    All,
    Some(Vec<usize>),
}

impl Tenant {
    /// One page of a query on resources of `kinds`.
    pub(crate) fn list(
        &self,
        provider: Id,
        kinds: &[ResourceKind],
        query: &ListQuery,
        base_url: &str,
    ) -> Result<Page, ScimError> {
        let all = self.store.visible(provider, kinds);
        let mut hits = match &query.filter {
            None => Hits::All,
            Some(filters) => Hits::Some(self.matching(provider, kinds, filters, base_url)?),
        };
        if let Some(sort) = &query.sort {
            let numbers = match hits {
                Hits::Some(numbers) => numbers,
                Hits::All if all.len() > MAX_SORTED => Vec::new(),
                Hits::All => all.iter_from(0).collect(),
            };
            if numbers.len() > MAX_SORTED || (query.filter.is_none() && all.len() > MAX_SORTED) {
                return Err(ScimError::new(
                    400,
                    Some(ScimType::TooMany),
                    format!(
                        "More than {MAX_SORTED} resources would have to be sorted; narrow the filter or leave out `sortBy`."
                    ),
                    "TOO_MANY",
                ));
            }
            hits = Hits::Some(self.sorted(provider, numbers, sort, base_url));
        }
        let total = match &hits {
            Hits::All => all.len(),
            Hits::Some(numbers) => numbers.len(),
        };
        let rank_of = |number: usize| match &hits {
            Hits::All => Some(all.rank(number)),
            Hits::Some(numbers) if query.sort.is_none() => {
                Some(numbers.partition_point(|known| *known < number))
            }
            Hits::Some(numbers) => numbers.iter().position(|known| *known == number),
        };
        let (start, count, opened) = match &query.paging {
            Paging::Index { start_index, count } => {
                (usize::try_from(start_index - 1).unwrap_or(usize::MAX), *count, None)
            }
            Paging::Cursor { cursor, count } => {
                let opened = self.opened(provider, query, cursor.as_deref(), *count)?;
                let start = match &opened {
                    None => 0,
                    // A resource that is gone from a sorted list leaves its offset behind.
                    Some(cursor) => rank_of(cursor.from).unwrap_or(cursor.offset).min(total),
                };
                (start, *count, Some(opened.is_some()))
            }
        };
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let end = start.saturating_add(count).min(total);
        let number_at = |rank: usize| match &hits {
            Hits::All => all.select(rank),
            Hits::Some(numbers) => numbers.get(rank).copied(),
        };
        let numbers: Vec<usize> = match &hits {
            Hits::All => match all.select(start) {
                Some(first) => all.iter_from(first).take(count).collect(),
                None => Vec::new(),
            },
            Hits::Some(numbers) => numbers.get(start..end).unwrap_or_default().to_vec(),
        };
        let mut page = Page {
            resources: Vec::with_capacity(numbers.len() * TYPICAL_SIZE),
            count: 0,
            total,
            position: Position::Index(start as u64 + 1),
        };
        for number in numbers {
            let Some(found) = self.store.at(number) else { continue };
            if page.count > 0 {
                page.resources.push(b',');
            }
            self.write_projected(&mut page.resources, provider, found, query, base_url);
            page.count += 1;
        }
        if opened.is_some() {
            let cursor_at = |rank: usize| {
                number_at(rank).map(|from| {
                    let issued = self.now.as_second();
                    let cursor = Cursor {
                        from,
                        offset: rank,
                        issued,
                        count: count as u64,
                        query: query.fingerprint(provider.0),
                    };
                    cursor.seal(&self.cursor_key)
                })
            };
            // A page of nothing has no next one: it would be the same again.
            let next = if count > 0 && end < total { cursor_at(end) } else { None };
            let previous = if start > 0 && count > 0 { cursor_at(start.saturating_sub(count)) } else { None };
            page.position = Position::Cursor { previous, next };
        }
        Ok(page)
    }

    /// A cursor that belongs to this query and is not too old; none on the first page.
    fn opened(
        &self,
        provider: Id,
        query: &ListQuery,
        cursor: Option<&str>,
        count: u64,
    ) -> Result<Option<Cursor>, ScimError> {
        let Some(text) = cursor.filter(|text| !text.is_empty()) else { return Ok(None) };
        let refused =
            |scim_type, detail: String| Err(ScimError::new(400, Some(scim_type), detail, "INVALID_CURSOR"));
        let opened = Cursor::open(text, &self.cursor_key);
        let Some(cursor) = opened.filter(|cursor| cursor.query == query.fingerprint(provider.0)) else {
            return refused(
                ScimType::InvalidCursor,
                "The cursor is not one that this query was given; begin again with an empty `cursor`."
                    .to_owned(),
            );
        };
        if self.now.as_second().saturating_sub(cursor.issued) > CURSOR_TIMEOUT {
            return refused(
                ScimType::ExpiredCursor,
                format!(
                    "The cursor is older than {CURSOR_TIMEOUT} seconds; begin again with an empty `cursor`."
                ),
            );
        }
        if cursor.count != count {
            return refused(
                ScimType::InvalidCount,
                format!("`count` was {} on the first page and must stay the same.", cursor.count),
            );
        }
        Ok(Some(cursor))
    }

    fn write_projected(
        &self,
        out: &mut Vec<u8>,
        provider: Id,
        found: Found<'_>,
        query: &ListQuery,
        base_url: &str,
    ) {
        let kind = kind_of(found);
        match query.projection(kind) {
            Some(projection) if !projection.is_whole() => {
                let object = projection.apply(kind, &self.object(provider, found, base_url));
                out.extend_from_slice(serde_json::Value::Object(object).to_string().as_bytes());
            }
            _ => self.write_resource(out, provider, found, base_url),
        }
    }

    /// Numbers of what fits, in ascending order; refused when that would need too many comparisons.
    fn matching(
        &self,
        provider: Id,
        kinds: &[ResourceKind],
        filters: &[(ResourceKind, Filter)],
        base_url: &str,
    ) -> Result<Vec<usize>, ScimError> {
        let work = Work::default();
        let mut numbers = Vec::new();
        for (kind, filter) in filters.iter().filter(|(kind, _)| kinds.contains(kind)) {
            let found = self.indexed(provider, *kind, filter);
            let by_index = found.is_some();
            let candidates = found
                .unwrap_or_else(|| self.store.visible(provider, &[*kind]).iter_from(0).collect())
                .into_iter();
            if by_index && filter.is_one_comparison() {
                numbers.extend(candidates);
                continue;
            }
            for number in candidates {
                if let Some(found) = self.store.at(number)
                    && filter.matches(&self.object(provider, found, base_url), &work)?
                {
                    numbers.push(number);
                }
            }
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// Candidates by an index, when the filter demands the value of an indexed attribute.
    fn indexed(&self, provider: Id, kind: ResourceKind, filter: &Filter) -> Option<Vec<usize>> {
        let by_id = |value: &str| {
            Id::parse(value).into_iter().filter(|id| self.visible(provider, kind, *id)).collect()
        };
        let ids: Vec<Id> = filter.equalities().into_iter().find_map(|(path, value)| {
            let users = |users: Vec<&User>| {
                users.into_iter().filter(|user| self.sees(provider, user)).map(|user| user.id).collect()
            };
            let groups = |groups: Vec<&Group>| {
                groups.into_iter().filter(|group| group.provider == provider).map(|group| group.id).collect()
            };
            Some(match (kind, path.as_str()) {
                (_, "id") => by_id(value),
                (ResourceKind::User, "userName") => {
                    users(self.store.user_by_name(value).into_iter().collect())
                }
                (ResourceKind::User, "externalId") => users(self.store.users_by_external_id(value)),
                (ResourceKind::Group, "displayName") => {
                    groups(self.store.group_by_name(provider, value).into_iter().collect())
                }
                (ResourceKind::Group, "externalId") => {
                    groups(self.store.groups_by_external_id(provider, value).collect())
                }
                (ResourceKind::Group, "members.value") => groups(
                    Id::parse(value).map(|id| self.store.groups_with(id).collect()).unwrap_or_default(),
                ),
                _ => return None,
            })
        })?;
        Some(ids.into_iter().filter_map(|id| self.store.number(id)).collect())
    }

    fn visible(&self, provider: Id, kind: ResourceKind, id: Id) -> bool {
        match kind {
            ResourceKind::User => self.store.user(id).is_some_and(|user| self.sees(provider, user)),
            ResourceKind::Group => self.store.group(id).is_some_and(|group| group.provider == provider),
        }
    }

    fn sorted(&self, provider: Id, numbers: Vec<usize>, sort: &Sort, base_url: &str) -> Vec<usize> {
        let mut keyed: Vec<_> = numbers
            .into_iter()
            .filter_map(|number| {
                let found = self.store.at(number)?;
                Some((sort.key(kind_of(found), &self.object(provider, found, base_url)), number))
            })
            .collect();
        keyed.sort_by(|(a, first), (b, second)| sort.compare(a.as_ref(), b.as_ref()).then(first.cmp(second)));
        keyed.into_iter().map(|(_, number)| number).collect()
    }
}

fn kind_of(found: Found<'_>) -> ResourceKind {
    match found {
        Found::User(_) => ResourceKind::User,
        Found::Group(_) => ResourceKind::Group,
    }
}
