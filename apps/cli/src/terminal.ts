/** Where a command tells a person what happens. */
export interface Terminal {
  step(title: string): void;
  line(text?: string): void;
}

export function terminal(output: { write(text: string): unknown; readonly isTTY?: boolean }): Terminal {
  const bold = (text: string): string => (output.isTTY === true ? `\u001b[1m${text}\u001b[0m` : text);
  let steps = 0;
  return {
    step(title) {
      steps++;
      output.write(`\n${bold(`${steps}. ${title}`)}\n`);
    },
    line: (text = '') => void output.write(text === '' ? '\n' : `   ${text}\n`),
  };
}
