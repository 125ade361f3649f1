import { nameHash, type PushResult, type SpaceKey } from '@syncline/core';
import type { SpacePush } from '@syncline/flows';
import type { Timer } from '@syncline/ports';
import type { Span, Traces } from '@syncline/telemetry';
import type { Decided } from './decided';

export interface TracedPush extends SpacePush {
  readonly arrivedAtMs: number;
  /** From its arrival to its answer; null for what is not traced, as most is not. */
  readonly span: Span | null;
}

export interface CommitTimes {
  readonly startedAtMs: number;
  readonly loadedAtMs: number;
  readonly decidedAtMs: number;
  readonly committedAtMs: number;
}

/** Of one span, to the other traces in its commit. */
const LINKS_MAX = 8;
/** Of one space in one commit; of the others, the trace ends with the commit. */
const ANNOUNCED_MAX = 8;

export function arrived(traces: Traces, parent: string, atMs: number): Span | null {
  return parent === '' ? null : traces.follow('merge.push', { parent, kind: 'server', atMs });
}

/** What is told of the past is told once those who wait have their answers. */
export interface Afterwards {
  tell(past: () => void): void;
  /** Everything at once, as nothing more comes. */
  close(): void;
}

export function afterwards(timer: Timer): Afterwards {
  const waiting: (() => void)[] = [];
  const tellAll = (): void => {
    for (const tell of waiting.splice(0)) tell();
  };
  return {
    tell(past) {
      waiting.push(past);
      if (waiting.length === 1) timer.after(0, tellAll);
    },
    close: tellAll,
  };
}

export function pushAnswered(
  { span, space, push }: TracedPush,
  { result, head }: Decided,
  atMs: number,
): void {
  if (span === null) return;
  span.tell({ space: nameHash(space), changes: push.changes.length });
  if (result.kind === 'refused') span.fail(result.refusal.reason);
  else span.tell({ version: head });
  span.end(atMs);
}

/** The stages of a commit, in each trace that it was a part of. */
export function traceCommit(traces: Traces, batch: readonly TracedPush[], times: CommitTimes): void {
  const { startedAtMs, loadedAtMs, decidedAtMs, committedAtMs } = times;
  const traced = batch.flatMap(({ span, arrivedAtMs }) => (span === null ? [] : [{ span, arrivedAtMs }]));
  const facts = { pushes: batch.length };
  // One more than there are links, as no span links itself.
  const linked = traced.slice(0, LINKS_MAX + 1).map(({ span }) => span.traceparent);
  for (const { span, arrivedAtMs } of traced) {
    const parent = span.traceparent;
    const links = linked.filter((other) => other !== parent);
    const stages = [
      ['merge.wait', { parent, atMs: arrivedAtMs }, startedAtMs],
      ['merge.load', { parent, atMs: startedAtMs }, loadedAtMs],
      ['merge.decide', { parent, atMs: loadedAtMs, facts }, decidedAtMs],
      ['merge.commit', { parent, atMs: decidedAtMs, facts, links: links.slice(0, LINKS_MAX) }, committedAtMs],
    ] as const;
    for (const [name, begun, untilMs] of stages) traces.follow(name, begun)?.end(untilMs);
  }
}

export type TracesBySpace = ReadonlyMap<SpaceKey, readonly string[]>;

const NO_TRACES: TracesBySpace = new Map();

/** What the announcements of a commit go on from. */
export function tracesToAnnounce(
  batch: readonly TracedPush[],
  results: readonly PushResult[],
): TracesBySpace {
  if (batch.every(({ span }) => span === null)) return NO_TRACES;
  const bySpace = new Map<SpaceKey, string[]>();
  batch.forEach(({ span, space }, index) => {
    if (span === null || results[index]?.kind !== 'outcomes') return;
    const known = bySpace.get(space) ?? [];
    if (known.length < ANNOUNCED_MAX) bySpace.set(space, [...known, span.traceparent]);
  });
  return bySpace;
}
