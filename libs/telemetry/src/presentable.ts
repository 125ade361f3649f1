import type { LogFields } from './log';

const HIDDEN = '[hidden]';
const DEPTH_MAX = 6;
const ITEMS_MAX = 100;
const TEXT_MAX = 8_192;

const SECRET_WORDS = new Set([
  'token',
  'tokens',
  'secret',
  'secrets',
  'authorization',
  'payload',
  'payloads',
  'key',
  'keys',
  'password',
  'passphrase',
  'cookie',
  'jwt',
]);

/** Databases and caches say with their errors what they were given, which may be anything. */
const QUOTING = new Set(['detail', 'where', 'params', 'args']);

/** What must not be read by whoever reads logs, wherever in a text it stands. */
const SECRETS_IN_TEXT: readonly [RegExp, string][] = [
  [/\beyJ[\w-]+\.[\w-]*\.[\w-]*/g, HIDDEN],
  [/(\/\/[^/@\s:]*):[^@\s]*@/g, `$1:${HIDDEN}@`],
  [/\b(bearer)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
];

/** Facts as they may stand in a log. */
export function presentable(fields: LogFields | undefined): Record<string, unknown> {
  return fields === undefined ? {} : presentableObject(fields, 0);
}

function isSecret(name: string): boolean {
  if (QUOTING.has(name)) return true;
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return words.split(/[^a-z0-9]+/).some((word) => SECRET_WORDS.has(word));
}

function presentableObject(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object)
      .slice(0, ITEMS_MAX)
      .map(([name, value]) => [name, isSecret(name) ? HIDDEN : presentableValue(value, depth + 1)]),
  );
}

function presentableValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return presentableText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEPTH_MAX) return '[deep]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Error) return presentableError(value, depth);
  if (value instanceof Date) return value;
  if (value instanceof Map) return presentableEntries(value, depth);
  if (value instanceof Set || Array.isArray(value)) {
    return [...(value as Iterable<unknown>)]
      .slice(0, ITEMS_MAX)
      .map((item) => presentableValue(item, depth + 1));
  }
  return presentableObject(value, depth);
}

function presentableEntries(entries: ReadonlyMap<unknown, unknown>, depth: number): Record<string, unknown> {
  const named = [...entries].slice(0, ITEMS_MAX).map(([name, value]) => [String(name), value] as const);
  return presentableObject(Object.fromEntries(named), depth);
}

function presentableError(error: Error, depth: number): Record<string, unknown> {
  return {
    ...presentableObject(error, depth),
    type: error.name,
    message: presentableText(error.message),
    ...(error.stack === undefined ? {} : { stack: presentableText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: presentableValue(error.cause, depth + 1) }),
  };
}

function presentableText(text: string): string {
  const short = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  return SECRETS_IN_TEXT.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), short);
}
