import { inside, type Place, wrong } from './place';

/**
 * What the generated reader passes over in silence: a value of another type, which it turns into text, drops, or takes for
 * false. Names that no field has are passed over on purpose, as the protocol says.
 */
export function checkShape(json: unknown, read: unknown, at: Place): void {
  if (!isObject(json)) return wrong(at, '', 'must be an object');
  for (const [name, value] of Object.entries(read as object)) {
    if (isOneOf(value)) checkField(json, value.$case, value[value.$case], at);
    else checkField(json, name, value, at);
  }
}

function checkField(json: Readonly<Record<string, unknown>>, name: string, read: unknown, at: Place): void {
  const given = json[name] ?? json[snakeCase(name)];
  if (given === undefined || given === null) return;
  checkValue(given, read, inside(at, snakeCase(name)));
}

function checkValue(json: unknown, read: unknown, at: Place): void {
  if (read === undefined) return;
  if (typeof read === 'string') return must(at, typeof json === 'string', 'must be text');
  if (typeof read === 'boolean') return must(at, typeof json === 'boolean', 'must be true or false');
  if (typeof read === 'number') return must(at, isNumber(json, read), 'must be a number');
  if (read instanceof Uint8Array) return must(at, isBase64(json), 'must be base64');
  if (Array.isArray(read)) return checkList(json, read, at);
  if (read instanceof Map) return checkMap(json, read, at);
  checkShape(json, read, at);
}

function checkList(json: unknown, read: readonly unknown[], at: Place): void {
  if (!Array.isArray(json)) return wrong(at, '', 'must be a list');
  read.forEach((value, index) => checkValue(json[index], value, inside(at, index)));
}

function checkMap(json: unknown, read: ReadonlyMap<string, unknown>, at: Place): void {
  if (!isObject(json)) return wrong(at, '', 'must be an object');
  for (const [key, value] of read) checkValue(json[key], value, inside(at, key));
}

function must(at: Place, holds: boolean, description: string): void {
  if (!holds) wrong(at, '', description);
}

/** A value of an enum may be its name, which was looked up, or its number. */
function isNumber(json: unknown, read: number): boolean {
  if (typeof json === 'number') return true;
  return typeof json === 'string' && json.trim() !== '' && !Number.isNaN(read);
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function isBase64(json: unknown): boolean {
  return typeof json === 'string' && BASE64.test(json) && json.replace(/=+$/, '').length % 4 !== 1;
}

function isObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

interface OneOf extends Readonly<Record<string, unknown>> {
  readonly $case: string;
}

function isOneOf(value: unknown): value is OneOf {
  return isObject(value) && typeof value['$case'] === 'string';
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
