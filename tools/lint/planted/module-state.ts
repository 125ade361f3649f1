// path: libs/memory/src/planted-state.ts
// rule: syncline/module-state
let count = 0; // planted
export let total = 0; // planted
export const add = (): void => {
  count += 1;
  total += count;
};
