// What the pages do with JavaScript that they also do without, only slower; and security keys, which need it.
'use strict';

// Copy: <button data-copy="#id"> beside what is to be copied.
document.addEventListener('click', async (event) => {
  const button = event.target.closest('button[data-copy]');
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    button.textContent = 'Copied';
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    button.textContent = 'Selected';
  }
  setTimeout(() => (button.textContent = words), 2000);
});
for (const button of document.querySelectorAll('button[data-copy][hidden]')) button.hidden = false;

// Security keys: <form data-key-options="URL"> with a <rift-security-key> and the fields `answer` and `id`. What the key is to
// sign is asked for by the click: it lives for minutes only, and each one counts.
customElements.whenDefined('rift-security-key').then(() => {
  for (const form of document.querySelectorAll('form[data-key-options]')) {
    const key = form.querySelector('rift-security-key');
    const csrf = form.elements.namedItem('csrf').value;
    const start = key.start.bind(key);
    // Without options the button could not be pressed; these are never used.
    const wait = () => (key.options = {});
    let asking = false;
    key.start = async () => {
      if (asking || key.busy) return;
      asking = true;
      key.error = '';
      try {
        const response = await fetch(form.dataset.keyOptions, {
          method: 'POST',
          body: new URLSearchParams({ csrf }),
          headers: { Accept: 'application/json' },
          redirect: 'error',
        });
        const told = await response.json();
        if (!response.ok) throw new Error(told.message);
        form.elements.namedItem('id').value = told.id;
        key.options = told.public_key;
        await start();
      } catch (error) {
        key.error = error instanceof TypeError ? 'The page is out of date. Load it again.' : error.message;
      } finally {
        asking = false;
      }
    };
    key.addEventListener('rift-credential', (event) => {
      form.elements.namedItem('answer').value = JSON.stringify(event.detail.credential);
      form.submit();
    });
    key.addEventListener('rift-error', wait);
    wait();
  }
});

// A list that follows what happens asks again only while somebody looks at it.
document.addEventListener('htmx:beforeRequest', (event) => {
  const polled = event.detail.elt.closest('[data-live]');
  // What the keyboard stands on is not taken away.
  if (polled && (document.hidden || polled.querySelector(':focus-visible'))) event.preventDefault();
});
// Nor does it keep a session alive at which nobody sits any more.
document.addEventListener('htmx:configRequest', (event) => {
  if (event.detail.elt.closest('[data-live]')) event.detail.headers['Rift-Live'] = '1';
});
// Once the session has ended, the page leads to the door in place of a list that is gone.
document.addEventListener('htmx:beforeSwap', (event) => {
  const { elt, xhr } = event.detail;
  const door = new URL(xhr.responseURL, location.href);
  if (!elt.closest('[data-live]') || !door.pathname.startsWith('/dashboard/sign-in')) return;
  event.preventDefault();
  location.assign(door.pathname + door.search);
});
