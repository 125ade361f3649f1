import type { ResolverEnd } from '@syncline/flows';
import type { Metrics } from '@syncline/telemetry';

/** What came of a call, or why there was none. */
export type CallResult =
  | 'answered'
  | 'deadline'
  | 'unreachable'
  | 'failed'
  | 'unreadable'
  | 'breaker_open'
  | 'not_allowed'
  | 'left_off';

export interface ResolverMetrics {
  /** A call ended after this time; null where none was made. */
  called(result: CallResult, tookMs: number | null): void;
  /** A conflict was done with for now. */
  ended(end: ResolverEnd | 'error'): void;
  watch(gauges: { readonly waiting: () => number; readonly breakersOpen: () => number }): void;
  /** So many conflicts wait for a resolver in all spaces. */
  looked(found: number): void;
}

const RESULTS: readonly CallResult[] = [
  'answered',
  'deadline',
  'unreachable',
  'failed',
  'unreadable',
  'breaker_open',
  'not_allowed',
  'left_off',
];
const ENDS: readonly (ResolverEnd | 'error')[] = ['resolver', 'fallback', 'person', 'gone', 'waits', 'error'];

export function resolverMetrics(metrics: Metrics): ResolverMetrics {
  const calls = metrics.counter({
    name: 'merge_resolver_calls_total',
    help: 'Questions to resolvers of tenants, by what came of them; those of an open breaker and of hosts that are not allowed were not sent',
    labels: ['result'],
  });
  const took = metrics
    .histogram({ name: 'merge_resolver_call', unit: 'seconds', help: 'How long resolvers of tenants took' })
    .kept({});
  const conflicts = metrics.counter({
    name: 'merge_resolver_conflicts_total',
    help: 'Conflicts that a resolver was to decide, by who did: the resolver, the fallback, a person who has to, nobody as they were gone, or nobody yet (waits, error)',
    labels: ['end'],
  });
  const waiting = metrics.watched({
    name: 'merge_resolver_questions_waiting',
    help: 'Conflicts whose resolver is being asked, or will be as soon as there is room',
  });
  const open = metrics.watched({
    name: 'merge_resolver_breakers_open',
    help: 'Resolvers that are not asked for a while, because they failed several times in a row',
  });
  const unanswered = metrics.gauge({
    name: 'merge_resolver_conflicts_unanswered',
    help: 'Conflicts in all spaces that wait for a resolver, as the instance that looks for them saw them last',
  });
  for (const result of RESULTS) calls.add({ result }, 0);
  for (const end of ENDS) conflicts.add({ end }, 0);
  return {
    called(result, tookMs) {
      calls.add({ result });
      if (tookMs !== null) took.observe(tookMs / 1_000);
    },
    ended: (end) => conflicts.add({ end }),
    watch(gauges) {
      waiting.by(gauges.waiting);
      open.by(gauges.breakersOpen);
    },
    looked: (found) => unanswered.set({}, found),
  };
}
