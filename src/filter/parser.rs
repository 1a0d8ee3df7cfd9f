//! Reads expressions.
//!
//! ```text
//! any    = all ("||" all)*
//! all    = unary ("&&" unary)*
//! unary  = "!" unary | "(" any ")" | "exists" subject | subject test
//! test   = ("==" | "!=" | "<" | "<=" | ">" | ">=") literal
//!        | ("contains" | "startswith" | "endswith" | "matches") text
//!        | "in" "(" literal ("," literal)* ")"
//!        | "&" number
//! ```
//!
//! One function for each line; they call each other no deeper than [`MAX_DEPTH`].

use super::error::FilterError;
use super::expr::{Expr, Leaf, Path, Subject};
use super::number::Number;
use super::own::{self, Own};
use super::scan::Scanner;
use super::test::{Literal, Relation, Test};
use super::text::{Glob, Pattern};

/// Parentheses and negations inside of each other.
const MAX_DEPTH: u32 = 64;
/// Bytes of an expression.
const MAX_TEXT: usize = 1 << 16;
/// Comparisons in all expressions of a filter.
const MAX_LEAVES: usize = 256;

/// Reads an expression; its comparisons are added to `leaves`.
pub(super) fn parse(text: &str, leaves: &mut Vec<Leaf>) -> Result<Expr, FilterError> {
    if text.len() > MAX_TEXT {
        return Err(FilterError::new(text, 0, "an expression has 65,536 bytes at most"));
    }
    let mut parser = Parser { scanner: Scanner::new(text), leaves, depth: 0 };
    let expr = parser.any()?;
    if parser.scanner.is_at_end() {
        return Ok(expr);
    }
    Err(parser.scanner.error("'&&', '||' or the end of the expression is expected"))
}

struct Parser<'t, 'l> {
    scanner: Scanner<'t>,
    leaves: &'l mut Vec<Leaf>,
    depth: u32,
}

impl Parser<'_, '_> {
    fn any(&mut self) -> Result<Expr, FilterError> {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.scanner.eat("||") {
            parts.push(self.all()?);
        }
        Ok(joined(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, FilterError> {
        let first = self.unary()?;
        let mut parts = vec![first];
        while self.scanner.eat("&&") {
            parts.push(self.unary()?);
        }
        Ok(joined(parts, Expr::All))
    }

    fn unary(&mut self) -> Result<Expr, FilterError> {
        let start = self.scanner.place();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.scanner.error_at(start, "no more than 64 levels are allowed"));
        }
        let expr = if self.scanner.eat("!") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.scanner.eat("(") {
            let inner = self.any()?;
            if !self.scanner.eat(")") {
                return Err(self.scanner.error("'&&', '||' or ')' is expected"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, FilterError> {
        let start = self.scanner.place();
        if self.leaves.len() >= MAX_LEAVES {
            return Err(self.scanner.error_at(start, "no more than 256 comparisons are allowed"));
        }
        let leaf = if self.scanner.eat_word_before_subject("exists") {
            Leaf { subject: self.subject()?, test: Test::Exists }
        } else {
            Leaf { subject: self.subject()?, test: self.test()? }
        };
        self.leaves.push(leaf);
        Ok(Expr::Leaf(self.leaves.len() - 1))
    }

    fn subject(&mut self) -> Result<Subject, FilterError> {
        let start = self.scanner.place();
        if self.scanner.eat("@") {
            let own = Own::named(self.scanner.word());
            return own
                .map(Subject::Own)
                .ok_or_else(|| self.scanner.error_at(start, own::EXPECTED));
        }
        let names = self.scanner.names()?;
        let text = self.scanner.text_from(start).into();
        Ok(Subject::Field(Path { names, text }))
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        for (sign, relation) in [
            ("==", Relation::Equal),
            ("!=", Relation::NotEqual),
            ("<=", Relation::LessOrEqual),
            ("<", Relation::Less),
            (">=", Relation::GreaterOrEqual),
            (">", Relation::Greater),
        ] {
            if self.scanner.eat(sign) {
                return Ok(Test::Is(relation, self.literal()?));
            }
        }
        // Else "A && B" would be read as a mask.
        if !self.scanner.is_before("&&") && self.scanner.eat("&") {
            return self.mask();
        }
        let start = self.scanner.place();
        let word = self.scanner.word().to_ascii_lowercase();
        match &*word {
            "contains" => Ok(Test::Contains(Pattern::new(self.text()?.chars()))),
            "startswith" => Ok(Test::Begins(Pattern::new(self.text()?.chars()))),
            "endswith" => Ok(Test::Ends(Pattern::new(self.text()?.chars()))),
            "matches" => Ok(Test::Fits(Glob::new(&self.text()?))),
            "in" => self.list(),
            _ => Err(self.scanner.error_at(start, OPERATOR)),
        }
    }

    fn list(&mut self) -> Result<Test, FilterError> {
        if !self.scanner.eat("(") {
            return Err(self.scanner.error("'(' is expected"));
        }
        let mut literals = vec![self.literal()?];
        while self.scanner.eat(",") {
            literals.push(self.literal()?);
        }
        if !self.scanner.eat(")") {
            return Err(self.scanner.error("',' or ')' is expected"));
        }
        Ok(Test::In(literals.into()))
    }

    fn mask(&mut self) -> Result<Test, FilterError> {
        let start = self.scanner.place();
        let mask = match self.scanner.number()? {
            Some(Number::Int(mask)) => u64::try_from(mask).ok(),
            _ => None,
        };
        let expected = "a whole number without sign is expected, as 0x10";
        mask.map(Test::Bits).ok_or_else(|| self.scanner.error_at(start, expected))
    }

    fn text(&mut self) -> Result<String, FilterError> {
        let text = self.scanner.quoted()?;
        text.ok_or_else(|| self.scanner.error("text in quotes is expected"))
    }

    fn literal(&mut self) -> Result<Literal, FilterError> {
        if let Some(text) = self.scanner.quoted()? {
            let guid = guid(&text);
            return Ok(Literal::Text(text.into(), guid));
        }
        if let Some(number) = self.scanner.number()? {
            return Ok(Literal::Number(number));
        }
        let start = self.scanner.place();
        match self.scanner.word() {
            "true" => Ok(Literal::Number(Number::Int(1))),
            "false" => Ok(Literal::Number(Number::Int(0))),
            _ => Err(self.scanner.error_at(start, VALUE)),
        }
    }
}

/// What is said once needs nothing around it.
fn joined(mut parts: Vec<Expr>, join: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            join(parts)
        }
    }
}

/// A GUID as on the wire: `00112233-4455-6677-8899-aabbccddeeff`, with or without braces.
fn guid(text: &str) -> Option<[u8; 16]> {
    let text = text.strip_prefix('{').map_or(Some(text), |inner| inner.strip_suffix('}'))?;
    let hyphens = [8, 13, 18, 23];
    let is_right = |(at, byte): (usize, u8)| {
        if hyphens.contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() }
    };
    if text.len() != 36 || !text.bytes().enumerate().all(is_right) {
        return None;
    }
    let mut guid = u128::from_str_radix(&text.replace('-', ""), 16).ok()?.to_be_bytes();
    for part in [0..4, 4..6, 6..8] {
        guid.get_mut(part)?.reverse();
    }
    Some(guid)
}

const OPERATOR: &str = "an operator is expected: == != < <= > >= & contains startswith endswith \
     matches in";
const VALUE: &str = "a number, text in quotes, true or false is expected";
