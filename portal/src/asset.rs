use std::borrow::Cow;
use std::fmt::Write;

use rust_embed::RustEmbed;

/// A file that pages ask for: a stylesheet, the script, a font, a picture.
#[derive(Clone, Debug)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    /// Such as `text/css`.
    pub media_type: String,
    /// Of the bytes, in lowercase hex. Good as an `ETag`; pages put its beginning into the address.
    pub sha256: String,
}

/// The asset of this name, such as `portal.css` or `htmx/htmx.min.js`. None when there is none.
pub fn asset(name: &str) -> Option<Asset> {
    let file = Files::get(name)?;
    let mut sha256 = String::with_capacity(64);
    for byte in file.metadata.sha256_hash() {
        write!(sha256, "{byte:02x}").expect("writing to a string does not fail");
    }
    Some(Asset {
        media_type: file.metadata.mimetype().to_owned(),
        bytes: file.data,
        sha256,
    })
}

#[derive(RustEmbed)]
#[folder = "assets"]
struct Files;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_have_their_media_type_and_digest() {
        let style = asset("portal.css").expect("the portal has a stylesheet");
        assert_eq!(style.media_type, "text/css");
        assert_eq!(style.sha256.len(), 64);
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("nothing.css").is_none());
    }

    #[test]
    fn every_folder_from_elsewhere_brings_its_licence() {
        for name in Files::iter() {
            if let Some((folder, _)) = name.split_once('/') {
                assert!(
                    asset(&format!("{folder}/LICENSE")).is_some(),
                    "`assets/{folder}` has no LICENSE"
                );
            }
        }
    }

    #[test]
    fn stylesheets_ask_for_nothing_from_other_hosts() {
        for name in Files::iter().filter(|name| name.ends_with("portal.css")) {
            let style = asset(&name).expect("the name comes from the list");
            let text = String::from_utf8(style.bytes.into_owned()).expect("a stylesheet is text");
            assert!(
                !text.contains("http://") && !text.contains("https://") && !text.contains("@import"),
                "{name}"
            );
            for part in text.split("url(").skip(1) {
                let target = part
                    .split(')')
                    .next()
                    .expect("split gives at least one part")
                    .trim_matches('"');
                assert!(
                    asset(target).is_some(),
                    "`{name}` asks for `{target}`, which is not in `assets`"
                );
            }
        }
    }
}
