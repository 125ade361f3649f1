/** The names from the payload's own fields inwards. */
export type FieldPath = readonly string[];

/** Null for a path that is malformed: with an empty name, or a `~` that stands for nothing. */
export function parsePath(written: string): FieldPath | null {
  if (/~(?![01])/.test(written)) return null;
  const names = written.split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.includes('') ? null : names;
}

export function writePath(path: FieldPath): string {
  return path.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
}

/** The path of a field beside another one. */
export function besidePath(path: FieldPath, name: string): FieldPath {
  return [...path.slice(0, -1), name];
}

export function isAtOrIn(path: FieldPath, above: FieldPath): boolean {
  return path.length >= above.length && above.every((name, index) => path[index] === name);
}
