// path: libs/flows/src/planted-promise.ts
// rule: @typescript-eslint/no-floating-promises
const save = async (): Promise<void> => undefined;
export const act = async (): Promise<void> => {
  save(); // planted
  await save();
};
