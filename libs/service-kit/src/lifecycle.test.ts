import { eventually, gate } from '@syncline/port-contracts';
import { recordedLog } from './kit.test-fixtures';
import { lifecycle } from './lifecycle';
import { endWithProcess } from './process-end';

const withProcess = (closeWithinMs = 5_000) => {
  const log = recordedLog();
  const parts = lifecycle({ log, closeWithinMs });
  const codes: number[] = [];
  const happen: { signal?: (signal: string) => void; uncaught?: (error: unknown) => void } = {};
  endWithProcess(parts, log, {
    onSignal: (listener) => void (happen.signal = listener),
    onUncaught: (listener) => void (happen.uncaught = listener),
    exit: (code) => void codes.push(code),
  });
  return {
    log,
    parts,
    codes,
    signal: (name: string) => happen.signal?.(name),
    uncaught: (error: unknown) => happen.uncaught?.(error),
  };
};

describe('a lifecycle', () => {
  test('ends what was started in reverse, once', async () => {
    const ended: string[] = [];
    const parts = lifecycle({ log: recordedLog(), closeWithinMs: 5_000 });
    for (const name of ['postgres', 'nats', 'server']) {
      const part = { close: async () => void ended.push(name) };
      expect(parts.add(name, part)).toBe(part);
    }
    expect(parts.closing).toBe(false);
    await Promise.all([parts.close(), parts.close()]);
    await parts.close();
    expect(parts.closing).toBe(true);
    expect(ended).toEqual(['server', 'nats', 'postgres']);
  });

  test('is not held up by what fails or never ends, and says so', async () => {
    const ended: string[] = [];
    const log = recordedLog();
    const parts = lifecycle({ log, closeWithinMs: 20 });
    parts.add('first', { close: () => void ended.push('first') });
    parts.add('stuck', { close: () => new Promise<void>(() => undefined) });
    parts.add('broken', {
      close: () => {
        throw new Error('no');
      },
    });
    await parts.close();
    expect(ended).toEqual(['first']);
    expect(log.events).toEqual([
      { level: 'error', message: 'did not end well', fields: { part: 'broken', error: new Error('no') } },
      { level: 'warn', message: 'did not end in time', fields: { part: 'stuck', withinMs: 20 } },
    ]);
  });
});

describe('the end of a process', () => {
  test('comes in order with a signal', async () => {
    const { parts, codes, signal } = withProcess();
    const ended: string[] = [];
    parts.add('server', { close: () => void ended.push('server') });
    signal('SIGTERM');
    await eventually(() => expect(codes).toEqual([0]));
    expect(ended).toEqual(['server']);
  });

  test('comes at once with a second signal', async () => {
    const { parts, codes, signal } = withProcess();
    const held = gate();
    parts.add('server', { close: () => held.opened });
    signal('SIGTERM');
    signal('SIGINT');
    expect(codes).toEqual([130]);
    held.open();
    await parts.close();
  });

  test('comes with code 1 after an error that nobody caught', async () => {
    const { codes, uncaught, log, parts } = withProcess();
    const ended: string[] = [];
    parts.add('server', { close: () => void ended.push('server') });
    uncaught(new Error('a bug'));
    await eventually(() => expect(codes).toEqual([1]));
    expect(ended).toEqual(['server']);
    expect(log.events).toEqual([
      { level: 'error', message: 'an error that nobody caught', fields: { error: new Error('a bug') } },
    ]);
  });

  test('comes at once after an error while it is ending', async () => {
    const { parts, codes, signal, uncaught } = withProcess();
    const held = gate();
    parts.add('server', { close: () => held.opened });
    signal('SIGTERM');
    uncaught(new Error('a bug'));
    expect(codes).toEqual([1]);
    held.open();
    await parts.close();
  });
});
