import type { OtPlace, OtType } from '../data-types';
import type { ChangeNumber, DeviceId, Version } from '../ids';
import type { PastWrite } from './past';
import type { StepsLeft } from './transform-steps';

/** How an operation was carried over those that came since it was made. */
export interface Passage {
  readonly bridge: readonly Uint8Array[];
  readonly sent: Uint8Array;
  /** As it fits in front of each of the bridge's. */
  readonly stages: readonly Uint8Array[];
  /** As it fits behind them all. */
  readonly committed: Uint8Array;
}

/** One of this batch: its device may have made a further one on top. */
export interface Carried extends Passage {
  /** That it wrote. */
  readonly version: Version;
}

export interface View {
  readonly device: DeviceId;
  readonly base: Version;
  /** Up to which change of others it has their writes from themselves. */
  readonly dependencies: ReadonlyMap<DeviceId, ChangeNumber>;
  /** The own change that lay on top of that; 0 for none. */
  readonly after: ChangeNumber;
  /** That change is part of the base version already. */
  readonly afterInBase: boolean;
}

/**
 * The operations that lead from what a device had in view to what stands, by what was done to the record since; null
 * where that cannot be told. Own changes in the view are no part of them; the others are carried behind those.
 */
export function bridgeOver(
  writes: readonly PastWrite[],
  { device, base, dependencies, after, afterInBase }: View,
  type: OtType,
  left: StepsLeft,
): readonly Uint8Array[] | null {
  let previous = base;
  let found = after === 0 || afterInBase;
  let bridge: Uint8Array[] = [];
  for (const { version, previousVersion, device: by, number, operations } of writes) {
    const follows = previous === base ? previousVersion <= base : previousVersion === previous;
    if (!follows || operations === null || operations.type !== type.name) return null;
    // Whether that lies below or above the own ones in the view, nothing tells.
    if (by !== device && number <= (dependencies.get(by) ?? 0)) return null;
    previous = version;
    if (by !== device || number > after) {
      if (!lengthen(bridge, operations.committed, type, left)) return null;
      continue;
    }
    found ||= number === after;
    const behind = bridgeBehind(passageOf(operations.sent, bridge, type, left), type, left);
    if (behind === null) return null;
    bridge = behind;
  }
  return found ? bridge : null;
}

/** The same for what was made on top of an operation of this batch; `writes` came after that. */
export function bridgeFrom(
  carried: Carried,
  writes: readonly PastWrite[],
  type: OtType,
  left: StepsLeft,
): readonly Uint8Array[] | null {
  const behind = bridgeBehind(carried, type, left);
  if (behind === null) return null;
  for (const { operations } of writes) {
    if (operations === null || !lengthen(behind, operations.committed, type, left)) return null;
  }
  return behind;
}

/** Small operations become one up to so many bytes: an own chain is carried past a thousand of them as past a few. */
const JOINED_BYTES_MAX = 1_024;

/**
 * Adds an operation at the end. False where that is more than the push may spend. What is joined depends on nothing but the
 * operations: a bridge is the same for the first operation of a chain and, whenever they come, for those on top of it.
 */
function lengthen(bridge: Uint8Array[], operation: Uint8Array, type: OtType, left: StepsLeft): boolean {
  const last = bridge.at(-1);
  if (last !== undefined && last.length + operation.length <= JOINED_BYTES_MAX) {
    if (!left.spend(stepsOver(operation, [last], type))) return false;
    const both = type.compose(last, operation);
    if (both.ok) {
      bridge[bridge.length - 1] = both.operation;
      return true;
    }
  }
  bridge.push(operation);
  return true;
}

/** Null where that is more than the push may spend, or where they collide in too many places. */
export function passageOf(
  sent: Uint8Array,
  bridge: readonly Uint8Array[],
  type: OtType,
  left: StepsLeft,
): Passage | null {
  if (!left.spend(stepsOver(sent, bridge, type))) return null;
  const stages: Uint8Array[] = [];
  let committed = sent;
  for (const foreign of bridge) {
    const moved = transformed(committed, foreign, 'later', type, left);
    if (moved === null) return null;
    stages.push(committed);
    committed = moved;
  }
  return { bridge, sent, stages, committed };
}

/** The bridge as it is seen by whoever has applied the operation that passed over it. */
function bridgeBehind(passage: Passage | null, type: OtType, left: StepsLeft): Uint8Array[] | null {
  if (passage === null) return null;
  const { bridge, sent, stages } = passage;
  if (!left.spend(stepsOver(sent, bridge, type))) return null;
  const behind: Uint8Array[] = [];
  for (const [at, foreign] of bridge.entries()) {
    const moved = transformed(foreign, stages[at]!, 'earlier', type, left);
    if (moved === null || !lengthen(behind, moved, type, left)) return null;
  }
  return behind;
}

/** Transforming as such is spent already. */
function transformed(
  operation: Uint8Array,
  over: Uint8Array,
  place: OtPlace,
  type: OtType,
  left: StepsLeft,
): Uint8Array | null {
  const steps = stepsOver(operation, [over], type);
  const moved = type.transform(operation, over, place, Math.floor(left.steps / steps));
  left.pay(moved.collisions * steps);
  return moved.ok ? moved.operation : null;
}

/** To go once through an operation and all of a bridge. */
function stepsOver(operation: Uint8Array, bridge: readonly Uint8Array[], type: OtType): number {
  return bridge.reduce((sum, { length }) => sum + type.effort(operation.length + length), 0);
}
