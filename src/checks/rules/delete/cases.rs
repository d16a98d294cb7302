//! Exchanges that break a passive rule of the area, and exchanges that keep it.

use crate::checks::cases::{
    Case, LOOKUP, ONE, breaks, created, error, get, keeps, line, list, not_found, second_user, user,
};

pub(in crate::checks) fn all() -> Vec<Case> {
    vec![
        breaks("delete.status-204", vec![line("DELETE", ONE, None, 200, None)]),
        breaks("delete.gone", vec![line("DELETE", ONE, None, 204, None), get(ONE, user())]),
        keeps(
            "deleted and created again",
            vec![
                created(user()),
                line("DELETE", ONE, None, 204, None),
                error(404, not_found()),
                get(LOOKUP, list(vec![])),
                created(user()),
            ],
        ),
        breaks("delete.id-not-reused", vec![line("DELETE", ONE, None, 204, None), created(user())])
            .during_check(),
        keeps("another id", vec![line("DELETE", ONE, None, 204, None), second_user()]).during_check(),
    ]
}
