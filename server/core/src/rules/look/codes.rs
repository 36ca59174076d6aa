//! Codes as a rule looks at them: who is counted among siblings, in which order, by which Sector.

use std::cell::OnceCell;

use plenary_protocol::plan::codes::{letters, sector_letter};
use plenary_protocol::plan::kinds::CodeForm;

use super::{Look, word};
use crate::rules::facts::{Key, Place, TOP};

impl<'a> Look<'a> {
    /// The display code of an element, as `plan::codes` makes it.
    pub fn code(&self, of: Place) -> Option<String> {
        let number = || self.number_among_siblings(of);
        self.code_as(of, &number, &|| self.code(self.parent(of)?))
    }

    /// The display codes of all siblings of a kind, in their order; of those that have one.
    pub fn codes(&self, siblings: &[Place]) -> Vec<(Place, String)> {
        let above = OnceCell::new();
        let code = |(one, number): (&Place, usize)| {
            let above = || above.get_or_init(|| self.code(self.parent(*one)?)).clone();
            Some((*one, self.code_as(*one, &|| number, &above)?))
        };
        siblings.iter().zip(1..).filter_map(code).collect()
    }

    fn code_as(
        &self,
        of: Place,
        number: &dyn Fn() -> usize,
        above: &dyn Fn() -> Option<String>,
    ) -> Option<String> {
        if let Some(own) = self.own_code(of) {
            return Some(own.to_owned());
        }
        let element = self.facts.element(of)?;
        match element.kind.spec().code {
            CodeForm::None => None,
            CodeForm::Ordinal(prefix) => Some(format!("{prefix}{}", number())),
            CodeForm::ChildNumber(separator) => Some(format!("{}{separator}{}", above()?, number())),
            CodeForm::ChildLetter(separator) => Some(format!("{}{separator}{}", above()?, letters(number()))),
            CodeForm::SectorNumber => {
                let sector = self.word(of, "sector")?;
                Some(format!("{}.{}", sector_letter(sector)?, number()))
            }
        }
    }

    fn number_among_siblings(&self, of: Place) -> usize {
        let above = self.parent(of).unwrap_or(TOP);
        self.siblings(above, self.kind(of), self.sector(of))
            .iter()
            .position(|one| *one == of)
            .map_or(1, |at| at + 1)
    }

    /// The Sector that codes of its kind are counted by.
    pub fn sector(&self, of: Place) -> Option<&'a str> {
        self.note(Key::Field(of, "sector"));
        self.sector_of(of)
    }

    fn sector_of(&self, of: Place) -> Option<&'a str> {
        let element = self.facts.element(of)?;
        let counted = element.kind.spec().code == CodeForm::SectorNumber;
        if counted { word(element.fields.get("sector")) } else { None }
    }

    /// Elements of a kind under one, of one Sector where codes are counted by it, in their order.
    pub fn siblings(&self, above: Place, kind: &str, sector: Option<&str>) -> Vec<Place> {
        // Where each stands, and its Sector, is part of which stand there: no key for each of them.
        let mut found = self.children(above, kind);
        found.retain(|one| self.sector_of(*one) == sector);
        self.in_order(found)
    }

    /// Children of one parent in their order.
    pub fn in_order(&self, mut found: Vec<Place>) -> Vec<Place> {
        let order = |one: &Place| self.facts.element(*one).map(|element| (&element.order, &element.id));
        found.sort_by(|a, b| order(a).cmp(&order(b)));
        found
    }
}
