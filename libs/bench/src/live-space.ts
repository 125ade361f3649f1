import type { Page } from '@syncline/proto';
import { newAudience } from './audience';
import { creating, payloadOf } from './changes';
import { sendByTheClock } from './open-loop';
import { openMany } from './open-many';
import { type Bench, insist } from './row';
import { messageIn, openSession } from './session';
import { steadyWriter } from './steady-writer';
import { headsOf } from './store-facts';
import { until } from './waiting';

const PAYLOAD_BYTES = 214;
const PREFIX = 'record-';
const SETTLES_WITHIN_MS = 10_000;

/** Someone who writes by the clock, and others who see it; all stay connected from run to run. */
export interface Broadcast {
  /** How long after it was due each of the changes was seen, by each of the watchers. */
  run(changes: number): Promise<readonly number[]>;
  readonly close: () => Promise<void>;
}

export interface Live extends Broadcast {
  /** As a watcher was sent it. */
  readonly page: () => Buffer;
  /** Insists that everything was applied, and that all watchers are where the space is. */
  check(): Promise<void>;
}

export async function openLive({ stack }: Bench, watchers: number, perSecond: number): Promise<Live> {
  const space = await stack.newSpace('live');
  const common = { address: stack.gateway, token: stack.tokenFor(space), space };
  const audience = newAudience(watchers);
  const versions = new Array<number>(watchers).fill(0);
  const staged = Array.from({ length: watchers }, (): number[] => []);
  const ended: Error[] = [];
  let page: Buffer | null = null;
  const sessions = await openMany(watchers, (watcher) =>
    openSession({
      ...common,
      device: `watcher-${watcher}`,
      onPage: ({ entries }: Page) => {
        for (const { id } of entries) staged[watcher]!.push(Number(id.slice(PREFIX.length)));
      },
      // A device shows what a page brought when the checkpoint behind it has come, not before.
      onCheckpoint({ version }) {
        versions[watcher] = version;
        for (const change of staged[watcher]!.splice(0)) audience.saw(watcher, change);
      },
      onEnd: (why) => void ended.push(why),
      ...(watcher > 0 ? {} : { onBytes: (bytes: Buffer) => void (page ??= pageIn(bytes)) }),
    }),
  );
  const writing = await openSession({ ...common, device: 'writer', uploadOnly: true });
  const writer = steadyWriter(writing);
  return {
    page: () => page!,
    async run(changes) {
      await sendByTheClock({
        perSecond,
        count: changes,
        send(_, dueMs) {
          const change = writer.written;
          audience.due(change, dueMs);
          writer.write(creating(change + 1, `${PREFIX}${change}`, payloadOf(PAYLOAD_BYTES, change)));
        },
      });
      return audience.haveSeen(writer.written);
    },
    async check() {
      const { written, failure } = writer;
      insist(failure === null, `the writer failed: ${failure?.message}`);
      insist(ended.length === 0, `${ended.length} sessions ended: ${ended[0]?.message}`);
      const head = (await headsOf(stack, [space])).get(space);
      const behind = (): number => versions.filter((version) => version !== head).length;
      await until(
        () => behind() === 0 && writer.applied === written,
        SETTLES_WITHIN_MS,
        () => `${writer.applied} of ${written} changes were applied, ${behind()} watchers are not at ${head}`,
      );
    },
    close: async () => {
      for (const session of [writing, ...sessions]) session.close();
    },
  };
}

function pageIn(bytes: Buffer): Buffer | null {
  return messageIn(bytes).message?.$case === 'page' ? Buffer.from(bytes) : null;
}
