import fc from 'fast-check';
import { mergeTexts } from './three-way';
import { wordsOf } from './words';

const BASE = 'The quick brown fox jumps over the lazy dog.';

test.each([
  [
    'far apart',
    'The slow brown fox jumps over the lazy dog.',
    'The quick brown fox jumps over the sleepy dog.',
    'The slow brown fox jumps over the sleepy dog.',
  ],
  [
    'in words that stand side by side',
    'The slow brown fox jumps over the lazy dog.',
    'The quick red fox jumps over the lazy dog.',
    'The slow red fox jumps over the lazy dog.',
  ],
  ['where one is empty now', '', BASE, ''],
  ['in the same way', 'The quick fox.', 'The quick fox.', 'The quick fox.'],
  [
    'at the end and at the beginning',
    `${BASE} It sleeps on.`,
    `Once: ${BASE}`,
    `Once: ${BASE} It sleeps on.`,
  ],
  [
    'a word, and something before it',
    'The slow brown fox jumps over the lazy dog.',
    'The very quick brown fox jumps over the lazy dog.',
    'The very slow brown fox jumps over the lazy dog.',
  ],
])('edits of both sides count: %s', (_, left, right, merged) => {
  expect(mergeTexts(BASE, left, right, 'right')).toBe(merged);
  expect(mergeTexts(BASE, right, left, 'right')).toBe(merged);
});

test('of a word that both changed the later one stands, and what is around it stays merged', () => {
  const [left, right] = [
    'A slow brown fox jumps over the lazy dog.',
    'The keen brown fox jumps over the lazy cat.',
  ];
  expect(mergeTexts(BASE, left, right, 'right')).toBe('A keen brown fox jumps over the lazy cat.');
  expect(mergeTexts(BASE, left, right, 'left')).toBe('A slow brown fox jumps over the lazy cat.');
});

test('what both put into the same place is kept, the earlier first', () => {
  const [left, right] = [`${BASE} One.`, `${BASE} Two.`];
  expect(mergeTexts(BASE, left, right, 'right')).toBe(`${BASE} One. Two.`);
  expect(mergeTexts(BASE, left, right, 'left')).toBe(`${BASE} Two. One.`);
});

test('a word taken out by one and changed by the other is the later one’s', () => {
  const [without, changed] = ['The brown fox.', 'The quickest brown fox.'];
  expect(mergeTexts('The quick brown fox.', without, changed, 'left')).toBe(without);
  expect(mergeTexts('The quick brown fox.', without, changed, 'right')).toBe(changed);
});

test('signs that belong together are never torn apart', () => {
  expect(wordsOf('naïve cafe\u0301 👩‍👩‍👧 👍🏽 東京 x_1!')).toEqual([
    'naïve',
    ' ',
    'cafe\u0301',
    ' ',
    '👩‍👩‍👧',
    ' ',
    '👍🏽',
    ' ',
    '東',
    '京',
    ' ',
    'x_1',
    '!',
  ]);
  expect(mergeTexts('東京です', '東京都です', '京です', 'left')).toBe('京都です');
});

const words = fc.array(fc.constantFrom('red', 'green', 'blue', ' ', ', ', '\n', '🎈'), { maxLength: 20 });
const texts = words.map((each) => each.join(''));

test('one side alone is taken as it is, and the sides may be named in any order', () => {
  fc.assert(
    fc.property(texts, texts, texts, (base, left, right) => {
      expect(mergeTexts(base, base, right, 'left')).toBe(right);
      expect(mergeTexts(base, left, base, 'left')).toBe(left);
      expect(mergeTexts(base, left, left, 'left')).toBe(left);
      expect(mergeTexts(base, left, right, 'left')).toBe(mergeTexts(base, right, left, 'right'));
    }),
  );
});

test('any text is made of its words', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(wordsOf(text).join('')).toBe(text);
    }),
  );
});
