import { describeRateLimitsContract, manualTime } from '@syncline/port-contracts';
import { memoryRateLimits } from './rate-limits';

describeRateLimitsContract('memory', async () => {
  const time = manualTime();
  return {
    limits: memoryRateLimits({ clock: time }),
    prefix: 'memory',
    advance: async (ms) => time.advance(ms),
    close: () => Promise.resolve(),
  };
});

test('a clock that is set back refills nothing and takes nothing', async () => {
  const time = manualTime();
  const limits = memoryRateLimits({ clock: time });
  const request = { bucket: 'b', amount: 1, perSecond: 10, burst: 2 };
  await limits.take([{ ...request, amount: 2 }]);
  time.advance(-60_000);
  expect(await limits.take([request])).toEqual({
    granted: false,
    retryAfterMs: 100,
    remaining: [0],
    lacking: 0,
  });
});
