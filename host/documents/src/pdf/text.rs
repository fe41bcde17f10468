//! Text of any script, set in a font that the binary carries, so that the same document gives the same bytes everywhere.

use krilla::geom::Point;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Face, UnicodeBuffer};
use unicode_bidi::BidiInfo;

const REGULAR: &[u8] = include_bytes!("../../fonts/DejaVuSans.ttf");
const BOLD: &[u8] = include_bytes!("../../fonts/DejaVuSans-Bold.ttf");

/// A font to shape with and to embed.
pub(super) struct Typeface {
    font: Font,
    face: Face<'static>,
}

/// A line of text, ready to be placed.
pub(super) struct Set<'a> {
    typeface: &'a Typeface,
    size: f32,
    text: String,
    glyphs: Vec<KrillaGlyph>,
    pub width: f32,
}

impl Typeface {
    pub(super) fn regular() -> Self {
        Self::of(REGULAR)
    }

    pub(super) fn bold() -> Self {
        Self::of(BOLD)
    }

    fn of(bytes: &'static [u8]) -> Self {
        Self {
            font: Font::new(bytes.into(), 0).expect("the binary carries a sound font"),
            face: Face::from_slice(bytes, 0).expect("the binary carries a sound font"),
        }
    }

    /// Sets a line. What the font has no letters for is spelled in Latin letters, so that a name is read and not boxes.
    pub(super) fn set(&self, text: &str, size: f32) -> Set<'_> {
        let text: String = text.chars().map(|c| self.spelled(c)).collect();
        let units = self.face.units_per_em() as f32;
        let mut glyphs = Vec::new();
        let bidi = BidiInfo::new(&text, None);
        for paragraph in &bidi.paragraphs {
            let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
            for run in runs {
                let backwards = levels.get(run.start).is_some_and(|level| level.is_rtl());
                self.shape(&text, run, backwards, units, &mut glyphs);
            }
        }
        let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * size;
        Set {
            typeface: self,
            size,
            text,
            glyphs,
            width,
        }
    }

    /// As much of the text as fits, with `…` where something is left out.
    pub(super) fn fit(&self, text: &str, size: f32, width: f32) -> Set<'_> {
        // A line is no longer than a page is wide, so what a hostile name has beyond that need not be set.
        let mut kept: Vec<char> = text.chars().take(400).collect();
        let mut set = self.set(&kept.iter().collect::<String>(), size);
        while set.width > width && !kept.is_empty() {
            let share = (width / set.width).min(0.98);
            kept.truncate((kept.len() as f32 * share) as usize);
            set = self.set(&(kept.iter().collect::<String>().trim_end().to_owned() + "…"), size);
        }
        set
    }

    fn spelled(&self, c: char) -> String {
        match c {
            c if c.is_control() => " ".into(),
            c if self.face.glyph_index(c).is_some() => c.into(),
            // Joiners and marks of direction are for shaping, and are no letters.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => String::new(),
            c => {
                let latin = any_ascii::any_ascii_char(c);
                if latin.is_empty() { "?".into() } else { latin.into() }
            }
        }
    }

    fn shape(
        &self,
        text: &str,
        run: std::ops::Range<usize>,
        backwards: bool,
        units: f32,
        glyphs: &mut Vec<KrillaGlyph>,
    ) {
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&text[run.clone()]);
        buffer.guess_segment_properties();
        buffer.set_direction(if backwards {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        });
        let shaped = rustybuzz::shape(&self.face, &[], buffer);
        // A cluster ends where the next one of the text begins, whichever way it is drawn.
        let mut starts: Vec<usize> = shaped.glyph_infos().iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        starts.push(run.len());
        for (info, position) in shaped.glyph_infos().iter().zip(shaped.glyph_positions()) {
            let start = info.cluster as usize;
            let end = starts[starts.partition_point(|other| *other <= start)];
            glyphs.push(KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                position.x_advance as f32 / units,
                position.x_offset as f32 / units,
                position.y_offset as f32 / units,
                position.y_advance as f32 / units,
                run.start + start..run.start + end,
                None,
            ));
        }
    }
}

impl Set<'_> {
    /// Draws it with its left end there.
    pub(super) fn at(&self, surface: &mut Surface<'_>, x: f32, y: f32) {
        if !self.glyphs.is_empty() {
            surface.draw_glyphs(
                Point::from_xy(x, y),
                &self.glyphs,
                self.typeface.font.clone(),
                &self.text,
                self.size,
                false,
            );
        }
    }

    /// Draws it with its right end there.
    pub(super) fn ending_at(&self, surface: &mut Surface<'_>, x: f32, y: f32) {
        self.at(surface, x - self.width, y);
    }
}
