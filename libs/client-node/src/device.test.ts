import { type DeviceStore, memoryDeviceStore } from '@syncline/client';
import { refused } from '@syncline/core';
import { systemChance, systemClock } from '@syncline/memory';
import { eventually } from '@syncline/port-contracts';
import { type Device, openDevice } from './device';
import { creates, updates } from './edits';
import type { ConnectionEvents, Transport } from './transport';

/** Time that passes when it is told to. */
function manualTimer() {
  const waiting = new Set<() => void>();
  return {
    after(_delayMs: number, task: () => void) {
      const run = (): void => {
        waiting.delete(run);
        task();
      };
      waiting.add(run);
      return () => void waiting.delete(run);
    },
    pass: () => [...waiting].forEach((run) => run()),
    waiting: () => waiting.size,
  };
}

function fakeTransport() {
  const sent: string[] = [];
  const connections: ConnectionEvents[] = [];
  const transport: Transport = {
    connect(events) {
      connections.push(events);
      return {
        send: (message) => void sent.push(message.kind),
        close: () => void sent.push('closed'),
        cut: () => void sent.push('cut'),
      };
    },
    compare: async () => refused('UNAVAILABLE'),
  };
  return { transport, sent, connections };
}

interface Parts {
  readonly store?: DeviceStore;
  readonly token?: () => Promise<string>;
}

function open({ store = memoryDeviceStore(), token = async () => 'good' }: Parts = {}) {
  const timer = manualTimer();
  const world = fakeTransport();
  const failures: unknown[] = [];
  const device = openDevice({
    device: 'phone',
    user: 'ada',
    transport: world.transport,
    store,
    token,
    clock: systemClock(),
    chance: systemChance(),
    timer,
    onFailure: (failure) => void failures.push(failure),
  });
  return { device, timer, failures, ...world };
}

const titleOf = (device: Device): unknown =>
  JSON.parse(Buffer.from(device.get('home', 'notes', 'n1')?.payload ?? '{}').toString());

test('edits made without any connection are seen at once and again after a restart', () => {
  const store = memoryDeviceStore();
  const { device } = open({ store });
  device.follow('home');
  expect(device.change('home', creates('notes', 'n1', { title: 'milk' }))).toEqual([1]);
  expect(titleOf(device)).toEqual({ title: 'milk' });
  device.abandon();
  const again = open({ store }).device;
  expect(titleOf(again)).toEqual({ title: 'milk' });
  expect(again.pending('home')).toHaveLength(1);
});

test('a command that is not taken throws its reason and changes nothing', () => {
  const { device } = open();
  device.follow('home');
  expect(() => device.change('home', updates('notes', 'n1', { title: 'x' }))).toThrow(
    expect.objectContaining({ name: 'NotTaken', reason: 'RECORD_NOT_FOUND', edit: 0 }) as Error,
  );
  expect(device.view('home')).toEqual([]);
});

test('a token that cannot be had is asked for again', async () => {
  let asked = 0;
  const { device, timer, connections, sent } = open({
    token: async () => {
      asked++;
      if (asked === 1) throw new Error('the login server is away');
      return 'good';
    },
  });
  device.goOnline();
  await eventually(() => expect(timer.waiting()).toBe(1));
  timer.pass();
  await eventually(() => expect(connections).toHaveLength(1));
  connections[0]!.connected();
  expect(sent).toEqual(['hello']);
});

test('whoever hears of something may go on with a command', () => {
  const { device } = open();
  device.follow('home');
  device.listen((notice) => {
    if (notice.kind === 'records-changed' && device.list('home', 'notes').length === 1)
      device.change('home', creates('notes', 'n2', {}));
  });
  device.change('home', creates('notes', 'n1', {}));
  expect(device.pending('home').map(({ number }) => number)).toEqual([1, 2]);
});

test('when the store fails, nothing that relies on it is done, and the device is over', async () => {
  const memory = memoryDeviceStore();
  const disk = { full: false };
  const store: DeviceStore = {
    load: () => memory.load(),
    apply(writes) {
      if (disk.full) throw new Error('no space left');
      memory.apply(writes);
    },
  };
  const { device, connections, sent, failures } = open({ store });
  device.follow('home');
  device.goOnline();
  await eventually(() => expect(connections).toHaveLength(1));
  disk.full = true;
  expect(() => device.change('home', creates('notes', 'n1', {}))).toThrow('no space left');
  expect(failures).toHaveLength(1);
  expect(sent).toEqual(['cut', 'closed']);
  expect(() => device.syncNow()).toThrow('no space left');
});

test('what is waited for is found in any later step, or told to be missing', async () => {
  const { device, timer } = open();
  device.follow('home');
  const found = device.waitFor('a note', () => device.get('home', 'notes', 'n1'));
  const missing = device.waitFor('another', () => device.get('home', 'notes', 'n2'));
  device.change('home', creates('notes', 'n1', {}));
  expect((await found).id).toBe('n1');
  timer.pass();
  await expect(missing).rejects.toThrow('phone waited 30000 ms in vain for another');
});
