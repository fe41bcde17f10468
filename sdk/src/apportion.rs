//! Dividing an amount into parts that sum to it.

use crate::{Micros, Problem, Sum};

/// Shares `whole` out by weight, in steps of `digits` decimals, by the method of the largest remainder: each part is cut down to a
/// whole step, and the steps left over go to the parts that lost most, the earlier first among equals. The parts sum to the
/// whole, whatever its sign; a negative weight gets a part of the other sign.
///
/// ```
/// use gtm_sdk::Micros;
/// use gtm_sdk::apportion::apportion;
///
/// let thirds = apportion(Micros::whole(100), &[Micros(1), Micros(1), Micros(1)], 2)?;
/// assert_eq!(thirds.map(|part| part.to_string()).collect::<Vec<_>>(), ["33.34", "33.33", "33.33"]);
/// # Ok::<(), gtm_sdk::Problem>(())
/// ```
///
/// Errors: the weights sum to zero; the whole has more than `digits` decimals.
pub fn apportion(
    whole: Micros,
    weights: &[Micros],
    digits: u8,
) -> Result<impl Iterator<Item = Micros> + use<>, Problem> {
    let step = 10i64.pow(u32::from(6 - digits.min(6)));
    if whole.0 % step != 0 {
        let message = format!("{whole} cannot be shared out in parts of {digits} decimals: round it first");
        return Err(Problem::new("apportion-digits", &message));
    }
    let total = weights.iter().copied().sum::<Sum>().micros()?;
    if total == Micros::ZERO {
        return Err(Problem::new(
            "apportion-weights",
            &format!("{whole} cannot be shared out: the shares sum to zero"),
        ));
    }
    let (sign, total) = (i128::from(total.0.signum()), i128::from(total.0).abs());
    let steps = i128::from(whole.0 / step);
    let mut parts = Vec::with_capacity(weights.len());
    let mut left = steps;
    for (place, weight) in weights.iter().enumerate() {
        let exact = steps * i128::from(weight.0) * sign;
        let (part, remainder) = (exact.div_euclid(total), exact.rem_euclid(total));
        left -= part;
        parts.push((place, part, remainder));
    }
    // Fewer steps are left than there are parts, since each lost less than one.
    parts.sort_by_key(|(place, _, remainder)| (std::cmp::Reverse(*remainder), *place));
    for (_, part, _) in parts.iter_mut().take(left as usize) {
        *part += 1;
    }
    parts.sort_by_key(|(place, ..)| *place);
    if parts
        .iter()
        .any(|(_, part, _)| i64::try_from(part * i128::from(step)).is_err())
    {
        return Err(crate::money::too_large());
    }
    Ok(parts.into_iter().map(move |(_, part, _)| Micros(part as i64 * step)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_parts_sum_to_the_whole_and_none_is_a_step_off(
            cents in -1_000_000i64..1_000_000, weights in prop::collection::vec(0i64..1_000_000, 1..20),
        ) {
            prop_assume!(weights.iter().sum::<i64>() != 0);
            let whole = Micros(cents * 10_000);
            let shares: Vec<_> = weights.iter().copied().map(Micros).collect();
            let parts: Vec<_> = apportion(whole, &shares, 2).unwrap().collect();
            prop_assert_eq!(parts.iter().copied().sum::<Sum>().micros().unwrap(), whole);
            let total = i128::from(weights.iter().sum::<i64>());
            for (part, weight) in parts.iter().zip(&weights) {
                let off = i128::from(part.0) * total - i128::from(whole.0) * i128::from(*weight);
                prop_assert!(off.abs() < 10_000 * total, "{} for a weight of {}", part, weight);
            }
        }
    }

    #[test]
    fn a_return_among_the_weights_takes_its_part_back() {
        let weights = [Micros::whole(30), Micros::whole(-10)];
        let parts: Vec<_> = apportion(Micros::whole(5), &weights, 2)
            .unwrap()
            .map(|part| part.to_string())
            .collect();
        assert_eq!(parts, ["7.5", "-2.5"]);
        let negative: Vec<_> = apportion(Micros::whole(-5), &weights, 2)
            .unwrap()
            .map(|part| part.to_string())
            .collect();
        assert_eq!(negative, ["-7.5", "2.5"]);
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        assert_eq!(
            apportion(Micros(1), &[Micros(1)], 2).err().unwrap().code,
            "apportion-digits"
        );
        assert_eq!(
            apportion(Micros::whole(1), &[Micros(1), Micros(-1)], 2)
                .err()
                .unwrap()
                .code,
            "apportion-weights"
        );
        assert_eq!(
            apportion(Micros::whole(1), &[], 2).err().unwrap().code,
            "apportion-weights"
        );
    }
}
