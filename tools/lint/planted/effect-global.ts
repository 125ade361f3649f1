// path: libs/core/src/planted-global.ts
// rule: syncline/effects:global
export const a = globalThis.Date; // planted
export const b = (globalThis as { Math?: unknown }).Math; // planted
export const c = global.process; // planted
export const d = new Function('return 1'); // planted
export const e = eval('1'); // planted
