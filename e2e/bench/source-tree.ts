import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom, type SeededRandom } from '../stack/seeded-random.ts'

export interface TreeSize {
  readonly files: number
  readonly bytes: number
}
/** Of Linux 6.1. */
export const linuxSize: TreeSize = { files: 78_600, bytes: 1_300_000_000 }

const filesPerFolder = 16
const vocabularySize = 6000
const linesInPool = 40_000

/**
 * A tree of the shape of a kernel's: many small text files, few large ones (log-normal sizes), three levels of folders, text of a vocabulary in which few words are
 * frequent. The same seed makes the same bytes.
 */
export function makeSourceTree(folder: string, { files, bytes }: TreeSize, seed = 1): void {
  const random = seededRandom(seed)
  const lines = linePool(random)
  const sizes = fileSizes(files, bytes, random)
  let folderInHand = ''
  for (const [index, size] of sizes.entries()) {
    if (index % filesPerFolder === 0) {
      const number = index / filesPerFolder
      folderInHand = join(folder, `part-${Math.floor(number / 400)}`, `unit-${Math.floor(number / 20) % 20}`, `set-${number % 20}`)
      mkdirSync(folderInHand, { recursive: true })
    }
    writeText(join(folderInHand, `file-${index}.${random.pick(['c', 'c', 'h', 'rst'])}`), size, lines, random)
  }
}

/** Log-normal, as sizes of source files are (σ 1.5: the mean is three times the median), scaled to the sum. */
function fileSizes(files: number, bytes: number, random: SeededRandom): number[] {
  const weights = Array.from({ length: files }, () => Math.exp(1.5 * gaussian(random)))
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return weights.map((weight) => Math.max(1, Math.round((weight / sum) * bytes)))
}

/** Box and Muller. */
const gaussian = (random: SeededRandom): number => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

function linePool(random: SeededRandom): Buffer[] {
  const words = Array.from({ length: vocabularySize }, () => random.bytes(1 + random.below(5)).toString('hex'))
  // Zipf: the word of rank n comes 1/n as often as the first.
  const word = (): string => words[Math.floor(vocabularySize ** random.next()) - 1] ?? ''
  return Array.from({ length: linesInPool }, () => {
    const count = 2 + random.below(7)
    return Buffer.from(`${'\t'.repeat(random.below(4))}${Array.from({ length: count }, word).join(' ')};\n`)
  })
}

const partBytes = 4 * 2 ** 20

function writeText(file: string, size: number, lines: readonly Buffer[], random: SeededRandom): void {
  writeFileSync(file, '')
  for (let left = size; left > 0;) {
    const part: Buffer[] = []
    let length = 0
    while (length < Math.min(left, partBytes)) {
      const line = lines[random.below(lines.length)] ?? Buffer.from('\n')
      part.push(line)
      length += line.length
    }
    appendFileSync(file, Buffer.concat(part).subarray(0, left))
    left -= length
  }
}
