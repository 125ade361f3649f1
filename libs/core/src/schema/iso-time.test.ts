import fc from 'fast-check';
import { isoOfMs, msOfIso } from './iso-time';

test.each([
  ['1970-01-01', 0],
  ['1970-01-01T01:00+01:00', 0],
  ['2026-11-21T19:07:58.1239Z', 1795288078123],
  ['2000-02-29T23:59:59.9-23:59', Date.parse('2000-02-29T23:59:59.9-23:59')],
  ['0000-01-01', -62_167_219_200_000],
  ['9999-12-31T23:59:59.999Z', 253_402_300_799_999],
])('%s', (written, ms) => {
  expect(msOfIso(written)).toBe(ms);
});

test.each([
  '',
  '2026',
  '2026-02-29',
  '1900-02-29',
  '2026-13-01',
  '2026-00-10',
  '2026-01-00',
  '2026-01-01T24:00Z',
  '2026-01-01T00:60Z',
  '2026-01-01T00:00:60Z',
  '2026-01-01T00:00',
  '2026-01-01T00:00+24:00',
  '2026-01-01T00:00+00:60',
  '2026-01-01 00:00Z',
  '2026-01-01T00:00:00Zx',
])('%p is no time with its offset', (written) => {
  expect(msOfIso(written)).toBeNull();
});

test.each([0.5, Number.NaN, Infinity, -62_167_219_200_001, 253_402_300_800_000])('%p is no time', (ms) => {
  expect(isoOfMs(ms)).toBeNull();
});

test('times are written and read as the language does, in all years that are written with four digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (ms) => {
      const written = new Date(ms).toISOString();
      expect(isoOfMs(ms)).toBe(written);
      expect(msOfIso(written)).toBe(ms);
    }),
    { numRuns: 5_000 },
  );
});
