import { eventually } from '@syncline/port-contracts';
import { Unavailable } from '@syncline/ports';
import { recordedTraces } from '@syncline/telemetry';
import { creating, HOME, mergeWorld, WORK } from './merge.test-fixtures';

const asked = (n: number) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`;
const UNTRACED = asked(5).replace(/01$/, '00');
const STAGES = ['merge.wait', 'merge.load', 'merge.decide', 'merge.commit'];

async function tracedWorld(given: Parameters<typeof mergeWorld>[0] = {}) {
  const traces = recordedTraces();
  const world = await mergeWorld({ traces, ...given });
  return { ...world, traces };
}

test('a traced push tells its stages, from its arrival to its announcement', async () => {
  const { merge, traces, announcements, clock, store } = await tracedWorld();
  const heard: (readonly string[] | undefined)[] = [];
  announcements.listen(HOME, ({ traces: carried }) => void heard.push(carried));
  store.hold();
  const pushed = merge.push({ ...creating('d', 1, 'a', 'b'), traceparent: asked(1) });
  await eventually(() => expect(store.begun).toHaveLength(1));
  clock.advance(7);
  store.letThrough();
  await pushed;
  await merge.close();
  const names = traces.spans.map(({ name }) => name);
  // Announcing goes on beside what is written down of the stages.
  expect(names.sort()).toEqual(['merge.push', 'merge.announce', ...STAGES].sort());
  expect(traces.spans.every(({ ended, failure }) => ended && failure === null)).toBe(true);
  const [push] = traces.named('merge.push');
  const stages = STAGES.flatMap((name) => traces.named(name));
  const parts = [...stages, ...traces.named('merge.announce')];
  expect(push).toMatchObject({
    parent: asked(1),
    facts: { changes: 2, version: 2 },
    begun: { kind: 'server' },
  });
  expect(new Set(parts.map(({ parent }) => parent))).toEqual(new Set([push!.traceparent]));
  const times = stages.map(({ begun, endedAtMs }) => [begun.atMs, endedAtMs]);
  const fromMs = push!.begun.atMs!;
  expect(times).toEqual([
    [fromMs, fromMs],
    [fromMs, fromMs + 7],
    [fromMs + 7, fromMs + 7],
    [fromMs + 7, fromMs + 7],
  ]);
  expect(heard).toEqual([[traces.named('merge.announce')[0]!.traceparent]]);
  expect(JSON.stringify(traces.spans)).not.toContain(HOME);
});

test('the traces in one commit are linked, and each is announced in its own space', async () => {
  const { merge, traces, announcements } = await tracedWorld();
  const heard: string[][] = [];
  for (const space of [HOME, WORK])
    announcements.listen(space, ({ traces: carried = [] }) => void heard.push([...carried]));
  await Promise.all([
    merge.push({ ...creating('d', 1, 'a'), traceparent: asked(1) }),
    merge.push({ ...creating('x', 1, 'b'), traceparent: asked(2) }),
    merge.push({ ...creating('y', 1, 'c'), space: WORK, traceparent: asked(3) }),
    merge.push({ ...creating('z', 1, 'e'), space: WORK, traceparent: UNTRACED }),
    merge.push(creating('q', 1, 'f')),
  ]);
  await merge.close();
  const pushes = traces.named('merge.push').map(({ traceparent }) => traceparent);
  expect(pushes).toHaveLength(3);
  const commits = traces.named('merge.commit');
  expect(commits.map(({ parent, begun }) => [parent, ...begun.links!])).toEqual([
    [pushes[0], pushes[1], pushes[2]],
    [pushes[1], pushes[0], pushes[2]],
    [pushes[2], pushes[0], pushes[1]],
  ]);
  expect(commits[0]!.begun.facts).toEqual({ pushes: 5 });
  const announced = traces.named('merge.announce').map(({ traceparent }) => traceparent);
  expect(heard.sort((left, right) => right.length - left.length)).toEqual([
    [announced[0], announced[1]],
    [announced[2]],
  ]);
});

test('a refused push fails with its reason, and is not announced', async () => {
  const { merge, traces } = await tracedWorld();
  await merge.push({ ...creating('d', 7, 'a'), traceparent: asked(1) });
  await merge.close();
  expect(traces.named('merge.push')).toMatchObject([{ failure: 'CHANGE_NUMBER_GAP', ended: true }]);
  expect(traces.named('merge.announce')).toEqual([]);
});

test('a push that cannot be committed is found in the log by its trace', async () => {
  const { merge, traces, store, log } = await tracedWorld();
  store.transact = () => Promise.reject(new Error('broken'));
  await merge.push({ ...creating('d', 1, 'a'), traceparent: asked(1) });
  await merge.close();
  expect(traces.named('merge.push')).toMatchObject([{ failure: 'INTERNAL', ended: true }]);
  expect(log.events).toContainEqual(
    expect.objectContaining({
      level: 'error',
      fields: expect.objectContaining({ trace: '1'.repeat(32) }) as unknown,
    }),
  );
});

test('where announcements are lost, the trace says so', async () => {
  const announcements = { publish: () => Promise.reject(new Unavailable('NATS')), listen: () => () => {} };
  const { merge, traces } = await tracedWorld({ announcements });
  await merge.push({ ...creating('d', 1, 'a'), traceparent: asked(1) });
  await merge.close();
  expect(traces.named('merge.announce')).toMatchObject([{ failure: 'not announced', ended: true }]);
});
