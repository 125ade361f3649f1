import { type OwnServer, ownServer } from '@syncline/port-contracts';
import { connectedTo, describeContracts } from './contracts.test-fixtures';

const own: { server: OwnServer } = { server: null! };
beforeAll(async () => {
  own.server = await ownServer('redis-cluster');
}, 30_000);
afterAll(() => own.server.close());

describeContracts('a Redis cluster', () => connectedTo(own.server.url, { cluster: true }));
