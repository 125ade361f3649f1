import { readFileSync } from 'node:fs';
import { nearest } from './nearest';

export const SETTING_PREFIX = 'SYNCLINE_';
const FILE_SUFFIX = '_FILE';

export type Parsed<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: string };

/** One thing that an operator can set. */
export interface Setting<Value> {
  /** Of the environment variable, without the prefix. Where a value has a unit, the name ends in it. */
  readonly name: string;
  /** What a value looks like, such as `host:port`. */
  readonly form: string;
  readonly parse: (text: string) => Parsed<Value>;
  readonly whenUnset:
    | { readonly kind: 'required' }
    | { readonly kind: 'default'; readonly value: Value; readonly text: string };
  /** Never shown, and may come from a file that `<name>_FILE` names. */
  readonly secret: boolean;
  readonly sentence: string;
}

export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends Setting<infer Value> ? Value : never;
};

export type Read<Settings> =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };
export type ReadSettings<Table extends SettingsTable> = Read<SettingsOf<Table>>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Values that nobody set on purpose: a cluster describes its services to every container in such variables. */
const SET_BY_OTHERS = /^(TEST_\w+|\w+_SERVICE_(HOST|PORT)(_\w+)?|\w+_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)$/;

/** All values, or everything that is wrong with them at once. An empty variable counts as not set. */
export function readSettings<Table extends SettingsTable>(
  table: Table,
  environment: Environment,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): ReadSettings<Table> {
  const given = new Map(
    Object.entries(environment).flatMap(([name, text]) =>
      name.startsWith(SETTING_PREFIX) && text !== undefined && text !== ''
        ? [[name.slice(SETTING_PREFIX.length), text] as const]
        : [],
    ),
  );
  const read = Object.entries(table).map(
    ([key, setting]) => [key, valueOf(setting, given, readFile)] as const,
  );
  const problems = [
    ...read.flatMap(([, parsed]) => (parsed.ok ? [] : [parsed.problem])),
    ...unknownNames(Object.values(table), [...given.keys()]),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const values = read.map(([key, parsed]) => [key, parsed.ok ? parsed.value : undefined] as const);
  return { ok: true, settings: Object.fromEntries(values) as SettingsOf<Table> };
}

/** Looks also at what settings say of each other, once each is right by itself. */
export function checked<Settings>(
  read: Read<Settings>,
  ...checks: readonly ((settings: Settings) => readonly string[])[]
): Read<Settings> {
  if (!read.ok) return read;
  const problems = checks.flatMap((check) => check(read.settings));
  return problems.length === 0 ? read : { ok: false, problems };
}

function valueOf(
  setting: Setting<unknown>,
  given: ReadonlyMap<string, string>,
  readFile: (path: string) => string,
): Parsed<unknown> {
  const name = `${SETTING_PREFIX}${setting.name}`;
  const text = given.get(setting.name);
  const file = setting.secret ? given.get(`${setting.name}${FILE_SUFFIX}`) : undefined;
  if (text !== undefined && file !== undefined) {
    return { ok: false, problem: `${name} and ${name}${FILE_SUFFIX} are both set; set one of them` };
  }
  if (file !== undefined) return valueInFile(setting, `${name}${FILE_SUFFIX}`, file, readFile);
  if (text !== undefined) return valueIn(setting, name, text);
  if (setting.whenUnset.kind === 'default') return { ok: true, value: setting.whenUnset.value };
  return { ok: false, problem: `${name} is not set: ${setting.sentence} Expected ${setting.form}.` };
}

function valueInFile(
  setting: Setting<unknown>,
  name: string,
  file: string,
  readFile: (path: string) => string,
): Parsed<unknown> {
  try {
    // Whatever mounts secrets, or whoever writes one, may end the file with a newline.
    return valueIn(setting, name, readFile(file).replace(/\r?\n$/, ''));
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    return { ok: false, problem: `${name} names a file that cannot be read: ${why}` };
  }
}

function valueIn(setting: Setting<unknown>, name: string, text: string): Parsed<unknown> {
  const parsed = setting.parse(text);
  if (parsed.ok) return parsed;
  const shown = setting.secret ? '' : ` (${JSON.stringify(text)})`;
  return { ok: false, problem: `${name}${shown} ${parsed.problem}; expected ${setting.form}` };
}

function unknownNames(settings: readonly Setting<unknown>[], given: readonly string[]): string[] {
  const known = settings.flatMap(({ name, secret }) => (secret ? [name, `${name}${FILE_SUFFIX}`] : [name]));
  return given
    .filter((name) => !known.includes(name) && !SET_BY_OTHERS.test(name))
    .map((name) => {
      const suggested = nearest(name, known);
      const hint = suggested === null ? '' : `; did you mean ${SETTING_PREFIX}${suggested}?`;
      return `${SETTING_PREFIX}${name} is not a setting of this program${hint}`;
    });
}
