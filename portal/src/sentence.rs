use std::fmt;

use askama::filters::{Escaper, Html, HtmlSafe};

/// A sentence in which things are named in backticks, as the messages of the host are written. Each name is set as code;
/// everything is escaped. A backtick without its partner stays as it is.
pub(crate) struct Sentence<'a>(pub(crate) &'a str);

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"<span class="sentence">"#)?;
        let mut rest = self.0;
        while let Some((before, name, after)) = first_name(rest) {
            Html.write_escaped_str(&mut *f, before)?;
            f.write_str("<code>")?;
            Html.write_escaped_str(&mut *f, name)?;
            f.write_str("</code>")?;
            rest = after;
        }
        Html.write_escaped_str(&mut *f, rest)?;
        f.write_str("</span>")
    }
}

/// Every part is escaped above.
impl HtmlSafe for Sentence<'_> {}

fn first_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (name, after) = rest.split_once('`')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_set_as_code_and_everything_is_escaped() {
        let set = |text| Sentence(text).to_string();
        assert_eq!(
            set("program `spring` is closed"),
            r#"<span class="sentence">program <code>spring</code> is closed</span>"#
        );
        assert_eq!(
            set("`<b>` & `"),
            r#"<span class="sentence"><code>&#60;b&#62;</code> &#38; `</span>"#
        );
        assert_eq!(set("plain"), r#"<span class="sentence">plain</span>"#);
    }
}
