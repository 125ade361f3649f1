import { joinArray, splitArray, stringOf } from '../json-fields';
import type { ConvertTo } from './declaration';
import { isoOfMs, msOfIso } from './iso-time';

/** What a value becomes, or what it would have to be. */
export type Converted = { readonly text: string } | { readonly needed: string };

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

const to = (text: string): Converted => ({ text });
const needs = (needed: string): Converted => ({ needed });

const CONVERSIONS: Record<Exclude<ConvertTo, 'mapped'>, (value: string) => Converted> = {
  string(value) {
    if (value.startsWith('"')) return to(value);
    return NUMBER.test(value) || isBoolean(value) ? to(`"${value}"`) : needs('a number or a truth value');
  },
  number(value) {
    if (NUMBER.test(value)) return to(value);
    const written = stringOf(value);
    return written !== null && NUMBER.test(written) ? to(written) : needs('a text that is a number');
  },
  boolean(value) {
    if (isBoolean(value)) return to(value);
    const written = stringOf(value) ?? value;
    if (isBoolean(written)) return to(written);
    return value === '1' || value === '0' ? to(String(value === '1')) : needs('"true", "false", 1 or 0');
  },
  array: (value) => to(joinArray([value])),
  'time-ms'(value) {
    if (NUMBER.test(value)) return to(value);
    const ms = msOfIso(stringOf(value) ?? '');
    return ms === null ? needs('a time in ISO 8601 with its offset') : to(String(ms));
  },
  'time-iso'(value) {
    if (msOfIso(stringOf(value) ?? '') !== null) return to(value);
    const iso = NUMBER.test(value) ? isoOfMs(Number(value)) : null;
    return iso === null ? needs('milliseconds since 1970') : to(`"${iso}"`);
  },
};

function isBoolean(text: string): boolean {
  return text === 'true' || text === 'false';
}

/** Null stays null, whatever is asked, but where a table of values names it. */
export function convertValue(value: string, kind: ConvertTo, values: ReadonlyMap<string, string>): Converted {
  if (kind === 'mapped') {
    const mapped = values.get(plainly(value));
    if (mapped !== undefined) return to(mapped);
    return value === 'null' ? to(value) : needs('one of the declared values');
  }
  return value === 'null' ? to(value) : CONVERSIONS[kind](value);
}

/** A text spelled in the one way that values are compared in; other kinds as they are written. */
export function plainly(value: string): string {
  const said = value.includes('\\') ? stringOf(value) : null;
  return said === null ? value : JSON.stringify(said);
}

/** The first element, undefined where there is none: the turning around of `array`. */
export function firstOf(value: string): { readonly text: string | undefined } | { readonly needed: string } {
  if (value === 'null') return { text: value };
  const elements = splitArray(value);
  return elements === null ? { needed: 'an array' } : { text: elements[0] };
}
