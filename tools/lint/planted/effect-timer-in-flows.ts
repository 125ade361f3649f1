// path: libs/flows/src/planted-timer.ts
// rule: syncline/effects:timer
export const wait = (act: () => void): void => {
  setTimeout(act, 1); // planted
};
