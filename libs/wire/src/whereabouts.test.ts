import fc from 'fast-check';
import { spaceKey } from '@syncline/core';
import { anyDevice, anyNullable, anySpace, anyTenant, anyWhole } from '@syncline/port-contracts';
import { DeviceTrail, WhereaboutsAnswer, WhereaboutsQuestion } from '@syncline/proto/internal';
import { whereaboutsCodec } from './whereabouts';

const { question, answer } = whereaboutsCodec;

const anyMark = fc.tuple(anyWhole, anyWhole);
const anyMoments = fc.record({
  since: anyWhole,
  marks: anyNullable(fc.array(anyMark, { minLength: 1, maxLength: 3 }).map((marks) => marks.flat())),
});
const anyTrail = fc.record({ sent: anyMoments, stored: anyMoments });

test('a question and its answer come as they were sent', () => {
  const anyQuestion = fc.record({
    space: fc.tuple(anyTenant, anySpace).map(([tenant, space]) => spaceKey(tenant, space)),
    author: anyDevice,
    devices: fc.array(anyDevice, { maxLength: 3 }),
  });
  const anyAnswer = fc.record({
    announced: anyNullable(anyMoments),
    sentUpTo: anyWhole,
    devices: fc.array(fc.record({ device: anyDevice, trail: anyTrail }), { maxLength: 3 }),
  });
  fc.assert(
    fc.property(anyQuestion, anyAnswer, (asked, told) => {
      expect(question.decode(question.encode(asked))).toEqual(asked);
      expect(answer.decode(answer.encode(told))).toEqual(told);
    }),
  );
});

test('what makes no sense is not read', () => {
  const asked = { ...WhereaboutsQuestion.create(), tenant: 'acme', space: 'home' };
  expect(question.decode(WhereaboutsQuestion.encode(asked).finish())).toBeNull();
  const odd = { ...WhereaboutsAnswer.create(), announced: { since: 1, marks: [2] } };
  expect(answer.decode(WhereaboutsAnswer.encode(odd).finish())).toBeNull();
  const trailless = { ...WhereaboutsAnswer.create(), devices: [{ ...DeviceTrail.create(), device: 'd' }] };
  expect(answer.decode(WhereaboutsAnswer.encode(trailless).finish())).toBeNull();
  expect(answer.decode(Uint8Array.of(255))).toBeNull();
});
