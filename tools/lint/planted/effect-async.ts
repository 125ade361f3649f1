// path: libs/core/src/planted-async.ts
// rule: syncline/effects:async
export async function a(): Promise<void> {} // planted
export const b = async (): Promise<void> => { // planted
  await a(); // planted
};
export async function* c(): AsyncGenerator<number> { // planted
  yield 1;
}
export const d = Promise.resolve(1); // planted
export const e = import('./planted-clock'); // planted
export interface Later {
  read(): Promise<number>; // planted
}
export class F {
  async f(): Promise<void> {} // planted
}
export function* synchronous(): Generator<number> {
  yield 1;
}
