/** What a person has to know to open the vault when everything else is lost. */
export interface RecoveryKit {
  readonly vaultName: string
  readonly vaultId: string
  readonly hubAddress: string
  readonly createdAtMs: number
  readonly words: readonly string[]
}

/** Words in the reader's language. */
export interface KitTexts {
  readonly title: string
  readonly warning: string
  /** Names of facts and what they are. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly wordsTitle: string
  readonly howTitle: string
  readonly how: readonly string[]
}

const underlined = (text: string, sign: string): string => `${text}\n${sign.repeat(text.length)}`

/**
 * The kit as a text file. `holdfast-hub recovery-key` and the console read it as it is: one numbered word a line, and no other words
 * between them.
 */
export function kitFile({ title, warning, facts, wordsTitle, howTitle, how }: KitTexts, words: readonly string[]): string {
  const width = Math.max(...facts.map(([name]) => name.length))
  const parts = [
    underlined(title, '='),
    warning,
    facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n'),
    underlined(wordsTitle, '-'),
    words.map((word, index) => `${String(index + 1).padStart(2)}. ${word}`).join('\n'),
    underlined(howTitle, '-'),
    how.map((step, index) => `${index + 1}. ${step}`).join('\n\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

/** Letters and digits of any language, for a name that every system takes. */
export function kitFileName(vaultName: string, createdAtMs: number): string {
  const name = vaultName
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
  return `holdfast-recovery-kit-${name === '' ? 'vault' : name}-${new Date(createdAtMs).toISOString().slice(0, 10)}.txt`
}

/** Places of words that a person is asked for again, from 0: three, in order, spread over the list. */
export const askedPlaces = (random: () => number = Math.random): readonly number[] =>
  [0, 8, 16].map((from) => from + Math.min(7, Math.floor(random() * 8)))

export const areWords = (typed: readonly string[], asked: readonly number[], words: readonly string[]): boolean =>
  asked.every((place, index) => typed[index]?.trim().toLowerCase() === words[place])
