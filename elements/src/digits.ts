// Reads what people type and paste into a code. Pure: no DOM, so that every rule has a plain test.

const DASHES = /[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D]/g;

/** Any decimal digit (full-width, Arabic-Indic, Devanagari, …) as ASCII. */
function ascii(digit: string): string {
  // The ten digits of a script stand in a row in Unicode, so the distance to the row's first is the value.
  const at = digit.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(at - value - 1))) value++;
  return String(value);
}

function plain(text: string): string {
  return text.normalize('NFKC').replace(DASHES, '-').replace(/[^\x00-\x7F]/gu, (c) => (/\p{Nd}/u.test(c) ? ascii(c) : c));
}

/** Keeps the characters that a code may have: digits, and for a backup code also letters and dashes. */
export function clean(text: string, backup = false): string {
  return plain(text).replace(backup ? /[^0-9A-Za-z-]/g : /[^0-9]/g, '');
}

/** How many of the characters count: a dash in a backup code does not. */
export function count(code: string): number {
  return code.replaceAll('-', '').length;
}

/** The first `length` characters that count, with the dashes among them. */
export function cut(code: string, length: number): string {
  while (count(code) > length) code = code.slice(0, -1);
  return code;
}

/**
 * The code in a pasted text: the whole text when it is nothing but a code or a part of one, else the only code of that
 * length in it. `undefined` when there is none, or more than one: a wrong guess would cost the user an attempt.
 */
export function find(text: string, length: number, backup = false): string | undefined {
  const all = plain(text).trim();
  const lone = clean(all, backup);
  // Spaces, dashes and invisible marks only ever group a code.
  if ((backup ? /^[0-9A-Za-z\s\p{Cf}-]+$/u : /^[\d\s\p{Cf}.-]+$/u).test(all) && count(lone) && count(lone) <= length) {
    return lone;
  }
  const shapes = backup
    ? [`[0-9A-Za-z]+(?:-[0-9A-Za-z]+)+`]
    : // Unbroken first: "Code 123456, valid for 5 minutes". Then grouped: "Code 123 456".
      [`\\d{${length}}`, `\\d+(?:[ -]\\d+)+`];
  for (const shape of shapes) {
    const found = new Set<string>();
    for (const [hit] of all.matchAll(new RegExp(`(?<![\\p{L}\\d]|\\d-)${shape}(?![\\p{L}\\d]|-\\d)`, 'gu'))) {
      const code = clean(hit, backup);
      if (count(code) === length) found.add(code);
    }
    if (found.size) return found.size === 1 ? [...found][0] : undefined;
  }
  return undefined;
}
