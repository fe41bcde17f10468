use axum::extract::Query;
use axum::http::Uri;

use super::refusal::Refusal;

/// What an address asks for behind its `?`. An empty parameter is one that was not given, because forms send their empty fields.
#[derive(Debug)]
pub struct Asked(Vec<(String, String)>);

impl Asked {
    pub fn of(uri: &Uri) -> Result<Self, Refusal> {
        match Query::<Vec<(String, String)>>::try_from_uri(uri) {
            Ok(Query(pairs)) => Ok(Self(pairs)),
            Err(_) => Err(Refusal::bad_request(
                "the part of the address behind `?` cannot be read: write name=value, joined by &",
            )),
        }
    }

    /// Refuses parameters with other names, and one that is given twice.
    pub fn only(self, names: &[&str]) -> Result<Self, Refusal> {
        for (place, (name, _)) in self.0.iter().enumerate() {
            if !names.contains(&&**name) {
                let known = names
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", ");
                return Err(Refusal::bad_request(format!(
                    "there is no parameter `{name}` here: there are {known}"
                )));
            }
            if self.0[..place].iter().any(|(other, _)| other == name) {
                return Err(Refusal::bad_request(format!(
                    "the parameter `{name}` is given twice: give it once"
                )));
            }
        }
        Ok(self)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let given = self.0.iter().find(|(given, _)| given == name);
        given.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A whole number between two others, both included.
    pub fn number(&self, name: &str, least: u32, most: u32) -> Result<Option<u32>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(Refusal::bad_request(format!(
                "`{text}` is no value for `{name}`: write a number from {least} to {most}"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_and_an_empty_field_is_not_given() {
        let asked = Asked::of(&"/x?account=a%20b&period=&limit=50".parse().unwrap()).unwrap();
        assert_eq!((asked.get("account"), asked.get("period")), (Some("a b"), None));
        assert_eq!(asked.number("limit", 1, 100).unwrap(), Some(50));
        assert_eq!(
            asked.number("limit", 1, 49).unwrap_err().detail,
            "`50` is no value for `limit`: write a number from 1 to 49"
        );
    }

    #[test]
    fn what_is_not_known_or_given_twice_is_refused() {
        let refused = |uri: &str| {
            Asked::of(&uri.parse().unwrap())
                .unwrap()
                .only(&["after", "limit"])
                .unwrap_err()
                .detail
        };
        assert_eq!(
            refused("/x?page=2"),
            "there is no parameter `page` here: there are `after`, `limit`"
        );
        assert_eq!(
            refused("/x?limit=2&limit=3"),
            "the parameter `limit` is given twice: give it once"
        );
    }
}
