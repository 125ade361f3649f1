import { type FieldPath, isAtOrIn, writePath } from './field-path';
import type { Operation } from './operations';

/** The fields that the operations so far speak of: they are there, whatever else a payload has. */
export interface KnownFields {
  has(path: FieldPath): boolean;
  /** Goes on by one operation; names a field that it would overwrite. */
  note(operation: Operation): string | undefined;
}

export function knownFields(): KnownFields {
  let known: readonly FieldPath[] = [];
  return {
    has: (path) => known.some((each) => isAtOrIn(each, path)),
    note(operation) {
      const left = fieldsLeft(operation, known);
      const coming = comingFields(operation);
      known = [...left, ...coming, ...fieldsCarried(operation, known)];
      if (operation.kind === 'default' || operation.kind === 'convert') return undefined;
      const overwritten = coming.flatMap((path, index) =>
        [...left, ...coming.slice(0, index), ...coming.slice(index + 1)].filter((each) =>
          isAtOrIn(each, path),
        ),
      );
      return overwritten[0] === undefined ? undefined : writePath(overwritten[0]);
    },
  };
}

/** Those that it takes away are gone, with all that is in them. */
function fieldsLeft(operation: Operation, known: readonly FieldPath[]): readonly FieldPath[] {
  if (operation.kind === 'default' || operation.kind === 'convert') return known;
  const gone = operation.kind === 'join' ? operation.parts : [operation.at];
  return known.filter((path) => !gone.some((each) => isAtOrIn(path, each)));
}

/** What is in a field that moves goes with it. */
function fieldsCarried(operation: Operation, known: readonly FieldPath[]): FieldPath[] {
  if (operation.kind !== 'move') return [];
  const { at, to } = operation;
  const inside = known.filter((path) => path.length > at.length && isAtOrIn(path, at));
  return inside.map((path) => [...to, ...path.slice(at.length)]);
}

function comingFields(operation: Operation): readonly FieldPath[] {
  switch (operation.kind) {
    case 'move':
      return [operation.to];
    case 'split':
      return operation.into;
    case 'default':
    case 'join':
    case 'convert':
      return [operation.at];
    case 'remove':
    case 'undefault':
    case 'first':
      return [];
  }
}
