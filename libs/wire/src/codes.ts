import { type Place, wrong } from './place';

/** The names that the rules use for a proto enum's numbers; a name without a number does not compile. */
export interface Codes<Name extends string, Code extends number> {
  readonly code: (name: Name) => Code;
  /** Null for a number that has no name here: it is newer than this code, or says that nothing was said. */
  readonly name: (code: number) => Name | null;
  /** The same, with the number being wrong where there is no name. */
  readonly nameIn: (at: Place, field: string, code: number) => Name;
}

/** Codes where whatever has no name here, newer or not told, is taken for one that has. */
export function codesOr<Name extends string, Code extends number>(
  otherwise: Name,
  table: Readonly<Record<Name, Code>>,
): { readonly code: (name: Name) => Code; readonly name: (code: number) => Name } {
  const { code, name } = codes(table);
  return { code, name: (given) => name(given) ?? otherwise };
}

export function codes<Name extends string, Code extends number>(
  table: Readonly<Record<Name, Code>>,
): Codes<Name, Code> {
  const names = new Map(Object.entries<Code>(table).map(([name, code]) => [code as number, name as Name]));
  const [first] = names.values();
  return {
    code: (name) => table[name],
    name: (code) => names.get(code) ?? null,
    nameIn(at, field, code) {
      const name = names.get(code);
      if (name !== undefined) return name;
      wrong(at, field, 'must be a known value');
      return first!;
    },
  };
}
