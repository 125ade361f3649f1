/** Does the same for many, some at a time; what was asked for first is done first. */
export type InSlices<Item> = (items: readonly Item[], work: (item: Item) => void) => void;

interface Task {
  /** With so many more; false when nothing is left to do. */
  goOn(itemsMax: number): boolean;
}

/** With more waiting than this, whoever asks for more has to wait: nothing piles up here. */
const WAITING_MAX = 8;

/**
 * What is written to sockets leaves at the end of a turn of the event loop. In one turn for all, the first of a thousand
 * devices would wait for the last; in slices, devices take in what they got while the next ones are being told.
 */
export function inSlices<Item>(sliceMax: number): InSlices<Item> {
  const tasks: Task[] = [];
  const goOn = (): void => {
    if (tasks[0]?.goOn(sliceMax) === false) tasks.shift();
    if (tasks.length > 0) setImmediate(goOn);
  };
  return (items, work) => {
    const task = taskOf(items, work);
    // Those before it come first; alone it begins at once.
    if (tasks.length === 0 && !task.goOn(sliceMax)) return;
    tasks.push(task);
    if (tasks.length === 1) setImmediate(goOn);
    while (tasks.length > WAITING_MAX) tasks.shift()!.goOn(Infinity);
  };
}

function taskOf<Item>(items: readonly Item[], work: (item: Item) => void): Task {
  let at = 0;
  return {
    goOn(itemsMax) {
      const until = Math.min(items.length, at + itemsMax);
      while (at < until) work(items[at++]!);
      return at < items.length;
    },
  };
}
