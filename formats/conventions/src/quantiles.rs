//! Quantiles of a histogram in one text.

use crate::text::Text;

/// Quantiles and their values, `0.5=1.2;0.95=3`, read one by one.
///
/// ```
/// use tracemill_conventions::{Quantiles, Text};
///
/// let quantiles: Vec<_> = Quantiles::of(Text::utf8(b"0.5=1.25;0.95=3")).collect();
/// assert_eq!(quantiles, [(0.5, 1.25), (0.95, 3.0)]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quantiles<'a> {
    rest: Text<'a>,
}

impl<'a> Quantiles<'a> {
    /// The quantiles that a text lists.
    pub fn of(text: Text<'a>) -> Self {
        Self { rest: text }
    }

    /// As it stands in the payload.
    pub fn text(&self) -> Text<'a> {
        self.rest
    }
}

#[expect(clippy::copy_iterator, reason = "quantiles are a value, as what they are read from")]
impl Iterator for Quantiles<'_> {
    /// The quantile, of 0 to 1, and its value.
    type Item = (f64, f64);

    /// Stops at what is no pair of numbers.
    fn next(&mut self) -> Option<Self::Item> {
        let (pair, rest) = self.rest.split_once(";").unwrap_or((self.rest, Text::default()));
        self.rest = rest;
        let (quantile, value) = pair.split_once("=")?;
        Some((quantile.parse()?, value.parse()?))
    }
}
