import { granted, overLimit, REASONS, refusal, refused } from './refusals';

test('a refusal says what to do, unless it is told better', () => {
  expect(refusal('RATE_LIMITED')).toEqual({
    reason: 'RATE_LIMITED',
    message: REASONS.RATE_LIMITED,
    violations: [],
    retryAfterMs: null,
    facts: {},
  });
  expect(refusal('RATE_LIMITED', { message: 'Later.', retryAfterMs: 5 })).toMatchObject({
    message: 'Later.',
    retryAfterMs: 5,
  });
});

test('every reason is a sentence for people', () => {
  for (const sentence of Object.values(REASONS)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});

test('every limit is refused in the same words', () => {
  expect(overLimit('PUSH_TOO_LARGE', 'pushChangesMax', 10, 11)).toMatchObject({
    message: 'The push holds too many changes. Split it. (push_changes_max: 11 asked, 10 allowed)',
    facts: { limit: 'push_changes_max', allowed: '10', value: '11' },
  });
});

test('an answer is a value or a refusal', () => {
  expect(granted(3)).toEqual({ ok: true, value: 3 });
  expect(refused('SPACE_NOT_FOUND')).toMatchObject({ ok: false, refusal: { reason: 'SPACE_NOT_FOUND' } });
});
