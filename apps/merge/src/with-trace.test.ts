import { change } from '@syncline/port-contracts';
import { deviceId } from '@syncline/core';
import { recordedTraces } from '@syncline/telemetry';
import { creating, HOME, mergeWorld } from './merge.test-fixtures';

const OWN = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
const PUSHED = `00-${'c'.repeat(32)}-${'d'.repeat(16)}-01`;

test('the history keeps the trace of a push with those of its changes that name none', async () => {
  const { merge, store } = await mergeWorld({ traces: recordedTraces() });
  const first = creating('d', 1, 'a');
  const named = { ...change.create('b', {}, { trace: OWN }), number: 2 };
  const push = { ...first.push, changes: [...first.push.changes, named] };
  await merge.push({ ...first, push, traceparent: PUSHED });
  await merge.push(creating('d', 3, 'c'));
  // Sent again in another trace, a change stays in the one that it took effect in.
  await merge.push({ ...first, push, traceparent: PUSHED.replaceAll('c', 'e') });
  await merge.close();
  const found = await store.receipts(HOME, deviceId('d'), [1, 2, 3]);
  expect(found!.traces.get(1)).toContain('c'.repeat(32));
  expect(found!.traces.get(2)).toBe(OWN);
  expect(found!.traces.has(3)).toBe(false);
});
