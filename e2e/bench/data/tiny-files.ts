import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '../../stack/seeded-random.ts'

const filesPerFolder = 1000
const fileBytes = 4096
const vocabularySize = 4000
/** Fill all but a few files of a thousand: a word and its blank have 13 bytes on average. */
const wordsPerFile = 330

const numbered = (number: number): string => String(number).padStart(4, '0')

/**
 * Files of 4 KiB in folders of a thousand: words in hex (3 to 9 random bytes each) drawn from a vocabulary, so that each file compresses
 * to about half and no two are alike. The same seed makes the same bytes.
 *
 * @param files rounded up to whole folders
 */
export function makeTinyFiles(folder: string, files: number, seed = 20_261_121): void {
  const random = seededRandom(seed)
  const words = Array.from({ length: vocabularySize }, () => Buffer.from(`${random.bytes(3 + random.below(7)).toString('hex')} `))
  // Room for as many of the longest words as there may be.
  const text = Buffer.alloc(wordsPerFile * 19)
  for (let number = 0; number * filesPerFolder < files; number += 1) {
    const path = join(folder, numbered(number))
    mkdirSync(path)
    for (let n = 0; n < filesPerFolder; n += 1) {
      let length = 0
      for (let count = 0; count < wordsPerFile; count += 1) length += words[random.below(vocabularySize)]?.copy(text, length) ?? 0
      writeFile(join(path, `${numbered(n)}.txt`), text.subarray(0, Math.min(fileBytes, length - 1)))
    }
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
