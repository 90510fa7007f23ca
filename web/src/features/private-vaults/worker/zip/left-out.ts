/** Lines kept; a snapshot may have millions that could not be read. */
const maxLines = 10_000

/** What a zip cannot hold, for the text at its end. */
export class LeftOut {
  readonly #lines: string[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  /** @param path as the zip would have named it, so without control characters */
  add(path: string, reason: string): void {
    this.#count++
    if (this.#lines.length < maxLines) this.#lines.push(`${path}: ${reason}`)
  }

  text(): string {
    const more = this.#count - this.#lines.length
    return [
      'These entries of the snapshot are not in this zip:',
      '',
      ...this.#lines,
      ...(more > 0 ? [`… and ${more} more`] : []),
      '',
      'Named pipes, sockets and devices come back with a restore; what could not be read is in no backup of that time.',
      '',
    ].join('\n')
  }
}
