import type { Change } from '@syncline/core';
import { manualTime } from '@syncline/port-contracts';
import { type Begun, recordedTraces, type Traces } from '@syncline/telemetry';
import { begunTraces } from './begun-traces';

const asked = (n: number) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`;
const named = (n: number) => asked(n).replace(/01$/, '00');
const changes = (...traces: string[]): readonly Change[] => traces.map((trace) => ({ trace }) as Change);

function begunBy(origin: { changes?: readonly Change[]; traceparent?: string; around?: string }): Begun {
  const traces = recordedTraces();
  const all = { changes: changes(''), traceparent: '', around: '', atMs: 3, ...origin };
  begunTraces({ traces, clock: manualTime() }).push(all);
  return traces.spans[0]!.begun;
}

describe('a push belongs to', () => {
  test.each([
    [
      'the trace that it names',
      { traceparent: asked(1), changes: changes(asked(2)), around: asked(3) },
      asked(1),
    ],
    ['that of its changes', { changes: changes('', named(1), asked(2)), around: asked(3) }, asked(2)],
    ['that of its session', { changes: changes(named(1)), around: asked(3) }, asked(3)],
    ['one that nobody asked to record, if by chance', { changes: changes(named(1)) }, named(1)],
    ['a trace of its own', {}, ''],
    ['a trace of its own where what is named is none', { traceparent: 'x' }, ''],
  ])('%s', (_, origin, parent) => {
    expect(begunBy(origin)).toMatchObject({ parent, kind: 'server', atMs: 3 });
  });

  test('those of all its changes, as far as they differ', () => {
    const traces = [asked(1), asked(2), '', asked(2), asked(3)];
    expect(begunBy({ changes: changes(...traces) })).toMatchObject({
      parent: asked(1),
      links: [asked(2), asked(3)],
    });
    expect(begunBy({ traceparent: asked(1), changes: changes(asked(2)) }).links).toEqual([asked(2)]);
    expect(begunBy({ traceparent: asked(1), changes: changes('', asked(1)) }).links).toEqual([]);
  });
});

test('devices are believed so many times a second; what nobody asked for is left to chance', () => {
  const clock = manualTime();
  const traces = recordedTraces();
  const begun = begunTraces({ traces, clock });
  const own = { changes: changes(''), traceparent: asked(1), around: '', atMs: 1 };
  const recordedOf = (count: number) =>
    Array.from({ length: count }, () => begun.push(own)).filter((span) => span !== null).length;
  expect(recordedOf(200)).toBe(50);
  expect(begun.call('gateway.pull', asked(1))).toBeNull();
  expect(begun.push({ ...own, traceparent: '' })).not.toBeNull();
  clock.advance(1_000);
  expect(begun.call('gateway.pull', asked(1))).not.toBeNull();
  expect(recordedOf(200)).toBe(49);
});

test('a call that reads is traced where its caller asks for it alone', () => {
  const begin = jest.fn<null, Parameters<Traces['begin']>>(() => null);
  const traces = { ...recordedTraces(), begin };
  const begun = begunTraces({ traces, clock: manualTime() });
  expect([begun.call('gateway.pull', ''), begun.call('gateway.pull', named(1))]).toEqual([null, null]);
  expect(begun.call('gateway.pull', asked(1))).not.toBeNull();
  expect(begin).not.toHaveBeenCalled();
});
