// path: libs/core/src/planted-clock.ts
// rule: syncline/effects:clock
export const a = Date.now(); // planted
export const b = new Date(); // planted
export const c = Date['now'](); // planted
const { now } = Date; // planted
const Clock = Date; // planted
export const d = performance.now(); // planted
export const e = process.hrtime.bigint(); // planted
export const f = Date(); // planted
export const fromArguments = new Date(0).toISOString();
export const utc = Date.UTC(2020, 0, 1);
export const used = [now, Clock];
