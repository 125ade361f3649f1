import { type Address, addressText, parseAddress } from './addresses';
import type { Parsed, Setting } from './settings';

interface Described {
  /** One sentence for whoever runs the service. */
  readonly sentence: string;
}

interface WithDefault<Value> extends Described {
  /** Left out: the setting is required. */
  readonly default?: Value;
}

const parsed = <Value>(value: Value): Parsed<Value> => ({ ok: true, value });
const wrong = (problem: string): Parsed<never> => ({ ok: false, problem });

function settingOf<Value>(
  name: string,
  form: string,
  parse: (text: string) => Parsed<Value>,
  { sentence, default: value }: WithDefault<Value>,
  textOf: (value: Value) => string = String,
): Setting<Value> {
  const whenUnset =
    value === undefined
      ? ({ kind: 'required' } as const)
      : ({ kind: 'default', value, text: textOf(value) } as const);
  return { name, form, parse, whenUnset, secret: false, sentence };
}

export function textSetting(name: string, options: WithDefault<string>): Setting<string> {
  return settingOf(name, 'text', parsed, options);
}

export function fileSetting(name: string, options: WithDefault<string>): Setting<string> {
  return settingOf(name, 'path of a file', parsed, options);
}

export function folderSetting(name: string, options: WithDefault<string>): Setting<string> {
  return settingOf(name, 'path of a folder', parsed, options);
}

export function addressSetting(name: string, options: Described & { readonly default?: string }) {
  const parse = (text: string): Parsed<Address> => {
    const address = parseAddress(text);
    return address === null ? wrong('is not an address') : parsed(address);
  };
  const { sentence, default: text } = options;
  const value = text === undefined ? null : parse(text);
  if (value?.ok === false) throw new RangeError(`the default of ${name} ${value.problem}`);
  const withDefault = value === null ? { sentence } : { sentence, default: value.value };
  return settingOf(name, 'host:port', parse, withDefault, addressText);
}

/** The form `dns:///host:port` resolves to all addresses of the name, and goes on looking for new ones. */
export function targetSetting(name: string, options: WithDefault<string>): Setting<string> {
  const parse = (text: string) =>
    /^((dns:\/\/\/|ipv4:|ipv6:|unix:)\S+|[^\s:/]+:\d{1,5})$/.test(text)
      ? parsed(text)
      : wrong('is not a gRPC target');
  return settingOf(name, 'gRPC target such as `dns:///host:port`', parse, options);
}

export interface NumberOptions extends WithDefault<number> {
  readonly min?: number;
  readonly max?: number;
}

export function numberSetting(name: string, options: NumberOptions): Setting<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = options;
  const parse = (text: string): Parsed<number> => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) return wrong('is not a whole number');
    if (value < min) return wrong(`is below ${min}`);
    return value > max ? wrong(`is above ${max}`) : parsed(value);
  };
  const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `${min} to ${max}`;
  return settingOf(name, `whole number, ${range}`, parse, options);
}

/** A setting for each number of an object: with the prefix `LIMIT`, `pushChangesMax` becomes `LIMIT_PUSH_CHANGES_MAX`. */
export function numberSettings<Key extends string>(
  prefix: string,
  defaults: Readonly<Record<Key, number>>,
  sentences: Readonly<Record<Key, string>>,
  min = 1,
): Readonly<Record<Key, Setting<number>>> {
  const named = Object.entries<number>(defaults).map(([key, value]) => {
    const name = `${prefix}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    return [key, numberSetting(name, { sentence: sentences[key as Key], default: value, min })];
  });
  return Object.fromEntries(named) as Readonly<Record<Key, Setting<number>>>;
}

/** Those of all settings that `numberSettings` made of these defaults. */
export function numbersIn<Numbers extends object>(
  settings: Readonly<Record<keyof Numbers, unknown>>,
  defaults: Numbers,
): Numbers {
  const names = Object.keys(defaults) as (keyof Numbers)[];
  return Object.fromEntries(names.map((name) => [name, settings[name]])) as Numbers;
}

export function choiceSetting<Choice extends string>(
  name: string,
  choices: readonly Choice[],
  options: WithDefault<Choice>,
): Setting<Choice> {
  const parse = (text: string) => {
    const chosen = choices.find((choice) => choice === text);
    return chosen === undefined ? wrong('is none of the choices') : parsed(chosen);
  };
  return settingOf(name, `one of ${choices.map((choice) => `\`${choice}\``).join(', ')}`, parse, options);
}

export function yesNoSetting(name: string, options: WithDefault<boolean>): Setting<boolean> {
  const parse = (text: string) =>
    text === 'yes' || text === 'no' ? parsed(text === 'yes') : wrong('is neither of both');
  return settingOf(name, '`yes` or `no`', parse, options, (value) => (value ? 'yes' : 'no'));
}

export interface UrlOptions extends WithDefault<string> {
  /** Such as `postgres:`. */
  readonly protocols: readonly string[];
}

export function urlSetting(name: string, options: UrlOptions): Setting<string> {
  const parse = (text: string) => {
    const problem = urlProblem(text, options.protocols);
    return problem === null ? parsed(text) : wrong(problem);
  };
  return settingOf(name, `URL that begins with ${namesOf(options.protocols)}`, parse, options);
}

export interface UrlListOptions extends WithDefault<readonly string[]> {
  readonly protocols: readonly string[];
}

/** Several, separated by commas. */
export function urlListSetting(name: string, options: UrlListOptions): Setting<readonly string[]> {
  const parse = (text: string): Parsed<readonly string[]> => {
    const urls = text.split(',').map((url) => url.trim());
    const problem = urls.map((url) => urlProblem(url, options.protocols)).find((each) => each !== null);
    return problem == null ? parsed(urls) : wrong(problem);
  };
  const form = `URLs that begin with ${namesOf(options.protocols)}, separated by commas`;
  return settingOf(name, form, parse, options, (urls) => urls.join(','));
}

/** A setting with a form of its own. */
export function customSetting<Value>(
  name: string,
  form: string,
  parse: (text: string) => Parsed<Value>,
  options: WithDefault<Value>,
): Setting<Value> {
  return settingOf(name, form, parse, options);
}

/** Null when it is not set. */
export function optional<Value>(setting: Setting<Value>): Setting<Value | null> {
  return { ...setting, whenUnset: { kind: 'default', value: null, text: '' } };
}

/** Never shown, and may also come from the file that the same name with `_FILE` names. */
export function secret<Value>(setting: Setting<Value>): Setting<Value> {
  return { ...setting, secret: true };
}

const namesOf = (protocols: readonly string[]) =>
  protocols.map((protocol) => `\`${protocol}//\``).join(' or ');

function urlProblem(text: string, protocols: readonly string[]): string | null {
  if (!URL.canParse(text)) return 'is not a URL';
  return protocols.includes(new URL(text).protocol) ? null : 'is a URL of another kind';
}
