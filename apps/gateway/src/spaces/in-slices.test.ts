import { inSlices } from './in-slices';

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('in slices', () => {
  test('a few are done at once, and more of them a few a turn', async () => {
    const tell = inSlices<number>(2);
    const told: number[] = [];
    tell([1, 2], (item) => told.push(item));
    expect(told).toEqual([1, 2]);
    tell([3, 4, 5, 6, 7], (item) => told.push(item));
    expect(told).toEqual([1, 2, 3, 4]);
    await turn();
    expect(told).toEqual([1, 2, 3, 4, 5, 6]);
    await turn();
    expect(told).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('everyone hears things in their order, also what comes while not all have been told', async () => {
    const tell = inSlices<string>(2);
    const told: string[] = [];
    const say = (what: string): void => tell(['a', 'b', 'c'], (item) => told.push(`${item}${what}`));
    say('1');
    say('2');
    expect(told).toEqual(['a1', 'b1']);
    await turn();
    say('3');
    for (let turns = 0; turns < 6; turns++) await turn();
    expect(told).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'c2', 'a3', 'b3', 'c3']);
    say('4');
    expect(told.slice(9)).toEqual(['a4', 'b4']);
    await turn();
    expect(told.slice(9)).toEqual(['a4', 'b4', 'c4']);
  });

  test('whoever asks for more than can be done waits until less is left', async () => {
    const tell = inSlices<number>(1);
    const told: number[] = [];
    for (let each = 0; each < 9; each++) tell([each, each], (item) => told.push(item));
    expect(told).toEqual([0, 0]);
    tell([9, 9], (item) => told.push(item));
    expect(told).toEqual([0, 0, 1, 1]);
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(told).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((each) => [each, each]));
  });

  test('there may be nobody to tell', async () => {
    const tell = inSlices<number>(2);
    const told: number[] = [];
    tell([], (item) => told.push(item));
    await turn();
    tell([1], (item) => told.push(item));
    expect(told).toEqual([1]);
  });
});
