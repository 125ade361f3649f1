import { compareUtf8 } from '@syncline/core';
import fc from 'fast-check';
import { sortedIds } from './sorted-ids';

test('a part of the ids is what lies between its bounds, in order, whenever it is asked for', () => {
  const id = fc.string({ unit: 'binary', minLength: 1, maxLength: 3 });
  const ids = fc.uniqueArray(id, { maxLength: 60 });
  fc.assert(
    fc.property(ids, fc.nat({ max: 60 }), id, fc.option(id), (all, early, from, to) => {
      const sorted = sortedIds(all.slice(0, early));
      sorted.between('', null);
      for (const late of all.slice(early)) sorted.add(late);
      const inside = all.filter(
        (each) => compareUtf8(each, from) >= 0 && (to === null || compareUtf8(each, to) < 0),
      );
      expect(sorted.between(from, to)).toEqual(inside.sort(compareUtf8));
    }),
  );
});
