import { memoryRateLimits } from '@syncline/memory';
import { manualTime } from '@syncline/port-contracts';
import { type RateLimits, Unavailable } from '@syncline/ports';
import { rateLimitsWithFallback } from './local-fallback';

const WANTED = [{ bucket: 'acme/b', amount: 1, perSecond: 1, burst: 5 }];

function fallenBack() {
  const time = manualTime();
  const told: boolean[] = [];
  const redis = { isUp: false };
  const local = memoryRateLimits({ clock: time });
  const shared: RateLimits = {
    take: (wanted) => (redis.isUp ? local.take(wanted) : Promise.reject(new Unavailable('Redis'))),
  };
  const onDegraded = (_: string, degraded: boolean): void => void told.push(degraded);
  return { time, told, redis, rates: rateLimitsWithFallback(shared, local, { timer: time, onDegraded }) };
}

test('what failed once, and was never asked for again, does not count as away for ever', async () => {
  const { time, told, rates } = fallenBack();
  await rates.take(WANTED);
  time.advance(59_000);
  expect(told).toEqual([true]);
  time.advance(1_000);
  expect(told).toEqual([true, false]);
});

test('what goes on failing stays away, and what succeeds is back at once', async () => {
  const { time, told, redis, rates } = fallenBack();
  for (let second = 0; second < 300; second += 5) {
    await rates.take(WANTED);
    time.advance(5_000);
  }
  expect(told).toEqual([true]);
  redis.isUp = true;
  await rates.take(WANTED);
  expect(told).toEqual([true, false]);
  time.advance(120_000);
  expect(told).toEqual([true, false]);
});
