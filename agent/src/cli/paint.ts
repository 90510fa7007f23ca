/** Colours by meaning; each gives the text back unchanged where colour is not wanted. */
export interface Paint {
  readonly accent: (text: string) => string
  readonly good: (text: string) => string
  readonly warn: (text: string) => string
  readonly bad: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

const escape =
  (code: string) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`
const plain = (text: string): string => text

export const colours: Paint = {
  accent: escape('36'),
  good: escape('32'),
  warn: escape('33'),
  bad: escape('31'),
  dim: escape('2'),
  strong: escape('1'),
}
export const noColours: Paint = { accent: plain, good: plain, warn: plain, bad: plain, dim: plain, strong: plain }
