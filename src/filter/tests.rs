//! What expressions are read as, and what is said of those that are none.

use super::expr::{Expr, Leaf, Subject};
use super::number::Number;
use super::own::Own;
use super::parser::parse;
use super::test::{Literal, Relation, Test};
use super::{Filter, FilterError, FilterSpec};

fn read(text: &str) -> (Expr, Vec<Leaf>) {
    let mut leaves = Vec::new();
    let expr = parse(text, &mut leaves).unwrap_or_else(|error| panic!("{error}"));
    (expr, leaves)
}

fn error(text: &str) -> FilterError {
    parse(text, &mut Vec::new()).expect_err(text)
}

/// The expression with a letter for each comparison.
fn shape(text: &str) -> String {
    fn show(expr: &Expr) -> String {
        let list = |parts: &[Expr]| parts.iter().map(show).collect::<Vec<_>>().join(" ");
        match expr {
            Expr::Not(inner) => format!("!{}", show(inner)),
            Expr::All(parts) => format!("(all {})", list(parts)),
            Expr::Any(parts) => format!("(any {})", list(parts)),
            Expr::Leaf(at) => "abcdefg".get(*at..=*at).unwrap_or("?").to_owned(),
        }
    }
    show(&read(text).0)
}

fn only(text: &str) -> Leaf {
    let (expr, mut leaves) = read(text);
    assert_eq!((expr, leaves.len()), (Expr::Leaf(0), 1), "{text}");
    leaves.remove(0)
}

fn names(text: &str) -> Vec<String> {
    match only(text).subject {
        Subject::Field(path) => path.names.iter().map(|name| (**name).to_owned()).collect(),
        own @ Subject::Own(_) => panic!("{own:?}"),
    }
}

#[test]
fn not_binds_tighter_than_and_and_that_than_or() {
    assert_eq!(shape("A==1 || B==1 && !C==1"), "(any a (all b !c))");
    assert_eq!(shape("(A==1 || B==1) && !(C==1)"), "(all (any a b) !c)");
    assert_eq!(shape("A==1 && B==1 && C==1 && D==1"), "(all a b c d)");
    assert_eq!(shape("!!exists A"), "!!a");
    assert_eq!(shape("((A & 1)) && B & 0x2"), "(all a b)");
    assert_eq!(shape("A&1&&B&2"), "(all a b)");
}

#[test]
fn paths_are_names_with_dots() {
    assert_eq!(names("Reason == 1"), ["Reason"]);
    let long = names("Microsoft-Windows-DotNETRuntime.GC/Start.Reason==1");
    assert_eq!(long, ["Microsoft-Windows-DotNETRuntime", "GC/Start", "Reason"]);
    assert_eq!(names("`odd.name, very`.B.`3` == 1"), ["odd.name, very", "B", "3"]);
    assert_eq!(names("A.1x == 1"), ["A", "1x"]);
    assert_eq!(names("größe >= 1"), ["größe"]);
    assert_eq!(names("exists == 1"), ["exists"]);
    assert_eq!(names("exists exists"), ["exists"]);
    assert_eq!(only("@level <= 3").subject, Subject::Own(Own::Level));
    assert_eq!(only("exists @stack").test, Test::Exists);
}

