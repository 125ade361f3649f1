// path: libs/policies/src/planted-chance.ts
// rule: syncline/effects:chance
export const a = Math.random(); // planted
export const b = Math['random'](); // planted
const { random } = Math; // planted
export const c = crypto.randomUUID(); // planted
export const d = crypto.getRandomValues(new Uint8Array(8)); // planted
export const rounded = Math.floor(1.5);
export const used = random;
