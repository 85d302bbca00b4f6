// What the three elements share: shadow root, style sheets, texts, properties set before the definition was loaded.
// Nothing here, or in the elements, speaks to a server.
import common from './common.css';
import { words, type StringKey, type Strings } from './words.js';

// On a server there is no DOM: the import must do no harm, and nothing is defined.
const Host = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

type Child = Node | string;

/** An element with attributes. Never parses HTML, so that neither CSP nor Trusted Types stands in the way. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets a text only when it differs: a live region would say it again. */
export function say(where: HTMLElement, text: string): void {
  if (where.textContent !== text) where.textContent = text;
}

/** Properties that are their attributes, such as `busy`. */
export function flags(element: { prototype: object }, ...names: string[]): void {
  for (const name of names) {
    Object.defineProperty(element.prototype, name, {
      get(this: Element) {
        return this.hasAttribute(name);
      },
      set(this: Element, on: boolean) {
        if (on !== this.hasAttribute(name)) this.toggleAttribute(name, !!on);
      },
    });
  }
}

const sheets = new Map<string, CSSStyleSheet>();

function sheet(css: string): CSSStyleSheet {
  let made = sheets.get(css);
  if (!made) {
    made = new CSSStyleSheet();
    made.replaceSync(css);
    sheets.set(css, made);
  }
  return made;
}

export abstract class RiftElement extends Host {
  protected readonly root: ShadowRoot;
  #own: Strings = {};
  #words = words('en');
  #drawn = false;

  protected constructor(css: string, delegatesFocus = true) {
    super();
    this.root = this.attachShadow({ mode: 'open', delegatesFocus });
    this.root.adoptedStyleSheets = [sheet(common), sheet(css)];
  }

  /** Brings the shadow tree up to date. Called often; must be cheap and change nothing twice. */
  protected abstract draw(): void;

  /** Texts of your own, over the built-in ones. */
  get strings(): Strings {
    return this.#own;
  }

  set strings(value: Strings | null) {
    this.#own = value ?? {};
    this.redraw();
  }

  protected t(key: StringKey, values: Record<string, string | number> = {}): string {
    const text = this.#own[key] ?? this.#words[key];
    return text.replace(/\{(\w)\}/g, (all, name: string) => String(values[name] ?? all));
  }

  protected redraw(): void {
    if (this.#drawn) this.draw();
  }

  protected emit(type: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  connectedCallback(): void {
    // A page may set properties before this module has loaded: they lie on the instance, hiding the accessors.
    for (const name of Object.keys(this)) {
      if (name in Object.getPrototypeOf(this)) {
        const value = (this as Record<string, unknown>)[name];
        delete (this as Record<string, unknown>)[name];
        (this as Record<string, unknown>)[name] = value;
      }
    }
    this.#speak();
    this.#drawn = true;
    this.draw();
  }

  attributeChangedCallback(name: string, _old: string | null, value: string | null): void {
    if (name === 'lang') this.#speak();
    if (name === 'strings') {
      try {
        this.#own = value ? (JSON.parse(value) as Strings) : {};
      } catch {
        console.error('rift-elements: the attribute "strings" is not JSON.');
      }
    }
    this.redraw();
  }

  /** Takes the language of the nearest `lang`, also outside of the shadow tree that the element stands in. */
  #speak(): void {
    let at: Element | null = this;
    let found: Element | null = null;
    while (at && !found) {
      found = at.closest('[lang]');
      const around = at.getRootNode();
      at = around instanceof ShadowRoot ? around.host : null;
    }
    this.#words = words(found?.getAttribute('lang') ?? '');
  }
}
