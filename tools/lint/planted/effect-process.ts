// path: libs/core/src/planted-process.ts
// rule: syncline/effects:process
export const a = process.pid; // planted
export const b = typeof process === 'undefined'; // planted
process.exit(1); // planted
