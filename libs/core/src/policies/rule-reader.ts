import type { ParsedRule, RuleProblem } from './policy';

/** Reads a declared object member by member and notes every problem, so that all are told at once. */
export interface RuleReader {
  /** The path of a member, as problems name it. */
  pathOf(name: string): string;
  problem(name: string, description: string): void;
  value(name: string): unknown;
  integer(name: string, least: number, fallback: number, most?: number): number;
  text(name: string, lengthMax: number, fallback: string): string;
  entries(name: string, countMax: number): readonly (readonly [string, unknown])[];
}

/** Reads a whole rule; null and a missing rule stand for an empty one. */
export function readRule<Rule>(declared: unknown, read: (reader: RuleReader) => Rule): ParsedRule<Rule> {
  const problems: RuleProblem[] = [];
  const rule = readObject(declared ?? {}, '', problems, read);
  return problems.length === 0 ? { ok: true, rule } : { ok: false, problems };
}

/** Members that `read` did not ask for are problems. */
export function readObject<Result>(
  declared: unknown,
  path: string,
  problems: RuleProblem[],
  read: (reader: RuleReader) => Result,
): Result {
  const members = membersOf(declared);
  if (members === null) problems.push({ field: path, description: 'must be an object' });
  const asked = new Set<string>();
  const result = read(readerOf(members ?? new Map<string, unknown>(), path, problems, asked));
  for (const name of members?.keys() ?? []) {
    if (!asked.has(name)) problems.push({ field: joinPath(path, name), description: 'is not known here' });
  }
  return result;
}

function readerOf(
  members: ReadonlyMap<string, unknown>,
  path: string,
  problems: RuleProblem[],
  asked: Set<string>,
): RuleReader {
  const pathOf = (name: string): string => joinPath(path, name);
  const problem = (name: string, description: string): void => {
    problems.push({ field: pathOf(name), description });
  };
  const value = (name: string): unknown => {
    asked.add(name);
    return members.get(name);
  };
  const wrong = <Fallback>(name: string, description: string, fallback: Fallback): Fallback => {
    problem(name, description);
    return fallback;
  };
  return {
    pathOf,
    problem,
    value,
    integer(name, least, fallback, most = Number.MAX_SAFE_INTEGER) {
      const given = value(name);
      if (given === undefined) return fallback;
      const whole = typeof given === 'number' && Number.isSafeInteger(given);
      if (whole && given >= least && given <= most) return given;
      const bounds = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`;
      return wrong(name, `must be an integer of ${bounds}`, fallback);
    },
    text(name, lengthMax, fallback) {
      const given = value(name);
      if (given === undefined) return fallback;
      if (typeof given === 'string' && given.length > 0 && given.length <= lengthMax) return given;
      return wrong(name, `must be a text of 1 to ${lengthMax} characters`, fallback);
    },
    entries(name, countMax) {
      const given = value(name);
      if (given === undefined) return [];
      const found = membersOf(given);
      if (found === null) return wrong(name, 'must be an object', []);
      if (found.size > countMax) return wrong(name, `must name at most ${countMax}`, []);
      return [...found];
    },
  };
}

function membersOf(declared: unknown): Map<string, unknown> | null {
  if (typeof declared !== 'object' || declared === null || Array.isArray(declared)) return null;
  return new Map(Object.entries(declared));
}

function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
