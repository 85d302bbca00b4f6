//! Reads Rust as text, well enough to see who names whom: blanks comments, literals and test code, cuts the
//! rest into tokens, and resolves `crate::`, `self::` and `super::` paths (nested `use` trees too). Not a
//! parser: paths made by a macro from parts are not seen.

/// A word or a mark, and the line (from 1) it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A path from the crate's root, such as `["store", "sqlite", "SqliteStore"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub path: Vec<String>,
    pub line: usize,
}

/// The tokens of what ships: without comments, literals, and each item behind `#[cfg(test)]`.
pub fn tokens(text: &str) -> Vec<Token> {
    split_test_code(&cut(&blank(text))).0
}

/// The names of the modules that a file declares behind `#[cfg(test)]` and keeps in files of their own.
pub fn test_modules(text: &str) -> Vec<String> {
    split_test_code(&cut(&blank(text))).1
}

/// Comments and the contents of strings and characters become spaces; lines stay where they are.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let after_word = i > 0 && is_word(at(i - 1));
        let end = match at(i) {
            '/' if at(i + 1) == '/' => (i..chars.len()).find(|&j| at(j) == '\n').unwrap_or(chars.len()),
            '/' if at(i + 1) == '*' => block_comment_end(&at, i, chars.len()),
            '"' => quoted_end(&at, i + 1, '"', chars.len()),
            'r' | 'b' | 'c' if !after_word => match raw_string(&at, i) {
                Some((start, hashes)) => raw_string_end(&at, start, hashes, chars.len()),
                None => i,
            },
            // A lifetime has no closing quote right behind its first character.
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => quoted_end(&at, i + 1, '\'', chars.len()),
            _ => i,
        };
        if end == i {
            out.push(at(i));
            i += 1;
        } else {
            out.extend((i..end).map(|j| if at(j) == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    out
}

fn block_comment_end(at: &impl Fn(usize) -> char, start: usize, len: usize) -> usize {
    let (mut i, mut depth) = (start, 0_usize);
    while i < len {
        match (at(i), at(i + 1)) {
            ('/', '*') => (i, depth) = (i + 2, depth + 1),
            ('*', '/') => (i, depth) = (i + 2, depth - 1),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    len
}

fn quoted_end(at: &impl Fn(usize) -> char, start: usize, quote: char, len: usize) -> usize {
    let mut i = start;
    while i < len {
        match at(i) {
            '\\' => i += 2,
            c if c == quote => return i + 1,
            _ => i += 1,
        }
    }
    len
}

/// Where the contents of a raw string that begins at `i` start, and its number of hashes.
fn raw_string(at: &impl Fn(usize) -> char, i: usize) -> Option<(usize, usize)> {
    let r = if at(i) == 'r' { i } else { i + 1 };
    let hashes = (r + 1..r + 256).take_while(|&j| at(j) == '#').count();
    (at(r) == 'r' && at(r + 1 + hashes) == '"').then_some((r + 2 + hashes, hashes))
}

fn raw_string_end(at: &impl Fn(usize) -> char, start: usize, hashes: usize, len: usize) -> usize {
    (start..len)
        .find(|&j| at(j) == '"' && (1..=hashes).all(|k| at(j + k) == '#'))
        .map_or(len, |j| j + 1 + hashes)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Words whole, `::` whole, every other mark by itself; `r#type` is `type`.
fn cut(text: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.replace("r#", "");
        let mut rest = line.as_str();
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (word, tail) = rest.split_at(length);
            if !first.is_whitespace() {
                out.push(Token { text: word.to_owned(), line: number + 1 });
            }
            rest = tail;
        }
    }
    out
}

/// The text of the token at `i`; nothing past the end.
pub fn text_at(tokens: &[Token], i: usize) -> &str {
    tokens.get(i).map_or("", |token| token.text.as_str())
}

/// Whether the tokens from `i` on are these words.
pub fn reads(tokens: &[Token], i: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(k, word)| text_at(tokens, i + k) == *word)
}

/// The tokens without the item behind each `#[cfg(test)]`, and the test modules kept in other files.
fn split_test_code(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules, mut i) = (Vec::new(), Vec::new(), 0);
    while let Some(token) = tokens.get(i) {
        if !reads(tokens, i, &MARK) {
            kept.push(token.clone());
            i += 1;
            continue;
        }
        let start = i + MARK.len();
        i = item_end(tokens, start);
        if let Some(at) = (start..i).find(|&j| text_at(tokens, j) == "mod")
            && text_at(tokens, at + 2) == ";"
        {
            modules.push(text_at(tokens, at + 1).to_owned());
        }
    }
    (kept, modules)
}

/// Past the item that starts at `start`: past its `;` or its braces, whichever closes it.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return i + 1;
                }
            }
            ";" if depth == 0 => return i + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Every path of this crate that the tokens name; `module` is where the file stands, `["http", "api"]`.
