//! Relations that need no oracle: pages together are the list, a sorted list is the list in another order, a
//! conjunction finds no more than its parts, `not` finds the rest.

use proptest::prelude::*;
use scimulate::exchange::percent_encode;
use scimulate::reference::http::Preset;
use serde_json::{Value, json};

use super::service::{Service, USER, names, service};

async fn filled(titles: &[u8]) -> Service {
    let service = service(Preset::Rfc);
    for (number, title) in titles.iter().enumerate() {
        let mut body =
            json!({ "schemas": [USER], "userName": format!("{}user{number}", char::from(b'a' + title)) });
        if *title > 0 {
            body["title"] = json!(format!("T{title}"));
            body["active"] = json!(title % 2 == 0);
        }
        service.made("/Users", body).await;
    }
    service
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

const FILTERS: [&str; 5] = [
    "title pr",
    "active eq false",
    "userName sw \"b\"",
    "title eq \"t2\"",
    "meta.created gt \"2027-01-01T00:00:00Z\"",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn pages_by_index_are_slices_of_the_list(titles in proptest::collection::vec(0_u8..4, 0..30), start in -2_i64..35, count in -2_i64..35) {
        block(async {
            let service = filled(&titles).await;
            let all = service.names("/Users").await;
            let page = service.get(&format!("/Users?startIndex={start}&count={count}")).await;
            let skip = usize::try_from(start - 1).unwrap_or(0);
            let expected: Vec<String> = all.iter().skip(skip).take(usize::try_from(count).unwrap_or(0)).cloned().collect();
            assert_eq!(names(&page), expected);
            assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(all.len()), &json!(expected.len())));
        });
    }

    #[test]
    fn pages_by_cursor_are_the_list(titles in proptest::collection::vec(0_u8..4, 0..30), count in 1_usize..12, filter in 0_usize..6, sorted: bool) {
        block(async {
            let service = filled(&titles).await;
            let mut query = if sorted { "sortBy=title".to_owned() } else { String::new() };
            if let Some(filter) = FILTERS.get(filter) {
                query += &format!("&filter={}", percent_encode(filter));
            }
            let whole = service.get(&format!("/Users?{query}")).await;
            let (mut walked, mut cursor) = (Vec::new(), Value::from(""));
            while let Some(at) = cursor.as_str() {
                let page = service.get(&format!("/Users?{query}&count={count}&cursor={at}")).await;
                assert_eq!(page["totalResults"], whole["totalResults"]);
                walked.extend(names(&page));
                cursor = page["nextCursor"].clone();
            }
            assert_eq!(walked, names(&whole));
        });
    }

    #[test]
    fn filters_relate_as_sets_do(titles in proptest::collection::vec(0_u8..4, 0..20), a in 0_usize..5, b in 0_usize..5) {
        block(async {
            let service = filled(&titles).await;
            let find = async |filter: String| service.names(&format!("/Users?filter={}", percent_encode(&filter))).await;
            let (a, b) = (FILTERS[a], FILTERS[b]);
            let (only_a, only_b) = (find(a.to_owned()).await, find(b.to_owned()).await);
            let all = service.names("/Users").await;
            let expect = |keep: &dyn Fn(&String) -> bool| all.iter().filter(|name| keep(name)).cloned().collect::<Vec<_>>();
            assert_eq!(find(format!("{a} and {b}")).await, expect(&|name| only_a.contains(name) && only_b.contains(name)));
            assert_eq!(find(format!("{a} or {b}")).await, expect(&|name| only_a.contains(name) || only_b.contains(name)));
            assert_eq!(find(format!("not ({a})")).await, expect(&|name| !only_a.contains(name)));
        });
    }

    #[test]
    fn sorting_loses_nobody_and_backwards_is_the_reverse_of_forwards(titles in proptest::collection::vec(0_u8..4, 0..20)) {
        block(async {
            let service = filled(&titles).await;
            let up = service.names("/Users?sortBy=userName").await;
            let mut down = service.names("/Users?sortBy=userName&sortOrder=descending").await;
            down.reverse();
            assert_eq!(up, down);
            let mut all = service.names("/Users").await;
            all.sort();
            assert_eq!(up, all);
        });
    }
}
