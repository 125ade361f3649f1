import { describeAccessNewsContract } from '@syncline/port-contracts';
import { memoryAccessNews } from './access-news';

describeAccessNewsContract('memory', async () => {
  const news = memoryAccessNews();
  return { news, elsewhere: news, prefix: 'memory', close: () => Promise.resolve() };
});
