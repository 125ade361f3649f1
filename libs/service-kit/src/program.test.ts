import { eventually, gate } from '@syncline/port-contracts';
import { recordedLog } from './kit.test-fixtures';
import type { Lifecycle } from './lifecycle';
import { type Program, type RunningProcess, runProgram } from './program';

interface Settings {
  readonly drainMs: number;
}

function aProcess() {
  const said = { codes: [] as number[], printed: [] as string[], complaints: [] as string[] };
  const happen: { signal?: (signal: string) => void } = {};
  const running: RunningProcess = {
    onSignal: (listener) => void (happen.signal = listener),
    onUncaught: () => undefined,
    exit: (code) => void said.codes.push(code),
    print: (line) => void said.printed.push(line),
    complain: (line) => void said.complaints.push(line),
  };
  return { ...said, running, signal: () => happen.signal?.('SIGTERM') };
}

type LogKind = ReturnType<typeof recordedLog>;

function programOf(given: Partial<Program<Settings, LogKind>>) {
  const log = recordedLog();
  const program: Program<Settings, LogKind> = {
    config: { ok: true, settings: { drainMs: 5 } },
    log: () => log,
    closeBeyondDrainMs: 1_000,
    start: async () => undefined,
    ...given,
  };
  return { log, program };
}

const closing = (ended: string[]) => (parts: Lifecycle) =>
  parts.add('server', { close: () => void ended.push('server') });

describe('a program', () => {
  test('with wrong settings tells all that is wrong, and starts nothing', () => {
    const { running, codes, complaints } = aProcess();
    const started: string[] = [];
    const { program } = programOf({
      config: { ok: false, problems: ['one is missing', 'two is odd'] },
      start: async () => void started.push('started'),
    });
    runProgram(program, running);
    expect(complaints).toEqual(['one is missing\n', 'two is odd\n']);
    expect([codes, started]).toEqual([[2], []]);
  });

  test('starts with its settings and its log, and ends with a signal what it had started', async () => {
    const { running, codes, printed, signal } = aProcess();
    const ended: string[] = [];
    const { program, log } = programOf({
      start: async ({ drainMs }, own, parts) => {
        closing(ended)(parts);
        own.info('listening', { drainMs });
      },
      log: (_settings, write) => {
        write('a line\n');
        return log;
      },
    });
    runProgram(program, running);
    await eventually(() =>
      expect(log.events).toMatchObject([{ message: 'listening', fields: { drainMs: 5 } }]),
    );
    expect(printed).toEqual(['a line\n']);
    signal();
    await eventually(() => expect(codes).toEqual([0]));
    expect(ended).toEqual(['server']);
  });

  test('that cannot start says so, ends what it had started, and fails', async () => {
    const { running, codes } = aProcess();
    const ended: string[] = [];
    const told: unknown[] = [];
    const failure = new Error('the port is taken');
    const { program, log } = programOf({
      start: async (_settings, _log, parts) => {
        closing(ended)(parts);
        throw failure;
      },
      tellFailure: (error) => void told.push(error),
    });
    runProgram(program, running);
    await eventually(() => expect(codes).toEqual([1]));
    expect(ended).toEqual(['server']);
    expect(told).toEqual([failure]);
    expect(log.events).toMatchObject([
      { level: 'error', message: 'did not start', fields: { error: failure } },
    ]);
  });

  test('told to end while it starts ends well, whatever becomes of the start', async () => {
    const { running, codes, signal } = aProcess();
    const waiting = gate();
    const { program, log } = programOf({
      start: async () => {
        await waiting.opened;
        throw new Error('the pool was closed');
      },
    });
    runProgram(program, running);
    signal();
    waiting.open();
    await eventually(() => expect(codes).toEqual([0]));
    expect(log.events.map(({ message }) => message)).toEqual(['ending']);
  });
});
