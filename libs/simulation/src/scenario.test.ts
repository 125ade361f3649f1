import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runScenario } from './scenario';

const FOLDER = join(__dirname, 'scenarios');
const SCRIPTS = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describe('scenarios of the systems that Syncline serves', () => {
  test.each(SCRIPTS)('%s', async (name) => {
    await expect(runScenario(readFileSync(join(FOLDER, name), 'utf8'))).resolves.toBeUndefined();
  });

  test('an expectation that is not met fails, and says where', async () => {
    const script =
      'devices a\na follows all\na goes-online\na creates notes/n {"x":1}\nexpect a notes/n {"x":2}';
    await expect(runScenario(script)).rejects.toThrow('line 5');
  });
});
