import type { CrdtEngine } from '@syncline/core';
import { loro } from './loro';
import { yjs } from './yjs';

/** The engines, by the name under which rules and changes name them. */
export const CRDT_ENGINES: ReadonlyMap<string, CrdtEngine> = new Map(
  [yjs, loro].map((engine) => [engine.name, engine]),
);
