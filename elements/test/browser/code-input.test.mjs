import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { heard } from '../support/browser.mjs';
import { FIELD, alert, browser, caret, codes, focused, input, paste, put, shown, value } from '../support/code-input.mjs';

describe('typing', () => {
  test('digits fill the boxes, letters do nothing, and the sixth digit completes', async () => {
    const page = await focused();
    await page.keyboard.type('4a2 4-2.4');
    assert.equal(await value(page), '42424');
    assert.deepEqual(await codes(page), []);
    await page.keyboard.type('2');
    assert.deepEqual(await codes(page), ['424242']);
    assert.deepEqual((await heard(page, 'rift-input')).map((one) => one.value), ['4', '42', '424', '4242', '42424', '424242']);
    await page.keyboard.type('9');
    assert.equal(await shown(page), '424242', 'a seventh digit does nothing');
    assert.deepEqual(await codes(page), ['424242'], 'and completes nothing anew');
  });

  test('backspace, then another digit, completes again', async () => {
    const page = await focused();
    await page.keyboard.type('424242');
    await page.keyboard.press('Backspace');
    assert.equal(await value(page), '42424');
    await page.keyboard.type('3');
    assert.deepEqual(await codes(page), ['424242', '424243']);
  });

  test('in a full field a digit takes the place of the next one; in a half one it goes in between', async () => {
    const page = await focused();
    await page.keyboard.type('123');
    await put(page, 1);
    await page.keyboard.type('9');
    assert.equal(await value(page), '1923');
    assert.deepEqual(await caret(page), [2, 2]);
    await page.keyboard.press('End');
    await page.keyboard.type('45');
    await put(page, 2);
    await page.keyboard.type('78');
    assert.equal(await value(page), '197845');
    assert.deepEqual(await caret(page), [4, 4]);
  });

  test('a selection is replaced, and undo brings it back', async () => {
    const page = await focused();
    await page.keyboard.type('123456');
    await put(page, 1, 4);
    await page.keyboard.type('9');
    assert.equal(await value(page), '1956');
    await page.keyboard.press('Control+Z');
    assert.equal(await value(page), '123456');
  });

  test('the box of the caret is marked, and only while the field has the focus', async () => {
    const page = await focused();
    const active = () =>
      page.locator('rift-code-input').evaluate((one) =>
        [...one.shadowRoot.querySelectorAll('[part~=box]')].map((box) => Number(box.part.contains('box-active'))).join(''),
      );
    assert.equal(await active(), '100000');
    await page.keyboard.type('12');
    await page.waitForFunction(() => document.querySelector('rift-code-input').shadowRoot.querySelectorAll('[part~=box]')[2].part.contains('box-active'));
    assert.equal(await active(), '001000');
    await page.keyboard.type('3456');
    await page.waitForFunction(() => document.querySelector('rift-code-input').shadowRoot.querySelectorAll('[part~=box]')[5].part.contains('box-active'));
    assert.equal(await active(), '000001');
    await input(page).evaluate((one) => one.blur());
    assert.equal(await active(), '000000');
  });

  test('digits of an input method become ASCII when it is done', async () => {
    const page = await focused();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Input.imeSetComposition', { text: '１２３', selectionStart: 3, selectionEnd: 3 });
    assert.equal(await shown(page), '１２３', 'a composition is not disturbed');
    await cdp.send('Input.insertText', { text: '１２３' });
    assert.equal(await shown(page), '123');
    assert.deepEqual(await caret(page), [3, 3]);
    await cdp.send('Input.insertText', { text: '４５６' });
    assert.deepEqual(await codes(page), ['123456']);
  });

  test('plain digits that a keyboard composes complete at once, and once', async () => {
    const page = await focused();
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Input.imeSetComposition', { text: '123456', selectionStart: 6, selectionEnd: 6 });
    assert.deepEqual(await codes(page), ['123456']);
    await cdp.send('Input.insertText', { text: '123456' });
    assert.deepEqual(await codes(page), ['123456']);
    assert.equal(await shown(page), '123456');
  });

  test('autofill may write the code as the message has it', async () => {
    const page = await focused();
    await input(page).evaluate((one) => {
      one.value = '123 456';
      one.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    });
    assert.equal(await value(page), '123456');
    assert.deepEqual(await codes(page), ['123456']);
  });
});

describe('paste', () => {
  for (const text of ['123456', '123 456', '123-456', '１２３４５６', 'Your Demo code is 123456. It is valid for 5 minutes.']) {
    test(JSON.stringify(text), async () => {
      const page = await focused();
      await paste(page, text);
      assert.equal(await value(page), '123456');
      assert.deepEqual(await codes(page), ['123456']);
    });
  }

  test('over a full field it replaces; the same code again is a try again', async () => {
    const page = await focused();
    await page.keyboard.type('111111');
    await paste(page, '123456');
    await paste(page, '123456');
    assert.deepEqual(await codes(page), ['111111', '123456', '123456']);
    assert.deepEqual(await caret(page), [6, 6]);
  });

  test('a part goes in at the caret', async () => {
    const page = await focused();
    await page.keyboard.type('16');
    await put(page, 1);
    await paste(page, '2345');
    assert.deepEqual(await codes(page), ['123456']);
  });

  test('a text with two codes changes nothing and says so, until the user types', async () => {
    const page = await focused();
    await page.keyboard.type('1');
    await paste(page, '424242 or 131313');
    assert.equal(await value(page), '1');
    assert.match(await alert(page), /No single code/);
    await page.keyboard.type('2');
    assert.equal(await alert(page), '');
  });
});

