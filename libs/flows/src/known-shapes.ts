import { type SpaceKey, type SpaceShapes, spaceShapes, type SpaceState } from '@syncline/core';
import type { Changes, DeltaStore } from '@syncline/ports';

export interface KnownShapesDeps {
  readonly deltas: Pick<DeltaStore, 'collections'>;
}

/** Of so many spaces the shapes are kept, the ones that were read last. */
const KEPT_MAX = 10_000;

interface Known {
  readonly epoch: number;
  readonly rulesChanges: number;
  readonly shapes: SpaceShapes;
}

/**
 * The shapes of a space, at least as new as what was read of it, and as what whoever asks knows of. They are looked up
 * once, until something is declared there.
 */
export function knownShapes({ deltas }: KnownShapesDeps) {
  const known = new Map<SpaceKey, Known>();
  const keep = (space: SpaceKey, found: Known): SpaceShapes => {
    known.delete(space);
    known.set(space, found);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT_MAX) break;
      known.delete(oldest);
    }
    return found.shapes;
  };
  return async ({ state, rulesChanges }: ReadMoment, knownRules = 0): Promise<SpaceShapes> => {
    const { space, epoch } = state;
    const before = known.get(space);
    const isNewEnough = before?.epoch === epoch && before.rulesChanges >= Math.max(rulesChanges, knownRules);
    if (isNewEnough) return keep(space, before);
    const declared = await deltas.collections(space);
    if (declared === null) return new Map();
    const shapes = spaceShapes(declared.rules);
    return keep(space, { epoch: declared.state.epoch, rulesChanges: declared.rulesChanges, shapes });
  };
}

type ReadMoment = Pick<Changes, 'rulesChanges'> & { readonly state: Pick<SpaceState, 'space' | 'epoch'> };
