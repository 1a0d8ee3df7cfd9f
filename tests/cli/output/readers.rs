//! Readers of JSON lines and CSV that are not ours.

use std::io::Write;
use std::process::{Command, Stdio};

use super::value::Json;

/// Each JSON line as `serde_json` reads it.
pub fn serde(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

/// Each JSON line in the form of [`Json::canonical`], by Python.
pub fn python_json(test: &str, text: &str) -> Option<String> {
    const SCRIPT: &str = r"
import json, math, struct, sys
def canonical(v):
    if v is None: return 'z'
    if v is True: return 't'
    if v is False: return 'f'
    if isinstance(v, str): return 's' + ''.join('.%x' % ord(c) for c in v)
    if isinstance(v, int): return 'n%d' % v
    if isinstance(v, float):
        whole = v.is_integer() and abs(v) <= 2 ** 53 and not (v == 0 and math.copysign(1, v) < 0)
        if whole: return 'n%d' % int(v)
        return 'd%016x' % struct.unpack('>Q', struct.pack('>d', v))[0]
    if isinstance(v, list): return '[' + ''.join(canonical(x) + ',' for x in v) + ']'
    # All pairs: a key that is there twice is seen.
    return '{' + ''.join(canonical(k) + ':' + canonical(x) + ',' for k, x in v) + '}'
def wrong(name): raise ValueError('no JSON: ' + name)
for line in sys.stdin.buffer.read().decode('utf-8', 'strict').split('\n')[:-1]:
    print(canonical(json.loads(line, object_pairs_hook=tuple, parse_constant=wrong)))
";
    run(test, "python3", &["-c", SCRIPT], text)
}

/// The same by JavaScript, which has but one kind of numbers.
pub fn node_json(test: &str, text: &str) -> Option<String> {
    const SCRIPT: &str = r"
const bits = v => { const b = Buffer.alloc(8); b.writeDoubleBE(v); return b.toString('hex'); };
const chars = s => 's' + [...s].map(c => '.' + c.codePointAt(0).toString(16)).join('');
const canonical = v => {
  if (v === null) return 'z';
  if (v === true) return 't';
  if (v === false) return 'f';
  if (typeof v === 'string') return chars(v);
  if (typeof v === 'number') {
    const whole = Number.isInteger(v) && Math.abs(v) <= 2 ** 53 && !Object.is(v, -0);
    return whole ? 'n' + BigInt(v) : 'd' + bits(v);
  }
  if (Array.isArray(v)) return '[' + v.map(x => canonical(x) + ',').join('') + ']';
  return '{' + Object.keys(v).map(k => chars(k) + ':' + canonical(v[k]) + ',').join('') + '}';
};
const lines = require('fs').readFileSync(0, 'utf8').split('\n').slice(0, -1);
process.stdout.write(lines.map(line => canonical(JSON.parse(line)) + '\n').join(''));
";
    run(test, "node", &["-e", SCRIPT], text)
}

/// Each JSON line as `jq` reads and writes it.
pub fn jq(test: &str, text: &str) -> Option<Vec<Json>> {
    run(test, "jq", &["-c", "."], text).map(|text| serde(&text))
}

/// The rows of a CSV text, the header first, as the crate `csv` reads them.
pub fn csv(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect());
    rows.collect()
}

/// The same by Python.
pub fn python_csv(test: &str, text: &str) -> Option<Vec<Vec<String>>> {
    const SCRIPT: &str = r"
import csv, io, json, sys
csv.field_size_limit(1 << 30)
text = sys.stdin.buffer.read().decode('utf-8', 'strict')
for row in csv.reader(io.StringIO(text, newline=''), strict=True): print(json.dumps(row))
";
    let text = run(test, "python3", &["-c", SCRIPT], text)?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// What a program makes of a text. `None`, with a line on stderr that says what is skipped, if it is
/// not there.
fn run(test: &str, program: &str, args: &[&str], input: &str) -> Option<String> {
    let is_there = Command::new(program).arg("--version").output();
    if !is_there.is_ok_and(|output| output.status.success()) {
        // Straight to standard error: what `eprintln!` says in a test that passes is not shown.
        let _ = writeln!(std::io::stderr(), "SKIPPED {test} with {program}: not installed");
        return None;
    }
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}
