/** One kind of load, as a file in `tools/load/scenarios` has it. */
export interface Scenario {
  /** What one call does. */
  readonly about: string;
  /** The method, as ghz names it: `package.Service.Method`. */
  readonly call: string;
  /** Calls in a second, one step after the other. */
  readonly rates: readonly number[];
  /** A device takes turns with so many others that its next call comes after this. */
  readonly deviceBackAfterSeconds: number;
  /** How many versions a call that is answered takes in its space. */
  readonly writesPerCall: number;
  /** A message, or a list of them for a stream. `{{…}}` is a template of ghz; `$name` is filled in before. */
  readonly data: unknown;
}

/** What a `$name` of a scenario stands for. */
export interface Places {
  /** In front of the devices and records of one step, so that no two steps share any. */
  readonly run: string;
  /** Spaces that are written to are named like this, with a hyphen and a number below `spaces` behind it. */
  readonly space: string;
  readonly spaces: number;
  readonly devices: number;
  /** A space that nobody writes to while the load runs, and a cursor at its head. */
  readonly quietSpace: string;
  readonly cursor: string;
  /** The content of a record, in base64. */
  readonly payload: string;
}

/** A multiple of the spaces, so that each device stays in one of them, and its changes are numbered from 1 there. */
export function devicesFor(scenario: Scenario, rate: number, spaces: number): number {
  return Math.max(1, Math.ceil((rate * scenario.deviceBackAfterSeconds) / spaces)) * spaces;
}

/** The data of a scenario with every `$name` filled in; what ghz fills in for each call is left as it is. */
export function filled(data: unknown, places: Places): unknown {
  if (typeof data === 'string')
    return data.replaceAll(/\$([A-Za-z]+)/g, (_, name: string) => valueOf(name, places));
  if (Array.isArray(data)) return data.map((each) => filled(each, places));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, filled(value, places)]));
}

function valueOf(name: string, places: Places): string {
  if (!Object.hasOwn(places, name))
    throw new Error(`there is no $${name}; there are ${Object.keys(places).join(', ')}`);
  return String(places[name as keyof Places]);
}
