import type { SchemaDeclaration, SchemaOperation, SchemaStep } from './declaration';
import { writePath } from './field-path';
import { type KnownFields, knownFields } from './known-fields';
import type { OpenObject } from './open-object';
import { type Done, type Operation, perform, readOperation, turnedAround } from './operations';

/**
 * A part of a step that is gone over as one, in both directions: a single operation with its turning around, or,
 * where a step declares its own way down, all of the step.
 */
export interface Stage {
  readonly toVersion: number;
  readonly up: readonly Operation[];
  readonly down: readonly Operation[];
  /** The way down is the step's own, and need not turn around what the way up does. */
  readonly ownDown: boolean;
}

/** From the oldest to the newest. A declaration was checked when it came in; one that fails now throws. */
export function stagesOf({ steps }: Pick<SchemaDeclaration, 'steps'>): Stage[] {
  const known = knownFields();
  return steps.flatMap((step) => stagesOfStep(step, known));
}

function stagesOfStep({ toVersion, up, down }: SchemaStep, known: KnownFields): Stage[] {
  const read = up.map((declared) => {
    const operation = operationOf(declared);
    const isKnown = known.has(operation.at);
    known.note(operation);
    return operation.kind === 'default' ? { ...operation, adds: !isKnown } : operation;
  });
  if (down.length > 0) return [{ toVersion, up: read, down: down.map(operationOf), ownDown: true }];
  return read.map((operation) => {
    const back = turnedAround(operation);
    if (back === null) throw new RangeError(`the stored step to version ${toVersion} has no way down`);
    return { toVersion, up: [operation], down: [back], ownDown: false };
  });
}

function operationOf(declared: SchemaOperation): Operation {
  const operation = readOperation(declared);
  if (operation === null) throw new RangeError(`a stored ${declared.kind} has a path that is malformed`);
  return operation;
}

export type Direction = 'up' | 'down';

export interface Stopped {
  readonly ok: false;
  /** One sentence, with version, operation and field. */
  readonly why: string;
}

export type Passed = { readonly ok: true; readonly object: OpenObject } | Stopped;

export function passStage(stage: Stage, direction: Direction, object: OpenObject): Passed {
  let at = object;
  for (const operation of stage[direction]) {
    const done: Done = perform(operation, at);
    if ('obstacle' in done) return stoppedAt(stage, direction, operation, done.obstacle);
    at = done.object;
  }
  return { ok: true, object: at };
}

function stoppedAt(
  { toVersion }: Stage,
  direction: Direction,
  operation: Operation,
  obstacle: string,
): Stopped {
  const version = direction === 'up' ? toVersion : toVersion - 1;
  const field = writePath(operation.at);
  return {
    ok: false,
    why: `Version ${version} needs ${DOINGS[doingOf(operation)]} ${field}, but ${obstacle}.`,
  };
}

function doingOf(operation: Operation): keyof typeof DOINGS {
  return operation.kind === 'move' ? operation.said : operation.kind;
}

const DOINGS = {
  rename: 'a rename of',
  move: 'a move of',
  default: 'a default for',
  split: 'a split of',
  join: 'a join into',
  convert: 'a conversion of',
  remove: 'a removal of',
  undefault: 'a removal of the default',
  first: 'the first element of',
} as const;
