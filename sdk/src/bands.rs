//! Bands with both their ends written down. Every value lies in exactly one, or the table is refused.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Micros, Problem};

/// A stretch of values and what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Band<T> {
    pub from: Micros,
    /// Absent for the last band when it has no end.
    pub to: Option<Micros>,
    pub value: T,
}

/// Whether the upper end of a band belongs to it. A program has to say so, since the field does both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// `from ≤ x < to`: the next band begins where this one ends.
    UpperExcluded,
    /// `from ≤ x ≤ to`: the next band begins one step after this one's end, such as 250 after 249 for whole pieces.
    UpperIncluded { step: Micros },
}

/// Bands without gaps and overlaps.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::bands::{Band, Bands, Ends};
///
/// let band = |from, to: Option<i32>, value| Band { from: Micros::whole(from), to: to.map(Micros::whole), value };
/// let whole_pieces = Ends::UpperIncluded { step: Micros::whole(1) };
/// let bands = Bands::new(vec![band(1, Some(249), "small"), band(250, None, "large")], whole_pieces).unwrap();
/// assert_eq!(bands.at(Micros::whole(250)), Some(&"large"));
/// assert_eq!(bands.at(Micros::ZERO), None);
///
/// let refused = Bands::new(vec![band(1, Some(249), "small"), band(260, None, "large")], whole_pieces).unwrap_err();
/// assert_eq!(refused[0].message, "band 1 ends at 249 and band 2 begins at 260: nothing covers what lies between; begin band 2 at 250");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bands<T> {
    bands: Vec<Band<T>>,
    ends: Ends,
}

impl<T> Bands<T> {
    /// Errors: no band, a band that ends before it begins, a gap, an overlap, a band without an end that is not the last. All are listed,
    /// each with its place relative to the list, such as `/1/from`.
    pub fn new(bands: Vec<Band<T>>, ends: Ends) -> Result<Bands<T>, Vec<Problem>> {
        let mut problems = Vec::new();
        if bands.is_empty() {
            problems.push(Problem::new("band-none", "there is no band: give at least one").at(""));
        }
        for (place, band) in bands.iter().enumerate() {
            let number = place + 1;
            if let Some(to) = band.to
                && (to < band.from || (to == band.from && ends == Ends::UpperExcluded))
            {
                let message = format!(
                    "band {number} begins at {} and ends at {to}: let it end after it begins",
                    band.from
                );
                problems.push(Problem::new("band-empty", &message).at(format!("/{place}/to")));
            }
            let Some(next) = bands.get(place + 1) else { continue };
            let Some(to) = band.to else {
                let message = format!(
                    "band {number} has no end, so band {} can never be reached: give band {number} an end",
                    number + 1
                );
                problems.push(Problem::new("band-overlap", &message).at(format!("/{place}/to")));
                continue;
            };
            let expected = match ends {
                Ends::UpperExcluded => to,
                Ends::UpperIncluded { step } => Micros(to.0.saturating_add(step.0)),
            };
            let (code, why) = match next.from.cmp(&expected) {
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Greater => ("band-gap", "nothing covers what lies between"),
                std::cmp::Ordering::Less => ("band-overlap", "both cover what lies between"),
            };
            let message = format!(
                "band {number} ends at {to} and band {} begins at {}: {why}; begin band {} at {expected}",
                number + 1,
                next.from,
                number + 1
            );
            problems.push(Problem::new(code, &message).at(format!("/{}/from", place + 1)));
        }
        if problems.is_empty() {
            Ok(Bands { bands, ends })
        } else {
            Err(problems)
        }
    }

    /// What belongs to the band that a value lies in; none below the first and above the last. A value that lies between two
    /// steps of bands with an included end, such as 249.5 pieces, belongs to the lower band.
    pub fn at(&self, value: Micros) -> Option<&T> {
        let place = self.bands.partition_point(|band| band.from <= value).checked_sub(1)?;
        let band = &self.bands[place];
        let last = place + 1 == self.bands.len();
        let inside = match (band.to, self.ends) {
            (Some(to), Ends::UpperExcluded) => value < to,
            (Some(to), Ends::UpperIncluded { .. }) => value <= to || !last,
            (None, _) => true,
        };
        inside.then_some(&band.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(from: i32, to: Option<i32>) -> Band<i32> {
        Band {
            from: Micros::whole(from),
            to: to.map(Micros::whole),
            value: from,
        }
    }

    fn codes(bands: Vec<Band<i32>>) -> Vec<String> {
        Bands::new(bands, Ends::UpperExcluded)
            .unwrap_err()
            .into_iter()
            .map(|problem| problem.code)
            .collect()
    }

    #[test]
    fn gaps_overlaps_and_empty_bands_are_refused() {
        assert_eq!(codes(vec![band(0, Some(10)), band(11, None)]), ["band-gap"]);
        assert_eq!(codes(vec![band(0, Some(10)), band(9, None)]), ["band-overlap"]);
        assert_eq!(codes(vec![band(0, None), band(9, None)]), ["band-overlap"]);
        assert_eq!(codes(vec![band(5, Some(5))]), ["band-empty"]);
        assert_eq!(codes(vec![]), ["band-none"]);
    }

    #[test]
    fn the_end_belongs_to_the_band_that_the_program_says() {
        let bands = Bands::new(vec![band(0, Some(10)), band(10, Some(20))], Ends::UpperExcluded).unwrap();
        assert_eq!(
            [9, 10, 19, 20].map(|value| bands.at(Micros::whole(value)).copied()),
            [Some(0), Some(10), Some(10), None]
        );
        let cent = Ends::UpperIncluded { step: Micros(10_000) };
        let section = Bands::new(
            vec![Band {
                from: Micros::whole(15_000),
                to: Some(Micros::whole(16_000)),
                value: 20,
            }],
            cent,
        )
        .unwrap();
        let at = |text: &str| section.at(text.parse().unwrap()).copied();
        assert_eq!(
            [at("15500"), at("16000"), at("16000.01"), at("14999")],
            [Some(20), Some(20), None, None]
        );
    }
}
