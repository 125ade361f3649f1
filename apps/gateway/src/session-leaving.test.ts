import { eventually } from '@syncline/port-contracts';
import { subscribeTo, testWorld, type TestWorld } from './gateway.test-fixtures';

const opened: TestWorld[] = [];
afterEach(async () => {
  for (const world of opened.splice(0)) await world.close();
});

test('what is being read for a device is given up when it hangs up', async () => {
  const world = await testWorld();
  opened.push(world);
  const signals: (AbortSignal | undefined)[] = [];
  const gateway = await world.gateway({
    backends: {
      ...world.backends,
      read: (_space, _reader, _cursor, gone) => {
        signals.push(gone);
        return new Promise(() => undefined);
      },
    },
  });
  const device = gateway.device('d');
  device.hello();
  device.send(subscribeTo());
  await eventually(() => expect(signals).toHaveLength(1));
  expect(signals[0]?.aborted).toBe(false);
  device.hangUp();
  await eventually(() => expect(signals[0]?.aborted).toBe(true));
});
