import { describeTokensContract, identityOf } from '@syncline/port-contracts';
import { systemChance } from './system-chance';
import { memoryTokens } from './tokens';

describeTokensContract('memory', async () => {
  const tokens = memoryTokens();
  const chance = systemChance();
  return {
    tokens,
    prefix: 'memory',
    async issue(identity) {
      const token = chance.id();
      tokens.issue(token, identity);
      return token;
    },
    close: () => Promise.resolve(),
  };
});

test('a token that was withdrawn is no longer known', async () => {
  const tokens = memoryTokens();
  tokens.issue('token', identityOf());
  expect((await tokens.verify('token', 0)).ok).toBe(true);
  tokens.withdraw('token');
  expect((await tokens.verify('token', 0)).ok).toBe(false);
});
