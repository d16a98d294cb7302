//! A set of small numbers that knows how many of its members come before any one of them, so that the page
//! at position 900,000 is found as fast as the first: one bit a number, with a Fenwick tree over the words.

/// Numbers in ascending order with rank and selection in logarithmic time.
#[derive(Debug, Default, Clone)]
pub(super) struct Ranked {
    words: Vec<u64>,
    /// Fenwick tree: `tree[i]` counts the members in the words that end with word `i`.
    tree: Vec<u32>,
    len: usize,
}

const BITS: usize = u64::BITS as usize;

impl Ranked {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.words.get(number / BITS).is_some_and(|word| word >> (number % BITS) & 1 == 1)
    }

    /// Adds a number; nothing happens when it is there already.
    pub(super) fn insert(&mut self, number: usize) {
        if self.contains(number) {
            return;
        }
        while self.words.len() <= number / BITS {
            self.words.push(0);
            let place = self.words.len();
            let below =
                self.before_word(place - 1) - self.before_word(place - (place & place.wrapping_neg()));
            self.tree.push(u32::try_from(below).unwrap_or(u32::MAX));
        }
        self.words[number / BITS] |= 1 << (number % BITS);
        self.add(number / BITS, 1);
        self.len += 1;
    }

    /// Takes a number out; nothing happens when it is not there.
    pub(super) fn remove(&mut self, number: usize) {
        if !self.contains(number) {
            return;
        }
        self.words[number / BITS] &= !(1 << (number % BITS));
        self.add(number / BITS, -1);
        self.len -= 1;
    }

    fn add(&mut self, word: usize, difference: i32) {
        let mut place = word + 1;
        while place <= self.tree.len() {
            self.tree[place - 1] = self.tree[place - 1].wrapping_add_signed(difference);
            place += place & place.wrapping_neg();
        }
    }

    /// How many members are in the first `words` words.
    fn before_word(&self, words: usize) -> usize {
        let mut place = words.min(self.tree.len());
        let mut sum = 0;
        while place > 0 {
            sum += self.tree[place - 1] as usize;
            place &= place - 1;
        }
        sum
    }

    /// How many members are smaller than `number`.
    pub(super) fn rank(&self, number: usize) -> usize {
        let inside = self.words.get(number / BITS).map_or(0, |word| {
            let below = (1_u64 << (number % BITS)) - 1;
            (word & below).count_ones() as usize
        });
        self.before_word(number / BITS) + inside
    }

    /// The member with exactly `rank` smaller ones.
    pub(super) fn select(&self, rank: usize) -> Option<usize> {
        if rank >= self.len {
            return None;
        }
        let (mut place, mut left) = (0, rank);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(count) = self.tree.get(place + step - 1)
                && (*count as usize) <= left
            {
                place += step;
                left -= *count as usize;
            }
            step /= 2;
        }
        let mut word = *self.words.get(place)?;
        for _ in 0..left {
            word &= word - 1;
        }
        Some(place * BITS + word.trailing_zeros() as usize)
    }

    /// The members from `number` on.
    pub(super) fn iter_from(&self, number: usize) -> impl Iterator<Item = usize> {
        let first = number / BITS;
        self.words.iter().enumerate().skip(first).flat_map(move |(index, word)| {
            let mut rest = if index == first { word & (u64::MAX << (number % BITS)) } else { *word };
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(index * BITS + bit)
            })
        })
    }
}

/// Several sets seen as one; they share no member.
#[derive(Debug, Clone)]
pub(super) struct Union<'a>(pub(super) Vec<&'a Ranked>);

impl Union<'_> {
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|set| set.len()).sum()
    }

    pub(super) fn rank(&self, number: usize) -> usize {
        self.0.iter().map(|set| set.rank(number)).sum()
    }

    /// The member with exactly `rank` smaller ones.
    pub(super) fn select(&self, rank: usize) -> Option<usize> {
        if rank >= self.len() {
            return None;
        }
        let full: Vec<&&Ranked> = self.0.iter().filter(|set| set.len() > 0).collect();
        if let [only] = full.as_slice() {
            return only.select(rank);
        }
        let (mut low, mut high) = (0, self.0.iter().map(|set| set.words.len() * BITS).max()?);
        while low < high {
            let middle = low.midpoint(high);
            if self.rank(middle + 1) > rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(low)
    }

    /// The members from `number` on, in ascending order.
    pub(super) fn iter_from(&self, number: usize) -> impl Iterator<Item = usize> {
        let mut iterators: Vec<_> = self.0.iter().map(|set| set.iter_from(number).peekable()).collect();
        std::iter::from_fn(move || {
            let (_, at) = iterators
                .iter_mut()
                .enumerate()
                .filter_map(|(at, members)| Some((*members.peek()?, at)))
                .min()?;
            iterators[at].next()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    proptest::proptest! {
        #[test]
        fn it_counts_as_a_plain_sorted_set_does(
            acts in proptest::collection::vec((0_usize..700, proptest::bool::weighted(0.7)), 0..200),
            place in 0_usize..800,
        ) {
            let (mut ranked, mut other, mut plain) = (Ranked::default(), Ranked::default(), BTreeSet::new());
            let mut both = BTreeSet::new();
            for (number, add) in acts {
                // The second set holds the odd numbers of the union.
                let set = if number % 2 == 0 { &mut ranked } else { &mut other };
                if add {
                    set.insert(number);
                    both.insert(number);
                } else {
                    set.remove(number);
                    both.remove(&number);
                }
                if number % 2 == 0 {
                    if add { plain.insert(number); } else { plain.remove(&number); }
                }
            }
            proptest::prop_assert_eq!(ranked.len(), plain.len());
            proptest::prop_assert_eq!(ranked.rank(place), plain.range(..place).count());
            proptest::prop_assert_eq!(ranked.select(place), plain.iter().nth(place).copied());
            proptest::prop_assert_eq!(
                ranked.iter_from(place).collect::<Vec<_>>(),
                plain.range(place..).copied().collect::<Vec<_>>()
            );
            for (rank, number) in plain.iter().enumerate() {
                proptest::prop_assert_eq!(ranked.select(rank), Some(*number));
            }
            let union = Union(vec![&ranked, &other]);
            proptest::prop_assert_eq!(union.len(), both.len());
            proptest::prop_assert_eq!(union.rank(place), both.range(..place).count());
            for (rank, number) in both.iter().enumerate() {
                proptest::prop_assert_eq!(union.select(rank), Some(*number));
            }
            proptest::prop_assert_eq!(
                union.iter_from(place).collect::<Vec<_>>(),
                both.range(place..).copied().collect::<Vec<_>>()
            );
        }
    }
}
