import { EngineError } from '../errors/index.ts'
import type { UnlockPrimitives } from './primitives.ts'

/*
 * The word list is loaded when words are handled: an agent, which never does, would pay for it with each run.
 */

const wordsOfKey = 24
/** Text with thousands of words of the list must not cost thousands of attempts to open a vault. */
const mostCandidates = 8

async function loadWords() {
  const [{ entropyToMnemonic, mnemonicToEntropy, validateMnemonic }, { wordlist }] = await Promise.all([
    import('@scure/bip39'),
    import('@scure/bip39/wordlists/english.js'),
  ])
  return { entropyToMnemonic, mnemonicToEntropy, validateMnemonic, wordlist }
}

/** The 32 bytes behind 24 words. @throws EngineError `key-slot.wrong-secret` */
export async function entropyOfWords(words: string): Promise<Uint8Array> {
  const { mnemonicToEntropy, wordlist } = await loadWords()
  const list = words.trim().toLowerCase().split(/\s+/)
  try {
    // Shorter phrases are valid elsewhere, and have half the bits.
    if (list.length !== wordsOfKey) throw new RangeError(`${list.length} words`)
    return mnemonicToEntropy(list.join(' '), wordlist)
  } catch (cause) {
    throw new EngineError('key-slot.wrong-secret', 'These are not 24 recovery words: check spelling and order.', { cause })
  }
}

/** 256 fresh bits as 24 words. */
export async function newRecoveryWords({ randomBytes }: Pick<UnlockPrimitives, 'randomBytes'>): Promise<string> {
  const { entropyToMnemonic, wordlist } = await loadWords()
  return entropyToMnemonic(randomBytes(32), wordlist)
}

/** What a text that somebody kept holds. */
export interface FoundRecoveryWords {
  /** Every 24 words in a row whose checksum is right, in order; of an honest text one, or none. */
  readonly keys: readonly string[]
  /** Words of any kind in the text. */
  readonly wordCount: number
  /** Where the text is 24 words and nothing else: which of them, from 1, are not of the list. */
  readonly unknownWords: readonly number[]
}

/** Finds recovery words in what somebody typed or kept: numbers, punctuation, line ends and text around them do not matter. */
export async function findRecoveryWords(text: string): Promise<FoundRecoveryWords> {
  const { validateMnemonic, wordlist } = await loadWords()
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const listed = new Set(wordlist)
  const keys: string[] = []
  let inRow = 0
  for (const [index, word] of words.entries()) {
    inRow = listed.has(word) ? inRow + 1 : 0
    if (inRow < wordsOfKey) continue
    const key = words.slice(index + 1 - wordsOfKey, index + 1).join(' ')
    if (validateMnemonic(key, wordlist)) keys.push(key)
    if (keys.length === mostCandidates) break
  }
  const isBare = words.length === wordsOfKey
  return {
    keys,
    wordCount: words.length,
    unknownWords: isBare ? words.flatMap((word, index) => (listed.has(word) ? [] : [index + 1])) : [],
  }
}
