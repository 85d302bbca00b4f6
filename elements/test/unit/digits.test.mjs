import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../support/source.mjs';

const { clean, count, cut, find } = await load('digits.ts');

test('digits of every script become ASCII', () => {
  for (const text of ['0123456789', '０１２３４５６７８９', '٠١٢٣٤٥٦٧٨٩', '۰۱۲۳۴۵۶۷۸۹', '०१२३४५६७८९', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗']) {
    assert.equal(clean(text), '0123456789', text);
  }
});

test('what is not a digit goes, and from a backup code what is no letter, digit or dash', () => {
  assert.equal(clean(' 12a3-4 5\u200b6\n'), '123456');
  assert.equal(clean(' ３-7kq2m—9XD4 - TPBW.', true), '3-7kq2m-9XD4-TPBW');
  assert.equal(count('3-7KQ2M-9XD4-TPBW'), 14);
  assert.equal(cut('3-7KQ2M-9XD4-TPBWXX', 14), '3-7KQ2M-9XD4-TPBW');
  assert.equal(cut('12', 6), '12');
});

const pasted = [
  ['123456', '123456'],
  ['  123 456\n', '123456'],
  ['123-456', '123456'],
  ['123–456', '123456'],
  ['１２３ ４５６', '123456'],
  ['\u200e123456\u200f', '123456'],
  ['12', '12'],
  ['Use this code to sign in to Demo:\n\n424242\n\nThe code is valid for 5 minutes.', '424242'],
  ['Your code is 424 242. It is valid for 5 minutes.', '424242'],
  ['G-424242 is your verification code.', '424242'],
  ['424242 is your code.\n\n@demo.example #424242', '424242'],
  ['【Demo】認証コード：４２４２４２（5分間有効）', '424242'],
  // Two codes, none, and what only looks like one.
  ['424242 or 131313', undefined],
  ['Call +12125550123', undefined],
  ['Order A424242B', undefined],
  ['1234567', undefined],
  ['hello', undefined],
  ['', undefined],
];

for (const [text, code] of pasted) {
  test(`six digits in ${JSON.stringify(text)}: ${code ?? 'none'}`, () => assert.equal(find(text, 6), code));
}

test('the length decides which number is the code', () => {
  assert.equal(find('Code 12345678, order 424242', 6), '424242');
  assert.equal(find('Code 12345678, order 424242', 8), '12345678');
  assert.equal(find('Sent 2026-11-24: code 12345678', 8), '12345678');
});

test('a backup code alone, in a text, and one of many', () => {
  assert.equal(find(' 3-7kq2m-9xd4-tpbw ', 14, true), '3-7kq2m-9xd4-tpbw');
  assert.equal(find('37KQ2M9XD4TPBW', 14, true), '37KQ2M9XD4TPBW');
  assert.equal(find('3 7KQ2M 9XD4 TPBW', 14, true), '37KQ2M9XD4TPBW');
  assert.equal(find('Your code: 3-7KQ2M-9XD4-TPBW, keep it.', 14, true), '3-7KQ2M-9XD4-TPBW');
  assert.equal(find('0-7KQ2M-9XD4-TPBW\n1-AKQ2M-9XD4-TPBW', 14, true), undefined);
  assert.equal(find('A long well-known sentence, without any code in it', 14, true), undefined);
});
