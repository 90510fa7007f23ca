import { leastPassphraseCharacters } from './key-slots.ts'

/**
 * Tries in a second, of somebody with much money: a graphics card does some hundred argon2id of 64 MiB and 3 passes, as its memory is read and written
 * 400 MiB a try; this is ten thousand cards.
 */
const triesPerSecond = 1e6
const yearSeconds = 365.25 * 86_400

/** What people choose most; in order of nothing. */
const commonWords = new Set(
  'password passwort passw0rd letmein welcome willkommen hallo hello iloveyou admin administrator master dragon monkey football baseball superman batman sunshine princess shadow qwerty qwertz azerty asdfgh yxcvbn zxcvbn secret geheim holdfast backup tresor vault summer winter sommer schatz changeme default test'.split(
    ' ',
  ),
)

const rows = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertzuiop', 'qwertyuiop', 'asdfghjkl', 'yxcvbnm', 'zxcvbnm']

/** A run of characters of one kind, and what it adds, in bits. */
function bitsOfRun(run: string): number {
  const plain = run.toLowerCase()
  if (plain.length > 1 && (new Set(plain).size === 1 || isInRow(plain))) return 4
  if (/^\d+$/.test(run)) return /^(19|20)\d\d$/.test(run) ? 6.5 : run.length * 3.3
  if (!/^\p{L}+$/u.test(run)) return run.length * 4.5
  if (commonWords.has(plain)) return 4
  const capitals = /^\p{Lu}?\p{Ll}*$/u.test(run) ? (/^\p{Lu}/u.test(run) ? 1 : 0) : 3
  // Three letters may be by chance; more are a word of a list of some ten thousand, or two of them grown together.
  return (plain.length <= 3 ? plain.length * 4.2 : 13 + Math.max(0, plain.length - 10) * 2.5) + capitals
}

const isInRow = (run: string): boolean => {
  const backwards = Array.from(run).toReversed().join('')
  return run.length > 2 && rows.some((row) => row.includes(run) || row.includes(backwards))
}

/**
 * How many bits somebody has to try who knows how people make passphrases: words count as words and not by their letters, what is repeated
 * counts once. Rather too few than too many.
 */
export function passphraseBits(passphrase: string): number {
  const runs = passphrase.normalize('NFKC').match(/\p{L}+|\d+|\s+|[^\p{L}\d\s]+/gu) ?? []
  const seen = new Set<string>()
  let bits = 0
  for (const run of runs) {
    const name = run.toLowerCase()
    // What stands between words is the same all along, or nearly.
    if (/^\s+$/.test(run)) bits += 0.3
    else bits += seen.has(name) ? 1 : bitsOfRun(run)
    seen.add(name)
  }
  return bits
}

/** `short` is not taken; `weak` only from who has said so once more. */
export type StrengthLevel = 'short' | 'weak' | 'fair' | 'strong'

export interface PassphraseStrength {
  readonly level: StrengthLevel
  /** Half of all tries. */
  readonly seconds: number
  /** 0–1, for a bar. */
  readonly ratio: number
}

export function strengthOf(passphrase: string): PassphraseStrength {
  const bits = passphraseBits(passphrase)
  const seconds = 2 ** (bits - 1) / triesPerSecond
  const ratio = Math.min(1, bits / 75)
  if (Array.from(passphrase).length < leastPassphraseCharacters) return { level: 'short', seconds, ratio }
  return { level: seconds < yearSeconds ? 'weak' : seconds < 1000 * yearSeconds ? 'fair' : 'strong', seconds, ratio }
}

/** In the largest unit that fits, for a sentence. */
export function timeToTry(seconds: number): { readonly unit: 'seconds' | 'hours' | 'days' | 'years' | 'ages'; readonly count: number } {
  if (seconds < 3600) return { unit: 'seconds', count: Math.max(1, Math.round(seconds)) }
  if (seconds < 2 * 86_400) return { unit: 'hours', count: Math.round(seconds / 3600) }
  if (seconds < yearSeconds) return { unit: 'days', count: Math.round(seconds / 86_400) }
  return seconds < 1000 * yearSeconds ? { unit: 'years', count: Math.round(seconds / yearSeconds) } : { unit: 'ages', count: 0 }
}
