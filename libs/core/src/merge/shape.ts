import { sameBytes } from '../bytes';
import type { Change, PatchChange } from '../changes';
import type { CollectionName } from '../ids';
import { applyPatch } from '../json-fields';
import type { Policy, Seen } from '../policies/policy';
import type { StoredRecord } from '../records';
import { type ActiveRules, type RulesBook, takesShape } from '../rules';
import { inShape, type Shapes } from '../schema/shapes';
import type { SpaceShapes } from '../shaped-entries';
import { carriedBookkeeping } from './ask-policy';
import type { Draft } from './draft';
import { hasSeen } from './has-seen';
import type { TakenChange } from './write';

/** A record as merges see it. */
type ShapedRecord = StoredRecord & {
  /** It is stored in another shape, which devices may hold it in. */
  readonly isBrought?: true;
};

/** What is stored, as the newest shape has it; as it is stored, where it cannot be brought there. */
export interface CurrentShapes {
  record(record: StoredRecord | undefined): StoredRecord | undefined;
  /** Null where it cannot be told of the newest shape. */
  seen(collection: CollectionName, seen: Seen): Seen | null;
}

export function currentShapes(rules: RulesBook): CurrentShapes {
  const brought = new WeakMap<StoredRecord, StoredRecord>();
  return {
    record(record) {
      if (record === undefined || record.payload === null) return record;
      const { shapes, policy } = rules.of(record.collection);
      if (shapes === null || record.schemaVersion === shapes.current) return record;
      const known = brought.get(record) ?? broughtRecord(record, shapes, policy);
      brought.set(record, known);
      return known;
    },
    seen(collection, seen) {
      const { payload, schemaVersion } = seen;
      const { shapes } = rules.of(collection);
      if (shapes === null || payload === null || schemaVersion === undefined) return seen;
      const converted = shapes.convert(payload, schemaVersion, shapes.current);
      return converted.ok ? { deleted: false, payload: converted.payload } : null;
    },
  };
}

function broughtRecord(record: StoredRecord, shapes: Shapes, policy: Policy): ShapedRecord {
  const current = inShape(shapes, record, shapes.current);
  if (!current.ok) return record;
  const meta = carriedBookkeeping(policy, record, current.record.payload!);
  return { ...current.record, meta, isBrought: true };
}

export function shapesWritten(
  written: Iterable<StoredRecord>,
  rules: RulesBook,
): { readonly shapes?: SpaceShapes } {
  const found = new Map<CollectionName, Shapes>();
  for (const { collection } of written) {
    const { shapes } = rules.of(collection);
    if (shapes !== null) found.set(collection, shapes);
  }
  return found.size === 0 ? {} : { shapes: found };
}

/** Whether it takes what its device saw to bring a change into the newest shape. */
export function isLifted({ kind, schemaVersion }: Change, { shapes }: ActiveRules): boolean {
  return shapes !== null && kind !== 'delete' && schemaVersion !== shapes.current;
}

export type LiftedChange =
  | { readonly ok: true; readonly change: TakenChange }
  /** `payload` is what the change makes of the record in its own shape, as far as that is known. */
  | { readonly ok: false; readonly why: string; readonly payload?: Uint8Array };

/** Who made a change, and whether it stands for all of the record, as what is restored does. */
interface Maker {
  readonly device: Parameters<typeof hasSeen>[1];
  readonly byService?: true;
}

/**
 * A change in the newest shape, with all that its own shape cannot hold as it was in what its device saw. What
 * cannot be brought there is a conflict, with the reason in a sentence.
 */
