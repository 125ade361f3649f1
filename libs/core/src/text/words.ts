/** Scripts that are written without spaces: each of their letters is a word of its own. */
const UNSPACED =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}';
const WORD = `(?:(?![${UNSPACED}])[\\p{L}\\p{N}_\\p{M}])+`;
/** With what belongs to it: accents, variants, skin tones, and what a joiner ties together. */
const SIGN = '.(?:\\p{M}|\\p{EMod}|\\u{200D}.)*';
const PARTS = new RegExp(`${WORD}|${SIGN}`, 'gsu');

/** The parts that edits are told in: words, and single signs between them. Put together they are the text again. */
export function wordsOf(text: string): string[] {
  return text.match(PARTS) ?? [];
}
