//! Keys and values in one text.

use crate::text::Text;

/// Keys and values of a text, in order, split one by one.
///
/// Nothing is escaped in such texts. A comma is taken for the end of a value only if a key and its
/// sign follow; so a value may have commas, but one that looks like the next pair is read as one.
///
/// ```
/// use tracemill_conventions::{Tags, Text};
///
/// let mut tags = Tags::of_metric(Text::utf8(b"shop=s1,codes=1,2,paid=True"));
/// let (key, value) = tags.nth(1).unwrap();
/// assert_eq!((key.to_string(), value.to_string()), ("codes".into(), "1,2".into()));
/// assert_eq!(tags.get("paid").unwrap(), "True");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tags<'a> {
    rest: Text<'a>,
    sign: &'static str,
    separator: &'static str,
}

impl<'a> Tags<'a> {
    /// `key=value,key=value`: tags of metrics.
    pub fn of_metric(text: Text<'a>) -> Self {
        Self { rest: text, sign: "=", separator: "," }
    }

    /// `key:value,key:value`: metadata of counters.
    pub fn of_counter(text: Text<'a>) -> Self {
        Self { rest: text, sign: ":", separator: "," }
    }

    /// Tags of spans: `key:value, key:value`, or where the session asked for their elements,
    /// `[key, value],[key, value]`.
    pub fn of_span(text: Text<'a>) -> Self {
        let Some(last) = text.len().checked_sub(1).filter(|_| text.starts_with("[")) else {
            return Self { rest: text, sign: ":", separator: ", " };
        };
        let rest = if text.from(last).starts_with("]") { text.upto(last) } else { text };
        Self { rest: rest.from(1), sign: ", ", separator: "],[" }
    }

    /// The value of the first such key. O(text).
    pub fn get(mut self, key: &str) -> Option<Text<'a>> {
        self.find(|(found, _)| *found == *key).map(|(_, value)| value)
    }

    /// Takes the text up to the separator behind which a key and its sign stand.
    fn take(&mut self) -> Text<'a> {
        let rest = self.rest;
        let mut end = rest.find(self.separator, 0);
        while let Some(at) = end {
            let behind = at + self.separator.len();
            let next = rest.find(self.separator, behind);
            let key = next.map_or(rest, |next| rest.upto(next));
            if key.find(self.sign, behind).is_some() {
                self.rest = rest.from(behind);
                return rest.upto(at);
            }
            end = next;
        }
        self.rest = Text::default();
        rest
    }
}

#[expect(clippy::copy_iterator, reason = "tags are a value, as what they are read from")]
impl<'a> Iterator for Tags<'a> {
    type Item = (Text<'a>, Text<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let pair = self.take();
        Some(pair.split_once(self.sign).unwrap_or((pair, Text::default())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(tags: Tags<'_>) -> Vec<String> {
        tags.map(|(key, value)| format!("{key}|{value}")).collect()
    }

    fn utf8(text: &str) -> Text<'_> {
        Text::utf8(text.as_bytes())
    }

    #[test]
    fn every_form_is_split() {
        let metric = |text| list(Tags::of_metric(utf8(text)));
        assert_eq!(metric("paid=False,shop=s3"), ["paid|False", "shop|s3"]);
        assert_eq!(metric("a=,b=1"), ["a|", "b|1"]);
        assert_eq!(metric("a=x=y"), ["a|x=y"]);
        assert_eq!(metric("a=1,,2,b=3,"), ["a|1,,2", "b|3,"]);
        assert!(metric("").is_empty());
        assert_eq!(metric("odd"), ["odd|"]);
        let counter = list(Tags::of_counter(utf8("endpoint:/api:1,zone:eu-1")));
        assert_eq!(counter, ["endpoint|/api:1", "zone|eu-1"]);
        let span = |text| list(Tags::of_span(utf8(text)));
        assert_eq!(span("order.id:0, customer:Zoë"), ["order.id|0", "customer|Zoë"]);
        assert_eq!(span("[order.id, 0],[customer, Z, Ö]"), ["order.id|0", "customer|Z, Ö"]);
        assert!(span("[]").is_empty());
        assert_eq!(span("[cut, of"), ["cut|of"]);
        assert_eq!(span("["), [""; 0]);
    }
}
