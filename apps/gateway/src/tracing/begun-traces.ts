import type { Change } from '@syncline/core';
import type { Clock } from '@syncline/ports';
import { isTraced, type Span, traceContextOf, type Traces } from '@syncline/telemetry';

/** Where a push may say that it belongs to a trace. */
export interface PushOrigin {
  readonly changes: readonly Change[];
  /** W3C traceparent of the push itself; empty for none. */
  readonly traceparent: string;
  /** Of the session or the call that it came in. */
  readonly around: string;
  readonly atMs: number;
}

/** Decides what is traced: what devices ask for, and a share of all other pushes. */
export interface BegunTraces {
  push(origin: PushOrigin): Span | null;
  /** Of a call that reads: only where its caller asks for it. */
  call(name: string, traceparent: string): Span | null;
}

export interface BegunTracesDeps {
  readonly traces: Traces;
  readonly clock: Clock;
}

/** So many are traced because a device asks for it; beyond, nothing is recorded of them, whatever devices ask for. */
const ASKED_PER_SECOND_MAX = 50;
const LINKS_MAX = 8;

export function begunTraces({ traces, clock }: BegunTracesDeps): BegunTraces {
  const mayAsk = askedRate(clock);
  const isTooMuch = (parent: string): boolean => isTraced(parent) && !mayAsk();
  return {
    push(origin) {
      const parent = parentOf(origin);
      if (isTooMuch(parent)) return null;
      const { atMs, changes } = origin;
      return traces.begin('gateway.push', { parent, kind: 'server', atMs, links: linksOf(changes, parent) });
    },
    call: (name, parent) =>
      isTraced(parent) && mayAsk() ? traces.follow(name, { parent, kind: 'server' }) : null,
  };
}

/** What is told of the push comes before what is told of its changes, and that before what is told of its session. */
function parentOf({ traceparent, changes, around }: PushOrigin): string {
  if (isTraced(traceparent)) return traceparent;
  const traced = changes.find(({ trace }) => isTraced(trace));
  if (traced !== undefined) return traced.trace;
  if (isTraced(around)) return around;
  // Whoever names a trace without asking for it may be among those that are traced by chance.
  const named = traceparent !== '' ? traceparent : (changes[0]?.trace ?? '') || around;
  return named === '' || traceContextOf(named) === null ? '' : named;
}

const NO_LINKS: readonly string[] = [];

/** Changes made at different moments may have a trace each, and go in one push. */
function linksOf(changes: readonly Change[], parent: string): readonly string[] {
  if (changes.every(({ trace }) => trace === '' || trace === parent)) return NO_LINKS;
  const links = new Set<string>();
  for (const { trace } of changes) {
    if (trace === '' || trace === parent) continue;
    links.add(trace);
    if (links.size === LINKS_MAX) break;
  }
  return [...links];
}

function askedRate(clock: Clock): () => boolean {
  let second = 0;
  let count = 0;
  return () => {
    const now = Math.floor(clock.nowMs() / 1_000);
    if (now !== second) {
      second = now;
      count = 0;
    }
    return ++count <= ASKED_PER_SECOND_MAX;
  };
}
