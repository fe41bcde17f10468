//! Elements as a tree, written by quick-xml.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

pub(crate) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    text: Option<String>,
    children: Vec<Element>,
}

/// An element that holds others.
pub(crate) fn group(name: &'static str, children: impl IntoIterator<Item = Element>) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        text: None,
        children: children.into_iter().collect(),
    }
}

/// An element that holds a text.
pub(crate) fn text(name: &'static str, text: impl AsRef<str>) -> Element {
    Element {
        name,
        attributes: Vec::new(),
        text: Some(text.as_ref().chars().map(legal).collect()),
        children: Vec::new(),
    }
}

impl Element {
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// The whole document, indented, with its declaration.
    pub(crate) fn document(&self) -> Vec<u8> {
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        let written = writer
            .write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))
            .and_then(|()| self.write(&mut writer));
        written.expect("writing to memory cannot fail");
        let mut bytes = writer.into_inner();
        bytes.push(b'\n');
        bytes
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
        let mut element = writer.create_element(self.name);
        for (name, value) in &self.attributes {
            element = element.with_attribute((*name, &**value));
        }
        match &self.text {
            Some(text) => element.write_text_content(BytesText::new(text)).map(|_| ()),
            None => element
                .write_inner_content(|writer| self.children.iter().try_for_each(|child| child.write(writer)))
                .map(|_| ()),
        }
    }
}

/// XML 1.0 has no way to write most control characters, not even escaped.
fn legal(c: char) -> char {
    match c {
        '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'.. => c,
        _ => '\u{fffd}',
    }
}
