//! One line of a file as a product.

use domain::product::NewProduct;

use super::attributes::{attributes, texts};
use super::field::{Field, Refusal, optional_text};
use super::profile::Profile;
use super::table::{Header, Line};

#[derive(Debug)]
pub struct ProductReader {
    sku: Field,
    name: Option<Field>,
    category: Option<Field>,
    attributes: Vec<(String, Field)>,
}

impl ProductReader {
    pub fn bind(profile: &Profile, header: &Header) -> Result<Self, Refusal> {
        Ok(Self {
            sku: profile.bind("sku", header)?,
            name: profile.bind_optional("name", header)?,
            category: profile.bind_optional("category", header)?,
            attributes: attributes(profile, header)?,
        })
    }

    pub fn read(&self, line: &Line<'_>) -> Result<NewProduct, Refusal> {
        let sku = self.sku.needed(line)?;
        Ok(NewProduct {
            sku: sku.to_owned(),
            name: optional_text(self.name.as_ref(), line)?.unwrap_or(sku).to_owned(),
            category: optional_text(self.category.as_ref(), line)?
                .unwrap_or_default()
                .to_owned(),
            attributes: texts(&self.attributes, line)?,
        })
    }
}
