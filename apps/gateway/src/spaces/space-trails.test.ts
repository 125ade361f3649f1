import { deviceId, type Moments, startCursor, type Trail } from '@syncline/core';
import { checkpointCursor } from '@syncline/core';
import { HOME_KEY, WORK_KEY } from '../gateway.test-fixtures';
import { DEVICES_REMEMBERED_MAX, SPACES_REMEMBERED_MAX, spaceTrails } from './space-trails';

const [AUTHOR, PHONE, LAPTOP] = [deviceId('author'), deviceId('phone'), deviceId('laptop')];
const QUESTION = { space: HOME_KEY, author: AUTHOR, devices: [PHONE] };
const SCOPE = { a: 1, b: 2 };

const moments = (since: number, ...marks: readonly number[]): Moments => ({
  since,
  marks: marks.length === 0 ? null : [...marks],
});
const trail = (sent: Moments, stored: Moments = moments(0)): Trail => ({ sent, stored });

test('of a space it is told when it moved on, with what comes again or late left out', () => {
  const trails = spaceTrails();
  trails.announced(HOME_KEY, { from: 3, to: 5 }, 1_000);
  trails.announced(HOME_KEY, { from: 5, to: 6 }, 2_000);
  trails.announced(HOME_KEY, { from: 3, to: 5 }, 3_000);
  trails.announced(WORK_KEY, { from: 0, to: 9 }, 4_000);
  expect(trails.answer(QUESTION, []).announced).toEqual(moments(3, 5, 1_000, 6, 2_000));
  // What was missed in between may have been announced at any time.
  trails.announced(HOME_KEY, { from: 8, to: 9 }, 5_000);
  expect(trails.answer(QUESTION, []).announced).toEqual(moments(8, 9, 5_000));
});

test('of devices it is told how far those that are asked about have come, and how far any but the author', () => {
  const trails = spaceTrails();
  trails.left(HOME_KEY, PHONE, trail(moments(0, 4, 1_000)));
  trails.left(WORK_KEY, PHONE, trail(moments(0, 99, 1_000)));
  const here = [
    { device: AUTHOR, trail: trail(moments(0, 9, 1_100)) },
    { device: LAPTOP, trail: trail(moments(0, 7, 1_200)) },
  ];
  expect(trails.answer(QUESTION, here)).toEqual({
    announced: null,
    sentUpTo: 7,
    devices: [{ device: PHONE, trail: trail(moments(0, 4, 1_000)) }],
  });
});

test('a device that comes and goes is remembered as one', () => {
  const trails = spaceTrails();
  trails.left(HOME_KEY, PHONE, trail(moments(0, 4, 1_000), moments(0, 4, 1_500)));
  trails.left(HOME_KEY, PHONE, trail(moments(4, 6, 2_000), moments(4)));
  expect(trails.answer(QUESTION, []).devices).toEqual([
    { device: PHONE, trail: trail(moments(0, 4, 1_000, 6, 2_000), moments(0, 4, 1_500)) },
  ]);
});

test('a device that polls is remembered once it was sent something', () => {
  const trails = spaceTrails();
  const at = (version: number) => checkpointCursor(1, version, SCOPE);
  trails.pulled(HOME_KEY, PHONE, { cursor: at(4), sent: 4, stored: 4 }, 900);
  expect(trails.answer(QUESTION, []).devices).toEqual([]);
  trails.pulled(HOME_KEY, PHONE, { cursor: startCursor(1, 4, SCOPE), sent: null, stored: null }, 950);
  trails.pulled(HOME_KEY, PHONE, { cursor: startCursor(1, 4, SCOPE), sent: 4, stored: null }, 1_000);
  for (const nowMs of [2_000, 3_000])
    trails.pulled(HOME_KEY, PHONE, { cursor: at(4), sent: 4, stored: 4 }, nowMs);
  expect(trails.answer(QUESTION, []).devices).toEqual([
    { device: PHONE, trail: trail(moments(0, 4, 1_000), moments(0, 4, 2_000)) },
  ]);
});

test('what is remembered has an end, and the newest stays', () => {
  const trails = spaceTrails();
  const keyOf = (n: number) => `acme/${n}` as typeof HOME_KEY;
  for (let n = 0; n <= SPACES_REMEMBERED_MAX; n++) trails.announced(keyOf(n), { from: 0, to: 1 }, n);
  expect(trails.answer({ ...QUESTION, space: keyOf(0) }, []).announced).toBeNull();
  expect(trails.answer({ ...QUESTION, space: keyOf(1) }, []).announced).not.toBeNull();
  const deviceOf = (n: number) => deviceId(`d${n}`);
  const asked = (n: number) => trails.answer({ ...QUESTION, devices: [deviceOf(n)] }, []).devices;
  trails.left(HOME_KEY, deviceId('idle'), trail(moments(4), moments(4)));
  for (let n = 0; n <= DEVICES_REMEMBERED_MAX; n++)
    trails.left(HOME_KEY, deviceOf(n), trail(moments(0, 1, n)));
  expect([asked(0), asked(1), asked(DEVICES_REMEMBERED_MAX)].map(({ length }) => length)).toEqual([0, 1, 1]);
});