export function liftChange(
  draft: Draft,
  maker: Maker,
  change: TakenChange,
  rules: ActiveRules,
  stored: StoredRecord | undefined,
): LiftedChange {
  if (change.kind === 'delete') return { ok: true, change };
  const { shapes, declared } = rules;
  // What is restored may be older than what devices still speak.
  const isRestored = maker.byService === true && shapes !== null;
  if (!takesShape(change, declared) && !isRestored) {
    const { oldest, current } = declared.schema;
    const taken = `the collection takes ${oldest} to ${current}`;
    return { ok: false, why: `The change has schema version ${change.schemaVersion}; ${taken}.` };
  }
  if (shapes === null || change.kind === 'operations') return { ok: true, change };
  const standing = stored === undefined || stored.deleted ? undefined : stored;
  const isWhole = change.kind === 'create' || change.kind === 'update';
  if (standing !== undefined && standing.schemaVersion !== shapes.current) {
    // Whoever saw it, and replaces all of it, may do so.
    const mayReplace = isWhole && hasSeen(standing, maker.device, change);
    return mayReplace ? liftWhole(shapes, change, null) : unlike(shapes, standing);
  }
  const under = seenBy(draft, maker, change, standing);
  if (!isWhole) return liftPatch(shapes, change, under, standing);
  return liftWhole(shapes, change, maker.byService === true ? null : under);
}

function unlike(shapes: Shapes, { payload, schemaVersion }: StoredRecord): LiftedChange {
  const converted = shapes.convert(payload!, schemaVersion, shapes.current);
  const why = converted.ok ? 'it was not' : converted.why;
  return {
    ok: false,
    why: `What is stored, in version ${schemaVersion}, could not be brought to ${shapes.current}. ${why}`,
  };
}

/** What the device had before it in the newest shape; of what is not known any more, what stands is the closest. */
function seenBy(
  draft: Draft,
  { device }: Maker,
  change: Change,
  standing: StoredRecord | undefined,
): Uint8Array | null {
  if (standing !== undefined && hasSeen(standing, device, change)) return standing.payload;
  const seen = draft.seen(device, change);
  return (change.kind === 'create' ? seen?.payload : (seen?.payload ?? standing?.payload)) ?? null;
}

function liftWhole(
  shapes: Shapes,
  change: Extract<TakenChange, { kind: 'create' | 'update' }>,
  under: Uint8Array | null,
): LiftedChange {
  const { payload, schemaVersion: from } = change;
  const { current } = shapes;
  if (from === current) return { ok: true, change };
  const lifted =
    under === null
      ? shapes.convert(payload, from, current)
      : shapes.updateThrough(under, current, payload, from);
  if (!lifted.ok) return { ...lifted, payload };
  const asSent = sameBytes(lifted.payload, payload) ? {} : { isLifted: true as const };
  return {
    ok: true,
    change: { ...change, payload: lifted.payload, schemaVersion: current, ...asSent },
  };
}

/** A patch stays one where others, too, have it on top of what they hold. */
function liftPatch(
  shapes: Shapes,
  change: PatchChange,
  under: Uint8Array | null,
  standing: ShapedRecord | undefined,
): LiftedChange {
  const { patch, schemaVersion: from } = change;
  const { current } = shapes;
  const isBrought = standing?.isBrought === true;
  if (from === current && !isBrought) return { ok: true, change };
  const made = under === null ? null : patched(shapes, under, change);
  // There is nothing to patch, which is not a matter of shapes.
  if (made === null) return { ok: true, change: { ...change, schemaVersion: current } };
  if (!made.ok) return made;
  const { payload } = made;
  const converted = isBrought ? null : shapes.convertPatch(patch, from, current);
  const result = converted === null ? null : applyPatch(under!, converted);
  const isSame = result !== null && sameBytes(result, payload);
  const lifted = { schemaVersion: current, isLifted: true } as const;
  return isSame
    ? { ok: true, change: { ...change, ...lifted, patch: converted! } }
    : { ok: true, change: { ...change, ...lifted, kind: 'update', payload } };
}

type Patched = { readonly ok: true; readonly payload: Uint8Array } | (LiftedChange & { readonly ok: false });

/** The whole record in the newest shape; null where what is under the patch is nothing to patch. */
function patched(
  shapes: Shapes,
  under: Uint8Array,
  { patch, schemaVersion: from }: PatchChange,
): Patched | null {
  const { current } = shapes;
  const view = shapes.convert(under, current, from);
  if (!view.ok) return view;
  const made = applyPatch(view.payload, patch);
  if (made === null || from === current) return made && { ok: true, payload: made };
  const lifted = shapes.updateThrough(under, current, made, from);
  return lifted.ok ? lifted : { ...lifted, payload: made };
}
