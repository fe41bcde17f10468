//! Names as banks take them: the Latin letters, digits and few signs of the payment schemes. Only names and notes are
//! rewritten; amounts, accounts and references never are.

/// In the characters of the payment schemes, at most so many of them, never empty.
pub fn latin(text: &str, at_most: usize) -> String {
    let printed: String = text.chars().filter(|c| !c.is_control()).collect();
    let spelled = any_ascii::any_ascii(&printed);
    let allowed = sepa::transliterate(&spelled, sepa::Transliteration::Epc);
    let words: Vec<&str> = allowed.split_whitespace().collect();
    let mut short: String = words.join(" ").chars().take(at_most).collect();
    short.truncate(short.trim_end().len());
    // The schemes read `/` at either end, and `//`, as their own.
    let trimmed = short.trim_matches('/').replace("//", "/");
    if trimmed.is_empty() { "-".into() } else { trimmed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_of_every_script_are_spelled_in_latin_letters() {
        for (name, spelled) in [
            ("Müller & Söhne", "Muller + Sohne"),
            ("株式会社山田", "ZhuShiHuiSheShanTian"),
            ("Αθήνα Α.Ε.", "Athina A.E."),
            ("//a//b/", "a/b"),
            ("\u{1}\u{7f}", "-"),
        ] {
            assert_eq!(latin(name, 70), spelled, "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_name_the_bank_can_read_it(name in "\\PC{0,200}") {
            let spelled = latin(&name, 70);
            prop_assert!(sepa::is_sepa_text(&spelled) && (1..=70).contains(&spelled.len()), "{spelled}");
        }
    }
}
