import { parseFields, payloadOf } from '../json-fields';
import type { Patch } from '../records';
import { convertValue, firstOf } from './convert-value';
import type { FieldPath } from './field-path';
import { type Operation, pathsOf } from './operations';
import type { Direction, Stage } from './stages';

/** Null where the whole record has to be converted. */
export function patchThrough(patch: Patch, stages: readonly Stage[], direction: Direction): Patch | null {
  if (stages.every(({ up, down }) => up.length + down.length === 0)) return patch;
  const set = parseFields(patch.set);
  if (set === null) return null;
  const fields: PatchFields = { set, remove: new Set(patch.remove) };
  for (const stage of stages) {
    const unseen = direction === 'up' && stage.ownDown ? stage.down.flatMap(pathsOf) : [];
    if (touchedBy(fields, unseen).length > 0) return null;
    for (const operation of stage[direction]) if (!carry(operation, fields)) return null;
    // What the step's own way down takes away, its device did not see: a patch could wipe it.
    if (touchedBy(fields, unseen).length > 0) return null;
  }
  return { set: payloadOf(fields.set), remove: [...fields.remove] };
}

function touchedBy({ set, remove }: PatchFields, paths: readonly FieldPath[]): readonly FieldPath[] {
  return paths.filter(([name]) => set.has(name!) || remove.has(name!));
}

/** The patch's own, changed on its way. */
interface PatchFields {
  readonly set: Map<string, string>;
  readonly remove: Set<string>;
}

/** An operation on other fields leaves a patch as it is. False where the patch alone does not tell what becomes of it. */
function carry(operation: Operation, patch: PatchFields): boolean {
  const { set, remove } = patch;
  const paths = pathsOf(operation);
  const touched = touchedBy(patch, paths);
  if (touched.length === 0) return true;
  if (paths.some(({ length }) => length > 1)) return false;
  const name = operation.at[0]!;
  const value = set.get(name);
  switch (operation.kind) {
    case 'move':
      return touched.includes(operation.to) ? false : rename(patch, name, operation.to[0]!);
    case 'default':
      // What the record has then is not what the patch says.
      return !remove.has(name) || set.has(name);
    case 'split':
    case 'join':
      return false;
    case 'convert':
      if (value === undefined) return true;
      return become(
        patch,
        name,
        operation.to === 'array' ? null : convertValue(value, operation.to, operation.values),
      );
    case 'remove':
      set.delete(name);
      remove.delete(name);
      return true;
    case 'undefault':
      return value !== operation.value || become(patch, name, { text: undefined });
    case 'first':
      return value === undefined || become(patch, name, firstOf(value));
  }
}

function rename({ set, remove }: PatchFields, name: string, to: string): boolean {
  const value = set.get(name);
  if (set.delete(name)) set.set(to, value!);
  if (remove.delete(name)) remove.add(to);
  return true;
}

function become(
  { set, remove }: PatchFields,
  name: string,
  became: { readonly text: string | undefined } | { readonly needed: string } | null,
): boolean {
  if (became === null || 'needed' in became) return false;
  if (became.text !== undefined) set.set(name, became.text);
  else if (set.delete(name)) remove.add(name);
  return true;
}