describe('backup codes', () => {
  test('letters and dashes, upper case, one plain field', async () => {
    const page = await focused('<rift-code-input backup></rift-code-input>');
    assert.equal(await page.locator('rift-code-input [part~=box]').count(), 0);
    assert.equal(await input(page).getAttribute('inputmode'), 'text');
    await page.keyboard.type('3-7kq2m 9xd4_tpb');
    assert.deepEqual(await codes(page), []);
    await page.keyboard.type('w');
    assert.deepEqual(await codes(page), ['3-7KQ2M9XD4TPBW']);
    await page.keyboard.type('x');
    assert.equal(await value(page), '3-7KQ2M9XD4TPBW');
    await paste(page, 'Keep this: 4-7KQ2M-9XD4-TPBW.');
    assert.deepEqual((await codes(page)).at(-1), '4-7KQ2M-9XD4-TPBW');
  });

  test('the length is 14 to 25, without the dashes', async () => {
    const page = await focused('<rift-code-input backup length="20"></rift-code-input>');
    await page.keyboard.type('3-7KQ2M-9XD4-TPBWAAAAA');
    assert.deepEqual(await codes(page), []);
    await page.keyboard.type('A');
    assert.equal((await codes(page)).length, 1);
  });
});

test('the length is 6 to 10, and a change of it keeps what fits', async () => {
  const page = await focused('<rift-code-input length="8"></rift-code-input>');
  const boxes = () => page.locator('rift-code-input [part~=box]').count();
  assert.equal(await boxes(), 8);
  await page.keyboard.type('12345678');
  assert.deepEqual(await codes(page), ['12345678']);
  for (const [length, count] of [['6', 6], ['10', 10], ['3', 6], ['99', 10], ['x', 6]]) {
    await page.locator('rift-code-input').evaluate((one, to) => one.setAttribute('length', to), length);
    assert.equal(await boxes(), count, length);
  }
  assert.equal(await value(page), '123456');
});

describe('right to left', () => {
  test('digits and boxes go from left to right, texts and their place do not', async () => {
    const page = await focused(FIELD, { html: 'lang="ar" dir="rtl"' });
    await page.keyboard.type('123');
    const seen = await page.locator('rift-code-input').evaluate((one) => {
      const boxes = [...one.shadowRoot.querySelectorAll('[part~=box]')].map((box) => box.getBoundingClientRect());
      return {
        ordered: boxes.every((box, at) => at === 0 || box.left > boxes[at - 1].left),
        right: Math.round(one.getBoundingClientRect().right - boxes.at(-1).right),
        input: getComputedStyle(one.shadowRoot.querySelector('input')).direction,
        label: getComputedStyle(one.shadowRoot.querySelector('label')).direction,
      };
    });
    assert.deepEqual(seen, { ordered: true, right: 0, input: 'ltr', label: 'rtl' });
    await page.keyboard.press('ArrowLeft');
    assert.deepEqual(await caret(page), [2, 2]);
  });

  test('each digit stands in the middle of its box', async () => {
    for (const [length, width] of [[6, 480], [6, 320], [10, 320]]) {
      const page = await browser.page(`<rift-code-input length="${length}"></rift-code-input>`, {
        context: { viewport: { width, height: 300 } },
      });
      // Inked pixels, seen by the browser itself: the centre of each glyph against the centre of its box.
      await page.locator('rift-code-input').evaluate((one, n) => (one.value = '0'.repeat(n)), length);
      const boxes = await page.locator('rift-code-input').evaluate((one) =>
        [...one.shadowRoot.querySelectorAll('[part~=box]')].map((box) => {
          const { left, top, width, height } = box.getBoundingClientRect();
          return { left, top, width, height };
        }),
      );
      for (const box of boxes) {
        const clip = { x: Math.round(box.left) + 2, y: box.top + 8, width: Math.round(box.width) - 4, height: box.height - 16 };
        const png = (await page.screenshot({ clip })).toString('base64');
        const off = await page.evaluate(async (data) => {
          const blob = new Blob([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))]);
          const bitmap = await createImageBitmap(blob);
          const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
          canvas.drawImage(bitmap, 0, 0);
          const { data: pixels } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
          const columns = [];
          for (let at = 0; at < pixels.length; at += 4) if (pixels[at] < 128) columns.push((at / 4) % bitmap.width);
          return (Math.min(...columns) + Math.max(...columns) + 1) / 2 - bitmap.width / 2;
        }, png);
        assert.ok(Math.abs(off) <= 1.5, `${length} digits at ${width} px: off by ${off}`);
      }
    }
  });
});
