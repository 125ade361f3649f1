import type { Checkpoint, Page } from '@syncline/proto';
import { type Bench, Diverged } from './row';
import { openSession } from './session';

/** What came of one Subscribe, from its Subscribed to its checkpoint. */
export interface Received {
  readonly entries: number;
  /** Of the messages that held pages, as they came. */
  readonly pageBytes: number;
  readonly checkpoint: Checkpoint;
}

/** A device that reads one space and asks for whole records, uncompressed. */
export interface Reader {
  /** What its first Subscribe brought. */
  readonly first: Received;
  /** Asks once more, on the same stream. */
  readFrom(cursor: Uint8Array): Promise<Received>;
  readonly close: () => void;
}

interface ReaderOptions {
  readonly space: string;
  readonly device: string;
  /** Empty to begin. */
  readonly cursor?: Uint8Array;
  readonly onPage?: (page: Page) => void;
}

export async function openReader({ stack }: Bench, options: ReaderOptions): Promise<Reader> {
  const { space, onPage } = options;
  const run = newRun();
  const reading = run.begin();
  const opening = openSession({
    ...options,
    address: stack.gateway,
    token: stack.tokenFor(space),
    capabilities: [],
    onPage(page, bytes) {
      run.add(page, bytes);
      onPage?.(page);
    },
    onCheckpoint: run.end,
    onEnd: run.fail,
  });
  const [session, first] = await Promise.all([opening, reading]);
  return {
    first,
    readFrom(cursor) {
      const received = run.begin();
      session.subscribe(cursor);
      return received;
    },
    close: () => session.close(),
  };
}

/** Longer than a million records take. */
const CHECKPOINT_MS_MAX = 120_000;

function newRun() {
  const sum = { entries: 0, pageBytes: 0 };
  const waiting: { resolve(received: Received): void; reject(why: Error): void }[] = [];
  const fail = (why: Error): void => waiting.shift()?.reject(why);
  return {
    begin(): Promise<Received> {
      Object.assign(sum, { entries: 0, pageBytes: 0 });
      const received = new Promise<Received>((resolve, reject) => waiting.push({ resolve, reject }));
      const late = new Diverged(`no checkpoint came within ${CHECKPOINT_MS_MAX} ms`);
      const timer = setTimeout(() => fail(late), CHECKPOINT_MS_MAX);
      return received.finally(() => clearTimeout(timer));
    },
    add({ entries }: Page, bytes: number): void {
      sum.entries += entries.length;
      sum.pageBytes += bytes;
    },
    end: (checkpoint: Checkpoint): void => waiting.shift()?.resolve({ ...sum, checkpoint }),
    fail,
  };
}
