import type { Push } from '@syncline/core';

/** The history keeps the trace of each change: that of its push, where it names none of its own. */
export function withTrace(push: Push, traceparent: string): Push {
  if (traceparent === '' || push.changes.every(({ trace }) => trace !== '')) return push;
  const changes = push.changes.map((change) =>
    change.trace === '' ? { ...change, trace: traceparent } : change,
  );
  return { ...push, changes };
}