pub fn named(tokens: &[Token], module: &[String]) -> Vec<Named> {
    let mut out = Vec::new();
    // Where the reader stands: the file's module and the inline ones around, each with the depth of its brace.
    let mut here = module.to_vec();
    let mut inline: Vec<usize> = Vec::new();
    let (mut depth, mut i) = (0_usize, 0);
    while i < tokens.len() {
        match text_at(tokens, i) {
            "mod" if text_at(tokens, i + 2) == "{" => {
                here.push(text_at(tokens, i + 1).to_owned());
                inline.push(depth);
                depth += 1;
                i += 3;
                continue;
            }
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    here.pop();
                }
            }
            "crate" | "self" | "super" | "rift_mfa" if text_at(tokens, i + 1) == "::" => {
                i = tree(tokens, i, &here, None, &mut out);
                continue;
            }
            // `use crate as other` and `use super as other` would hide every path behind the new name.
            "crate" | "super" if reads(tokens, i + 1, &["as"]) => {
                let path = if text_at(tokens, i) == "crate" { Vec::new() } else { parent(&here) };
                out.push(Named { path, line: tokens.get(i).map_or(0, |token| token.line) });
            }
            _ => {}
        }
        i += 1;
    }
    out
}

fn parent(path: &[String]) -> Vec<String> {
    path.split_last().map_or_else(Vec::new, |(_, rest)| rest.to_vec())
}

/// Reads one path, or one branch of a `use` tree, from `i` on; gives the place behind it.
fn tree(
    tokens: &[Token],
    start: usize,
    here: &[String],
    prefix: Option<&[String]>,
    out: &mut Vec<Named>,
) -> usize {
    let mut path = prefix.unwrap_or_default().to_vec();
    let mut i = start;
    let line = tokens.get(i).map_or(0, |token| token.line);
    loop {
        match text_at(tokens, i) {
            "crate" | "rift_mfa" if i == start => path = Vec::new(),
            // At the head of a path it is this module; inside braces it is the prefix itself.
            "self" if i == start && prefix.is_none() => path = here.to_vec(),
            "self" => {}
            "super" if i == start => path = parent(here),
            "super" => path = parent(&path),
            "{" => {
                i += 1;
                while i < tokens.len() && text_at(tokens, i) != "}" {
                    if text_at(tokens, i) == "," {
                        i += 1;
                    } else {
                        i = tree(tokens, i, here, Some(&path), out).max(i + 1);
                    }
                }
                return i + 1;
            }
            word if word.starts_with(is_word) || word == "*" => path.push(word.to_owned()),
            // `::<T>` and what a macro leaves open end a path.
            _ => {
                out.push(Named { path, line });
                return i;
            }
        }
        i += 1;
        if text_at(tokens, i) != "::" {
            break;
        }
        i += 1;
    }
    if text_at(tokens, i) == "as" {
        i += 2;
    }
    out.push(Named { path, line });
    i
}
