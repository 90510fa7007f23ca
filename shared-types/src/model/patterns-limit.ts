/** A request travels in one message of the link, which takes 1 MB. */
const mostPatternLetters = 200_000
export const fitsOneMessage = (lines: readonly string[]): boolean => lines.reduce((sum, line) => sum + line.length, 0) <= mostPatternLetters
export const tooLongTogether = 'The patterns are too long together.'
