// path: libs/core/src/planted-timer.ts
// rule: syncline/effects:timer
const act = (): void => undefined;
setTimeout(act, 1); // planted
setInterval(act, 1); // planted
setImmediate(act); // planted
queueMicrotask(act); // planted
process.nextTick(act); // planted
export const alias = setTimeout; // planted
