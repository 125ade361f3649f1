import { recordedLog } from './kit.test-fixtures';
import { readiness } from './readiness';

describe('readiness', () => {
  const made: { close(): void }[] = [];
  afterEach(() => made.splice(0).forEach((each) => each.close()));
  const ready = (...[options]: Parameters<typeof readiness>) => {
    const result = readiness(options);
    made.push(result);
    return result;
  };

  test('is not given before the first check, and then names each part that fails', async () => {
    const problems: Record<string, string | null> = { postgres: null, nats: 'gone', merge: null };
    const parts = ['postgres', 'nats'].map((name) => ({ name, check: async () => problems[name] ?? null }));
    const throwing = {
      name: 'merge',
      check: async () => {
        if (problems['merge'] != null) throw new Error(problems['merge']);
        return null;
      },
    };
    const log = recordedLog();
    const state = ready({ parts: [...parts, throwing], log });
    expect(state.state().ready).toBe(false);
    expect(await state.check()).toEqual({ ready: false, failing: [{ part: 'nats', reason: 'gone' }] });
    problems['nats'] = null;
    expect(await state.check()).toEqual({ ready: true, failing: [] });
    problems['merge'] = 'refused';
    expect(await state.check()).toEqual({ ready: false, failing: [{ part: 'merge', reason: 'refused' }] });
    expect(log.events.map(({ message }) => message)).toEqual(['ready', 'not ready']);
  });

  test('does not wait for a part that gives no answer', async () => {
    const silent = { name: 'redis', check: () => new Promise<null>(() => undefined) };
    expect(await ready({ parts: [silent], checkWithinMs: 10 }).check()).toEqual({
      ready: false,
      failing: [{ part: 'redis', reason: 'gave no answer within 10 ms' }],
    });
  });

  test('is checked again by itself, and tells who listens of each turn', async () => {
    const part: { problem: string | null } = { problem: 'starting' };
    const state = ready({ parts: [{ name: 'a', check: async () => part.problem }], everyMs: 5 });
    const seen: boolean[] = [];
    const turned = new Promise<void>((resolve) => {
      const stop = state.onChange(({ ready: now }) => {
        seen.push(now);
        if (seen.length === 3) {
          stop();
          resolve();
        }
        part.problem = now ? 'gone' : null;
      });
    });
    await turned;
    expect(seen).toEqual([false, true, false]);
  });

  test('is over when draining, whatever the parts say', async () => {
    const state = ready({ parts: [] });
    expect((await state.check()).ready).toBe(true);
    state.drain();
    expect(state.state()).toEqual({
      ready: false,
      failing: [{ part: 'service', reason: 'is about to end' }],
    });
    expect((await state.check()).ready).toBe(false);
  });
});
