import { createLog, silentLog } from './log';

function recorded(level: 'debug' | 'info' | 'silent' = 'debug') {
  const lines: string[] = [];
  const log = createLog({ level, name: 'gateway', write: (line) => void lines.push(line) });
  const events = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, events };
}

describe('a log', () => {
  test('is a line of JSON an event', () => {
    const { log, lines, events } = recorded();
    log.info('listening', { grpc: '127.0.0.1:7400', sessions: 3, none: null });
    expect(lines).toHaveLength(1);
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(events()[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      name: 'gateway',
      msg: 'listening',
      grpc: '127.0.0.1:7400',
      sessions: 3,
      none: null,
    });
  });

  test('says only what its level asks for', () => {
    const { log, events } = recorded('info');
    log.debug('a');
    log.info('b');
    log.warn('c');
    log.error('d');
    expect(events().map(({ msg, level }) => [msg, level])).toEqual([
      ['b', 'info'],
      ['c', 'warn'],
      ['d', 'error'],
    ]);
    const none = recorded('silent');
    none.log.error('e');
    silentLog.child({ a: 1 }).error('f');
    expect(none.lines).toEqual([]);
  });

  test('becomes louder and quieter while it runs, and its children with it', () => {
    const { log, events } = recorded('info');
    const child = log.child({ session: 's1' });
    child.debug('a');
    log.loudness.choose('debug');
    expect(log.loudness.current()).toBe('debug');
    child.debug('b');
    log.loudness.choose('error');
    child.warn('c');
    child.error('d');
    expect(events().map(({ msg }) => msg)).toEqual(['b', 'd']);
    expect(() => log.loudness.choose('loud')).toThrow('debug, info, warn, error, silent');
  });

  test('has children that carry facts of their own', () => {
    const { log, events } = recorded();
    log.child({ session: 's1' }).child({ space: 'acme/home' }).warn('slow', { bytes: 7 });
    expect(events()[0]).toMatchObject({ session: 's1', space: 'acme/home', bytes: 7, msg: 'slow' });
  });

  test('hides what is named like a secret, however deep', () => {
    const { log, lines } = recorded();
    log.child({ token: 'hunter2' }).info('all', {
      token: 'hunter2',
      accessToken: 'hunter2',
      token_secret: 'hunter2',
      Authorization: 'hunter2',
      recordPayload: 'hunter2',
      headers: { authorization: 'hunter2', 'x-api-key': 'hunter2' },
      list: [{ nested: { cursorKeys: { current: 'hunter2' } } }],
      map: new Map([['password', 'hunter2']]),
      monkeys: 2,
    });
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('"monkeys":2');
  });

  test('hides secrets that stand in a text', () => {
    const { log, lines } = recorded();
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl';
    log.error('failed', {
      error: new Error(`connect postgres://syncline:hunter2@db:5432/x`, { cause: new Error(`got ${jwt}`) }),
      said: 'Authorization: Bearer hunter2.hunter2',
    });
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).not.toContain('c2lnbmF0dXJl');
    expect(lines.join()).toContain('postgres://syncline:[hidden]@db:5432/x');
  });

  test('hides what errors quote of what was asked for', () => {
    const { log, lines, events } = recorded();
    const told = { code: '23502', detail: 'Failing row contains (acme/home, hunter2).', params: ['hunter2'] };
    const asked = {
      command: { name: 'evalsha', args: ['sha', 'hunter2'] },
      where: 'copy records, line 1: hunter2',
    };
    log.error('failed', { error: Object.assign(new Error('null value in column "b"'), told) });
    log.error('failed', { error: new Error('no', { cause: Object.assign(new Error('OOM'), asked) }) });
    expect(lines.join()).not.toContain('hunter2');
    expect(events()).toMatchObject([
      { error: { code: '23502', message: 'null value in column "b"' } },
      { error: { cause: { message: 'OOM', command: { name: 'evalsha' } } } },
    ]);
  });

  test('tells of errors with what caused them', () => {
    const { log, events } = recorded();
    const error = Object.assign(new TypeError('outer', { cause: new RangeError('inner') }), { code: 'E1' });
    log.error('a fault', { error });
    expect(events()[0]).toMatchObject({
      error: {
        type: 'TypeError',
        message: 'outer',
        code: 'E1',
        stack: expect.stringContaining('TypeError: outer') as string,
        cause: { type: 'RangeError', message: 'inner' },
      },
    });
  });

  test('stands whatever it is given', () => {
    const { log, events } = recorded();
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    log.info('odd', {
      big: 2n ** 64n,
      bytes: new Uint8Array(1_000),
      set: new Set([1, 2]),
      call: () => 1,
      circle,
      long: 'x'.repeat(100_000),
      at: new Date(0),
    });
    expect(events()[0]).toMatchObject({
      big: '18446744073709551616',
      bytes: '[1000 bytes]',
      set: [1, 2],
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(JSON.stringify(events()).length).toBeLessThan(20_000);
  });
});
