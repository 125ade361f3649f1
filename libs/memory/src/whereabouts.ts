import type { Whereabouts, WhereaboutsAnswerer } from '@syncline/ports';

export function memoryWhereabouts(): Whereabouts {
  const answerers = new Set<{ readonly answer: WhereaboutsAnswerer }>();
  return {
    ask: async (question) => Array.from(answerers, ({ answer }) => answer(question)),
    answer(answer) {
      const answerer = { answer };
      answerers.add(answerer);
      return () => void answerers.delete(answerer);
    },
  };
}
