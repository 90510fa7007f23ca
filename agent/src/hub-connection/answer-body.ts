import { releaseBytes } from '@holdfast/engine/bytes'
import { AppError } from '@holdfast/shared-types'

/** No honest answer is longer: what a hub announces is not taken as memory unseen, and what it does not announce not without end. */
const mostBytes = 64 * 1024 * 1024

/** An answer on its way: where its length is known, each part goes to its place as it comes, and is not held besides. */
export class AnswerBody {
  readonly #announced: Buffer | null
  readonly #rest: Buffer[] = []
  #filledBytes = 0
  #restBytes = 0

  constructor(announcedBytes: number) {
    // Not from Node's pool: it is handed to another thread.
    this.#announced = announcedBytes > 0 && announcedBytes <= mostBytes ? Buffer.allocUnsafeSlow(announcedBytes) : null
  }

  /** Takes the part over. @throws AppError `protocol.invalid-message` */
  add(part: Buffer): void {
    if (this.#announced === null || this.#filledBytes + part.length > this.#announced.length) {
      this.#restBytes += part.length
      if (this.#filledBytes + this.#restBytes > mostBytes)
        throw new AppError('protocol.invalid-message', { message: 'The hub\u2019s answer does not end.' })
      this.#rest.push(part)
      return
    }
    this.#announced.set(part, this.#filledBytes)
    this.#filledBytes += part.length
    releaseBytes(part)
  }

  whole(): Buffer {
    if (this.#announced === null) return Buffer.concat(this.#rest)
    if (this.#filledBytes === this.#announced.length && this.#rest.length === 0) return this.#announced
    return Buffer.concat([this.#announced.subarray(0, this.#filledBytes), ...this.#rest])
  }
}
