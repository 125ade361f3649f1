import type { Announcement } from '@syncline/core';
import { manualTime } from '@syncline/port-contracts';
import type { DeviceSession } from '../session/device-session';
import { spaceLatency } from './space-latency';

const sessionsNamed = (...names: string[]) => names.map((name) => ({ name }) as unknown as DeviceSession);

const [ANN, BOB, CY] = sessionsNamed('ann', 'bob', 'cy') as [DeviceSession, DeviceSession, DeviceSession];

function followed() {
  const clock = manualTime();
  const seen: string[] = [];
  const metrics = {
    announcementCame: (ms: number) => void seen.push(`came ${ms}`),
    delivered: (ms: number, traceparent: string) => void seen.push(`delivered ${ms}${traceparent}`),
    acknowledged: (which: string, ms: number) => void seen.push(`${which} ${ms}`),
  };
  const latency = spaceLatency({ clock, metrics });
  const startMs = clock.nowMs();
  return {
    ...latency,
    /** An announcement of what was committed then. */
    hear: (
      to: number,
      committedMs: number,
      readers: readonly DeviceSession[],
      given: Partial<Announcement> = {},
    ) =>
      latency.heard(
        {
          epoch: 1,
          from: to - 1,
          to,
          entries: null,
          clock: new Map(),
          digests: new Map(),
          committedAtMs: startMs + committedMs,
          ...given,
        },
        readers.length,
        () => readers,
      ),
    pass: (ms: number) => clock.advance(ms),
    seen: () => seen.splice(0),
  };
}

describe('how late changes are in a space', () => {
  test('is measured when they are heard of, and when all were told', () => {
    const { hear, pass, seen } = followed();
    pass(5);
    const told = hear(1, 0, [ANN, BOB], { traces: [' of a trace'] });
    expect(seen()).toEqual(['came 5']);
    told();
    expect(seen()).toEqual([]);
    pass(2);
    told();
    expect(seen()).toEqual(['delivered 7 of a trace']);
  });

  test('is measured when the first device has stored them, and when the last has', () => {
    const { hear, acknowledged, pass, seen } = followed();
    hear(3, 0, [ANN, BOB, CY]);
    seen();
    pass(10);
    acknowledged(ANN, 2);
    acknowledged(BOB, 3);
    pass(10);
    acknowledged(BOB, 4);
    acknowledged(ANN, 4);
    expect(seen()).toEqual(['first 10']);
    pass(10);
    acknowledged(CY, 3);
    expect(seen()).toEqual(['last 30']);
    acknowledged(CY, 5);
    expect(seen()).toEqual([]);
  });

  test('is followed for one of them at a time', () => {
    const { hear, acknowledged, pass, seen } = followed();
    hear(1, 0, [ANN]);
    hear(2, 0, [ANN]);
    pass(10);
    acknowledged(ANN, 1);
    expect(seen()).toEqual(['came 0', 'came 0', 'first 10', 'last 10']);
    acknowledged(ANN, 2);
    hear(3, 10, [ANN]);
    acknowledged(ANN, 3);
    expect(seen()).toEqual(['came 0', 'first 0', 'last 0']);
  });

  test('does not wait for whoever has gone, or is silent for too long', () => {
    const { hear, acknowledged, left, pass, seen } = followed();
    hear(1, 0, [ANN]);
    left(ANN);
    hear(2, 0, [ANN, BOB]);
    acknowledged(ANN, 2);
    seen();
    pass(60_001);
    hear(3, 60_001, [ANN]);
    acknowledged(BOB, 3);
    acknowledged(ANN, 3);
    expect(seen()).toEqual(['came 0', 'first 0', 'last 0']);
  });

  test('is unknown where nobody says when they were committed', () => {
    const { heard, seen } = followed();
    const unknown = { epoch: 1, from: 0, to: 1, entries: null, clock: new Map(), digests: new Map() };
    heard(unknown, 1, () => [ANN])();
    expect(seen()).toEqual([]);
  });
});
