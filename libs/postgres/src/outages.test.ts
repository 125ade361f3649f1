import { Unavailable } from '@syncline/ports';
import { throwOutage } from './outages';
import { openPostgres } from './pool';
import { statement } from './sql';

const failureWith = (code: string): Error => Object.assign(new Error('as the server said'), { code });

test.each([
  ['ECONNREFUSED'],
  ['ECONNRESET'],
  ['EPIPE'],
  ['ENOTFOUND'],
  ['08006'],
  ['08P01'],
  ['53300'],
  ['53100'],
  ['57P01'],
  ['57P02'],
  ['57P03'],
  ['57014'],
  ['25006'],
  ['40001'],
  ['40P01'],
  ['55P03'],
])('%s means that Postgres cannot be reached for now', (code) => {
  const failure = failureWith(code);
  expect(() => throwOutage(failure)).toThrow(Unavailable);
  expect(() => throwOutage(failure)).toThrow(expect.objectContaining({ cause: failure }) as Error);
});

test.each([['23505'], ['42601'], ['42P01'], ['22021'], ['25P02'], ['57P04'], ['28P01']])(
  '%s is a mistake of somebody and stays what it is',
  (code) => {
    const failure = failureWith(code);
    expect(() => throwOutage(failure)).toThrow(failure);
    expect(() => throwOutage(failure)).not.toThrow(Unavailable);
  },
);

test.each([
  ['Connection terminated unexpectedly'],
  ['timeout exceeded when trying to connect'],
  ['Query read timeout'],
  ['Client has encountered a connection error and is not queryable'],
])('"%s", which the driver says, means the same', (message) => {
  expect(() => throwOutage(new Error(message))).toThrow(Unavailable);
  expect(() => throwOutage(new Error(`not ${message}`))).not.toThrow(Unavailable);
});

test('a server that is not there is unavailable to each kind of call', async () => {
  // Port 1 is nobody's.
  const sql = openPostgres({ url: 'postgres://nobody@127.0.0.1:1/nothing' });
  const one = statement('outages.one', 'select 1');
  await expect(sql.query(one())).rejects.toThrow(Unavailable);
  await expect(sql.script('select 1')).rejects.toThrow(Unavailable);
  await expect(sql.snapshot([one()])).rejects.toThrow(Unavailable);
  await expect(sql.transaction((connection) => connection.query(one()))).rejects.toThrow(Unavailable);
  await sql.close();
  await expect(sql.query(one())).rejects.toThrow(Unavailable);
});
