import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../stack/seeded-random.ts'

export const tinyFilesPerFolder = 1000
const fileBytes = 4096
const vocabularySize = 4000
/** Fill all but a few files of a thousand: a word and its blank have 13 bytes on average. */
const wordsPerFile = 330
const usualSeed = 20_261_121

const numbered = (number: number): string => String(number).padStart(4, '0')
/** Of the folder that holds the n-th thousand of files. */
export const tinyFolderName = numbered

/**
 * Files of 4 KiB in folders of a thousand: words in hex (3 to 9 random bytes each) drawn from a vocabulary, so that each file compresses
 * to about half and no two are alike. The same seed makes the same bytes.
 *
 * @param files rounded up to whole folders
 */
export function makeTinyFiles(folder: string, files: number, seed = usualSeed): void {
  for (const _ of growTinyFiles(folder, 0, files, seed));
}

/**
 * The same folder by folder, which takes minutes where there are millions, and onto what is there: the files from `from` to `until` of the tree.
 * Those that come later are drawn with another seed, so that they do not repeat the first.
 *
 * @returns bytes of the files of each folder
 */
export function* growTinyFiles(folder: string, from: number, until: number, seed = usualSeed): Generator<number> {
  const nextText = texts(seed + from)
  for (let number = Math.ceil(from / tinyFilesPerFolder); number * tinyFilesPerFolder < until; number += 1)
    yield fillFolder(join(folder, numbered(number)), tinyFilesPerFolder, nextText)
}

/** One folder with all of the files. @returns bytes of the files */
export const makeWideFolder = (folder: string, files: number, seed = usualSeed - 1): number => fillFolder(folder, files, texts(seed))

function fillFolder(path: string, files: number, nextText: () => Uint8Array): number {
  let bytes = 0
  mkdirSync(path)
  for (let n = 0; n < files; n += 1) {
    const text = nextText()
    writeFile(join(path, `${numbered(n)}.txt`), text)
    bytes += text.length
  }
  return bytes
}

/** @returns bytes that are good until the next call */
function texts(seed: number): () => Uint8Array {
  const random = seededRandom(seed)
  const words = Array.from({ length: vocabularySize }, () => Buffer.from(`${random.bytes(3 + random.below(7)).toString('hex')} `))
  // Room for as many of the longest words as there may be.
  const text = Buffer.alloc(wordsPerFile * 19)
  return () => {
    let length = 0
    for (let count = 0; count < wordsPerFile; count += 1) length += words[random.below(vocabularySize)]?.copy(text, length) ?? 0
    return text.subarray(0, Math.min(fileBytes, length - 1))
  }
}

function writeFile(path: string, bytes: Uint8Array): void {
  const fd = openSync(path, 'w')
  try {
    writeSync(fd, bytes)
  } finally {
    closeSync(fd)
  }
}