#[test]
fn literals() {
    let literal = |text: &str| match only(&format!("A == {text}")).test {
        Test::Is(Relation::Equal, literal) => literal,
        other => panic!("{other:?}"),
    };
    let number = |text: &str| match literal(text) {
        Literal::Number(number) => number,
        other @ Literal::Text(..) => panic!("{other:?}"),
    };
    let text = |text: &str| match literal(text) {
        Literal::Text(text, guid) => (text.into_string(), guid),
        other @ Literal::Number(_) => panic!("{other:?}"),
    };
    assert_eq!(number("0x1F"), Number::Int(31));
    assert_eq!(number("18446744073709551615"), Number::Int(u64::MAX.into()));
    assert_eq!(number("-9223372036854775808"), Number::Int(i64::MIN.into()));
    assert_eq!(number("-0x10"), Number::Int(-16));
    assert_eq!(number("1.5"), Number::Float(1.5));
    assert_eq!(number("-2e-3"), Number::Float(-0.002));
    assert_eq!(number("1E+3"), Number::Float(1000.0));
    assert_eq!((number("true"), number("false")), (Number::Int(1), Number::Int(0)));
    let escaped = text(r#""a\"\\\n\u{1F600}'""#);
    assert_eq!(escaped, ("a\"\\\n\u{1F600}'".to_owned(), None));
    assert_eq!(text(r#"'it\'s "x"'"#).0, "it's \"x\"");
    let wire = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    assert_eq!(text("'{00010203-0405-0607-0809-0A0B0C0D0E0F}'").1, Some(wire));
    assert_eq!(text("'00010203-0405-0607-0809-0a0b0c0d0e0'").1, None);
    assert_eq!(text("'+0010203-0405-0607-0809-0a0b0c0d0e0f'").1, None);
    let Test::In(list) = only("A in (1, 'x',true)").test else { panic!() };
    assert_eq!(list.len(), 3);
}

#[test]
fn an_error_says_where_and_what() {
    for (text, at, what) in [
        ("", 0, "a field is expected"),
        ("  ", 2, "a field is expected"),
        ("5 == A", 0, "a field is expected"),
        ("A", 1, "an operator is expected"),
        ("A = 1", 2, "an operator is expected"),
        ("A == ", 5, "a number, text in quotes"),
        ("A == B", 5, "a number, text in quotes"),
        ("A >= && x", 5, "a number, text in quotes"),
        ("A == 1 B == 2", 7, "'&&', '||' or the end"),
        ("A == 1 and B == 2", 7, "'&&', '||' or the end"),
        ("A == 1 &&", 9, "a field is expected"),
        ("(A == 1", 7, "'&&', '||' or ')'"),
        ("A == 1)", 6, "'&&', '||' or the end"),
        ("A == \"x", 5, "this text has no closing quote"),
        ("A == 'a\\q'", 7, "not an escape"),
        ("A == '\\u{d800}'", 6, "not an escape"),
        ("A == '\\u{+41}'", 6, "not an escape"),
        ("A == 12x", 5, "not a number"),
        ("A == 0x", 5, "not a number"),
        ("A == 1.", 5, "not a number"),
        ("A == 1_000", 5, "not a number"),
        ("A == 18446744073709551616", 5, "this number does not fit"),
        ("A == -9223372036854775809", 5, "this number does not fit"),
        ("A == 1e999", 5, "this number does not fit"),
        ("A contains 5", 11, "text in quotes is expected"),
        ("A in 5", 5, "'(' is expected"),
        ("A in (5", 7, "',' or ')' is expected"),
        ("A & -1", 4, "a whole number without sign"),
        ("A & 1.5", 4, "a whole number without sign"),
        ("@lvl == 1", 0, "one of @provider"),
        ("A..B == 1", 2, "a name is expected"),
        ("`A == 1", 0, "this name has no closing backtick"),
        ("``.A == 1", 0, "a name is expected"),
        ("ä == ä", 6, "a number, text in quotes"),
    ] {
        let error = error(text);
        assert_eq!(error.at(), at, "{error}");
        assert!(error.what().starts_with(what), "{error}");
        assert_eq!(error.text(), text);
    }
    let message = error("Reason >= && x").to_string();
    assert!(message.ends_with("is expected (at byte 10: Reason >= <HERE>&& x)"), "{message}");
    let long = format!("{} == ä\n{}", "a".repeat(100), "b".repeat(100));
    let message = error(&long).to_string();
    assert!(message.contains("...aaa") && message.ends_with("bbb...)"), "{message}");
    assert!(message.contains("<HERE>ä bbb") && message.len() < 300, "{message}");
}

#[test]
fn expressions_are_bounded() {
    let nested = |levels| format!("{}A == 1{}", "(".repeat(levels), ")".repeat(levels));
    read(&nested(63));
    assert!(error(&nested(64)).what().contains("64 levels"));
    assert!(error(&"!".repeat(60_000)).what().contains("64 levels"));
    let many = |count| vec!["A == 1"; count].join(" || ");
    read(&many(256));
    assert!(error(&many(257)).what().contains("256 comparisons"));
    assert!(error(&" ".repeat(70_000)).what().contains("65,536 bytes"));
    assert!(error(&format!("{}A == 1", "A.".repeat(40))).what().contains("32 names"));
    let conditions = vec![many(200), many(100)];
    let spec = FilterSpec { conditions, ..FilterSpec::default() };
    assert!(Filter::new(&spec).is_err(), "together they are too many");
}
