// Both exist in every JavaScript runtime and are pure; the language's own type library just does not list them.
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
};
declare const TextDecoder: new (
  label: string,
  options: { fatal: boolean; ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

// Overwritten by every call and never read across calls.
const page = new Uint8Array(4_096);
const UNIT_BYTES_MAX = 3;

/** Copying short text out of a page takes less time than what `encode` does to make an array of its own. */
export function encodeUtf8(text: string): Uint8Array {
  if (text.length * UNIT_BYTES_MAX > page.length) return encoder.encode(text);
  return page.slice(0, encoder.encodeInto(text, page).written);
}

/** Throws on bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

export function tryDecodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

const SHORT_TEXT = 128;

/** Writes into `target` from its start and tells how many bytes it took; short ASCII text takes the fast way. */
export function writeUtf8(text: string, target: Uint8Array): number {
  const length = text.length;
  if (length <= SHORT_TEXT) {
    let i = 0;
    for (; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) break;
      target[i] = unit;
    }
    if (i === length) return length;
  }
  return encoder.encodeInto(text, target).written;
}

export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7ff) {
      bytes += 2;
      // A surrogate pair is two units and four bytes; half a pair is written as three, like any other unit here.
      if (unit >= 0xd800 && unit <= 0xdbff && isLowSurrogate(text.charCodeAt(i + 1))) i++;
    } else if (unit > 0x7f) bytes += 1;
  }
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Order of the UTF-8 bytes, which is the order of code points and not that of JavaScript's `<`. */
export function compareUtf8(left: string, right: string): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) return rankUnit(a) - rankUnit(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above every other unit. */
function rankUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
